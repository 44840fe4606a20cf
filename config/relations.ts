/**
 * Relations between the fields of an environment. Each is checked as soon as the fields that it joins are right by
 * themselves, whatever else is wrong, so that all mistakes are reported at once.
 */
import { z } from "zod";
import { caAliases } from "#contract/names.ts";
import { routeKey, routesOf } from "#contract/routes.ts";
import { Problem } from "./config-error.ts";
import { quotas } from "./edge.ts";
import {
  account,
  authorizer,
  backend,
  caller,
  client,
  crl,
  domainName,
  engine,
  generations,
  operators,
  profiles,
  region,
  revocation,
  slug,
  tier,
} from "./schema.ts";
import { isAllowedUrl, secretOf, tokens, urlsOf } from "./tokens.ts";

/** Every relation that does not hold. */
export function relationProblems(input: unknown): Problem[] {
  return relations.flatMap((one) => one(input));
}

const leastProductionHours = 48;

type Report = (path: readonly (string | number)[], message: string, got: unknown) => void;

/** `check` is called with the joined fields once they are right. */
function relation<S extends z.ZodType>(joined: S, check: (fields: z.output<S>, report: Report) => void) {
  return (input: unknown): Problem[] => {
    const fields = joined.safeParse(input);
    const problems: Problem[] = [];
    if (fields.success) check(fields.data, (...problem) => problems.push(new Problem(...problem)));
    return problems;
  };
}

/** Lists of APIs of which one thing at least is right. */
const apis = <F extends z.ZodRawShape>(fields: F) => z.array(z.looseObject(fields));

