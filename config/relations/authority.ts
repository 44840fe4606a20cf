/** The CA: generations, profiles, callers, clients, revocations, how long a CRL is believed. */
import { z } from "zod";
import { caAliases } from "#contract/names.ts";
import { caller, client, crl, generations, profiles, revocation, tier } from "../schema.ts";
import { isPattern } from "./is-pattern.ts";
import { relation } from "./relation.ts";

const leastProductionHours = 48;

export const authorityRelations = [
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
];
