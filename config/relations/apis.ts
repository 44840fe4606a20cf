/** The APIs: rules and routes, ages and refreshing, tokens, backend keys, quotas. */
import { z } from "zod";
import { routeKey, routesOf } from "#contract/routes.ts";
import { believedMinutes } from "../believed-minutes.ts";
import { quotas } from "../edge.ts";
import { account, authorizer, backend, crl, engine, region, slug, tier } from "../schema.ts";
import { isAllowedUrl, secretOf, tokens, urlsOf } from "../tokens.ts";
import { isPattern } from "./is-pattern.ts";
import { apis, type Report, relation } from "./relation.ts";

export const apiRelations = [
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