const relations = [
  relation(
    z.looseObject({ tier, ca: z.looseObject({ callers: z.array(caller).default([]) }) }),
    ({ tier: at, ca }, report) => {
      if (at === "sandbox") return;
      ca.callers.forEach(({ principal }, index) => {
        if (principal.endsWith(":root"))
          report(
            ["ca", "callers", index, "principal"],
            "a role or user outside a sandbox: an account's root stands for all of its roles",
            principal,
          );
      });
    },
  ),

  relation(z.looseObject({ tier, operators }), (environment, report) => {
    if (environment.tier === "sandbox") return;
    environment.operators.forEach((arn, index) => {
      if (arn.endsWith(":root"))
        report(["operators", index], "a role or user outside a sandbox: nobody works as root", arn);
    });
  }),

  relation(z.looseObject({ name: slug, apis: apis({ name: slug }) }), (environment, report) => {
    environment.apis.forEach(({ name }, index) => {
      const path = ["apis", index, "name"];
      if (name === "ca" || name.startsWith("ca-"))
        report(path, `not "ca" or "ca-…": its stack and functions would carry the CA's names`, name);
      if (environment.apis.findIndex((other) => other.name === name) !== index)
        report(path, "API names must differ", name);
      // `<environment>-<api>-policy-<account>` must be a bucket name: 63 characters.
      if (environment.name.length + name.length > 41)
        report(path, `with the environment's name ("${environment.name}") at most 41 characters`, name);
    });
  }),

  relation(
    z.looseObject({ tier, ca: z.looseObject({ account }), apis: apis({ account }) }),
    (environment, report) => {
      if (environment.tier === "sandbox") return;
      environment.apis.forEach((api, index) => {
        if (api.account === environment.ca.account)
          report(
            ["apis", index, "account"],
            `another account than the CA's outside a sandbox: who rules an API account must not rule the CA`,
            api.account,
          );
      });
    },
  ),

  relation(
    z.looseObject({ ca: z.looseObject({ engine: z.looseObject({ generations }) }) }),
    ({ ca }, report) => {
      const path = ["ca", "engine", "generations"];
      const all = ca.engine.generations;
      const active = all.filter((one) => one.status === "active").map((one) => one.id);
      if (active.length !== 1)
        report(path, "exactly one generation must be active: it issues the certificates", active);
      all.forEach((one, index) => {
        if (all.findIndex((other) => other.id === one.id) !== index)
          report([...path, index, "id"], "generation ids must differ", one.id);
        if (one.retireWithValidCertificates && one.status !== "retired")
          report([...path, index, "retireWithValidCertificates"], 'only with status "retired"', one.status);
      });
    },
  ),

  relation(
    z.looseObject({ ca: z.looseObject({ profiles, callers: z.array(caller).default([]) }) }),
    ({ ca }, report) => {
      ca.callers.forEach((one, index) => {
        const path = ["ca", "callers", index];
        if (Object.values<string>(caAliases).includes(one.name))
          report([...path, "name"], `another name: ${one.name} stands for somebody already`, one.name);
        if (ca.callers.findIndex((other) => other.name === one.name) !== index)
          report([...path, "name"], "caller names must differ", one.name);
        one.profiles.forEach((name, at) => {
          if (!Object.hasOwn(ca.profiles, name))
            report([...path, "profiles", at], `one of ${Object.keys(ca.profiles).join(", ")}`, name);
        });
        one.names.forEach((name, at) => {
          if (!isPattern(name)) report([...path, "names", at], "a regular expression", name);
        });
      });
    },
  ),

  relation(
    z.looseObject({ ca: z.looseObject({ clients: z.array(client).default([]) }) }),
    ({ ca }, report) => {
      ca.clients.forEach((one, index) => {
        if (ca.clients.findIndex((other) => other.name === one.name) !== index)
          report(["ca", "clients", index, "name"], "client names must differ", one.name);
      });
    },
  ),

  relation(
    z.looseObject({ ca: z.looseObject({ revoked: z.array(revocation).default([]) }) }),
    ({ ca }, report) => {
      ca.revoked.forEach((one, index) => {
        const first = ca.revoked.findIndex(
          (other) => other.generation === one.generation && other.serial === one.serial,
        );
        if (first !== index)
          report(
            ["ca", "revoked", index],
            `revoked.${first} is the same certificate: keep the first`,
            one.serial,
          );
      });
    },
  ),

  relation(z.looseObject({ tier, ca: z.looseObject({ crl }) }), (environment, report) => {
    const { lifetimeHours } = environment.ca.crl;
    if (environment.tier === "production" && lifetimeHours < leastProductionHours)
      report(
        ["ca", "crl", "lifetimeHours"],
        `at least ${leastProductionHours} in production: people need that long when no CRL can be published (docs/revocation.md)`,
        lifetimeHours,
      );
  }),

  relation(z.looseObject({ ca: z.looseObject({ crl }) }), ({ ca }, report) => {
    const { lifetimeHours, publishEveryMinutes, maxAgeMinutes } = ca.crl;
    if (lifetimeHours * 60 < 2 * publishEveryMinutes)
      report(
        ["ca", "crl", "lifetimeHours"],
        `a CRL must live at least twice its publishing period (${publishEveryMinutes} minutes), or one missed publication denies everybody`,
        lifetimeHours,
      );
    if (maxAgeMinutes === undefined) return;
    // Age counts from thisUpdate, which is backdated by a minute.
    const least = 2 * publishEveryMinutes + 1;
    if (maxAgeMinutes < least)
      report(
        ["ca", "crl", "maxAgeMinutes"],
        `at least ${least}: twice publishEveryMinutes (${publishEveryMinutes}) and the minute by which a CRL is backdated, or one missed publication denies everybody`,
        maxAgeMinutes,
      );
    if (maxAgeMinutes > lifetimeHours * 60)
      report(
        ["ca", "crl", "maxAgeMinutes"],
        `at most lifetimeHours (${lifetimeHours * 60} minutes): after nextUpdate no CRL is believed`,
        maxAgeMinutes,
      );
  }),

  relation(
    z.looseObject({
      ca: z.looseObject({ crl }),
      apis: apis({ authorizer: z.looseObject(authorizer.pick({ refreshSeconds: true }).shape) }),
    }),
    ({ ca, apis }, report) => {
      const spare = (believedMinutes(ca.crl) - ca.crl.publishEveryMinutes - 1) * 60;
      apis.forEach(({ authorizer }, index) => {
        if (authorizer.refreshSeconds > spare)
          report(
            ["apis", index, "authorizer", "refreshSeconds"],
            `at most ${spare}: a CRL that was published in time must be fetched before its greatest age (${believedMinutes(ca.crl)} minutes)`,
            authorizer.refreshSeconds,
          );
      });
    },
  ),

  relation(z.looseObject({ ca: z.looseObject({ profiles }) }), ({ ca }, report) => {
    const path = ["ca", "profiles"];
    for (const [name, one] of Object.entries(ca.profiles)) {
      const known = new Set<string>([...one.subject.allowed, ...Object.keys(one.subject.fixed)]);
      one.subject.required.forEach((type, index) => {
        if (!known.has(type))
          report([...path, name, "subject", "required", index], "must be among allowed or fixed", type);
      });
      one.subjectAltNames.forEach(({ pattern }, index) => {
        if (!isPattern(pattern))
          report([...path, name, "subjectAltNames", index, "pattern"], "a regular expression", pattern);
      });
    }
  }),

  relation(
    z.looseObject({ apis: apis({ domain: domainName, zone: z.looseObject({ name: domainName }) }) }),
    ({ apis }, report) => {
      apis.forEach(({ domain, zone }, index) => {
        const path = ["apis", index, "domain"];
        if (apis.findIndex((other) => other.domain === domain) !== index)
          report(path, "domains must differ", domain);
        if (!domain.endsWith(`.${zone.name}`))
          report(path, `inside the zone ${zone.name} (a CNAME cannot stand at its apex)`, domain);
      });
    },
  ),

  relation(
    z.looseObject({
      apis: apis({ authorizer: z.looseObject(authorizer.pick({ rules: true }).shape) }),
    }),
    ({ apis }, report) => {
      apis.forEach((api, index) => {
        const { rules } = api.authorizer;
        const known = routesOf(api).map(routeKey);
        rules.forEach((rule, at) => {
          const path = ["apis", index, "authorizer", "rules", at];
          if (rules.findIndex((other) => other.name === rule.name) !== at)
            report([...path, "name"], "rule names must differ", rule.name);
          ruleProblems(rule, (below, message, got) => report([...path, ...below], message, got));
          if (rule.routes === "all") return;
          rule.routes.forEach((key, position) => {
            if (!known.includes(key))
              report([...path, "routes", position], `one of this API's: ${known.join(", ")}`, key);
          });
        });
      });
    },
  ),

  relation(
    z.looseObject({
      ca: z.looseObject({ engine }),
      apis: apis({ authorizer: z.looseObject(authorizer.pick({ rules: true }).shape) }),
    }),
    ({ ca, apis }, report) => {
      const known = generationIds(ca.engine);
      apis.forEach(({ authorizer: { rules } }, index) => {
        rules.forEach(({ certificates = [] }, at) => {
          certificates.forEach(({ generation }, position) => {
            if (known && !known.includes(generation))
              report(
                [...["apis", index, "authorizer", "rules", at, "certificates"], position, "generation"],
                `one of ${known.join(", ")}`,
                generation,
              );
          });
        });
      });
    },
  ),

  relation(
    z.looseObject({
      apis: apis({
        authorizer: z.looseObject(authorizer.pick({ refreshSeconds: true, maxOutageSeconds: true }).shape),
      }),
    }),
    ({ apis }, report) => {
      apis.forEach(({ authorizer: { refreshSeconds, maxOutageSeconds } }, index) => {
        if (refreshSeconds > maxOutageSeconds)
          report(
            ["apis", index, "authorizer", "refreshSeconds"],
            `at most maxOutageSeconds (${maxOutageSeconds}): a bucket that is asked so seldom would be out of reach in between`,
            refreshSeconds,
          );
      });
    },
  ),

  relation(
    z.looseObject({
      name: slug,
      tier,
      apis: apis({ authorizer: z.looseObject({ tokens: tokens.optional() }) }),
    }),
    ({ name, tier: at, apis }, report) => {
      const local = name === "local" && at === "sandbox";
      apis.forEach(({ authorizer }, index) => {
        for (const { path, url } of authorizer.tokens ? urlsOf(authorizer.tokens) : [])
          if (!isAllowedUrl(url, local))
            report(
              ["apis", index, "authorizer", "tokens", ...path],
              'https (http to loopback in the sandbox "local" only)',
              url,
            );
      });
    },
  ),

  relation(
    z.looseObject({
      apis: apis({
        account,
        region,
        authorizer: z.looseObject({ tokens: tokens.optional() }),
      }),
    }),
    ({ apis }, report) => {
      apis.forEach((api, index) => {
        const secret = api.authorizer.tokens && secretOf(api.authorizer.tokens);
        const path = ["apis", index, "authorizer", "tokens", ...secretPath(api.authorizer.tokens?.kind)];
        const place = `${api.region}:${api.account}`;
        for (const [key, arn] of Object.entries({ id: secret?.id, kmsKeyArn: secret?.kmsKeyArn }))
          if (arn?.startsWith("arn:") && !arn.includes(`:${place}:`))
            report([...path, key], `in the API's region and account (${place})`, arn);
      });
    },
  ),

  relation(
    z.looseObject({
      apis: z.array(z.looseObject({ backend: z.looseObject(backend.pick({ keys: true }).shape).optional() })),
    }),
    ({ apis }, report) => {
      apis.forEach((api, index) => {
        const keys = api.backend?.keys ?? [];
        const path = ["apis", index, "backend", "keys"];
        const active = keys.filter((one) => one.status === "active").map((one) => one.id);
        if (api.backend && active.length !== 1)
          report(path, "exactly one key must be active: it signs", active);
        keys.forEach((one, at) => {
          if (keys.findIndex((other) => other.id === one.id) !== at)
            report([...path, at, "id"], "key ids must differ", one.id);
        });
      });
    },
  ),

  relation(
    z.looseObject({
      apis: apis({
        authorizer: z.looseObject(authorizer.pick({ rules: true }).shape),
        quotas: quotas.optional(),
      }),
    }),
    ({ apis }, report) => {
      apis.forEach(({ authorizer: { rules }, quotas: all }, index) => {
        const plans = Object.keys(all?.plans ?? {});
        if (all && !plans.includes(all.default))
          report(["apis", index, "quotas", "default"], `one of ${plans.join(", ")}`, all.default);
        rules.forEach(({ quota }, at) => {
          if (quota !== undefined && !plans.includes(quota))
            report(
              ["apis", index, "authorizer", "rules", at, "quota"],
              all ? `one of ${plans.join(", ")}` : "only beside quotas",
              quota,
            );
        });
      });
    },
  ),
];

const secretPath = (kind: string | undefined): readonly string[] =>
  kind === "introspection" ? ["client", "secret"] : ["secret"];

/** Undefined where the engine makes them up. */
function generationIds(all: z.output<typeof engine>): readonly string[] | undefined {
  if (all.kind === "kms") return all.generations.map((one) => one.id);
  return all.kind === "existing" ? all.issuers.map((one) => one.generation) : undefined;
}

function ruleProblems(rule: z.output<typeof authorizer>["rules"][number], report: Report): void {
  const { subject, subjectAltNames, thumbprints, certificates } = rule;
  if (!subject && !subjectAltNames && !thumbprints && !certificates)
    report([], "at least one of subject, subjectAltNames, thumbprints, certificates", rule);
  for (const [key, wanted] of Object.entries({ subject, subjectAltNames })) {
    if (!wanted) continue;
    if (Object.keys(wanted).length === 0) report([key], "at least one entry", wanted);
    for (const [kind, one] of Object.entries(wanted))
      if (one && "pattern" in one && !isPattern(one.pattern))
        report([key, kind, "pattern"], "a regular expression", one.pattern);
  }
}

/** The greatest age at which the authorizer believes a CRL. */
export function believedMinutes(all: {
  readonly maxAgeMinutes?: number | undefined;
  readonly publishEveryMinutes: number;
}): number {
  return all.maxAgeMinutes ?? 3 * all.publishEveryMinutes;
}

function isPattern(pattern: string): boolean {
  try {
    new RegExp(`^(?:${pattern})$`, "u");
    return true;
  } catch {
    return false;
  }
}
