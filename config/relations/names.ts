/** Who and where: operators, API names, accounts, domains. */
import { z } from "zod";
import { domainName } from "../domain-name.ts";
import { account, operators, slug, state, tier } from "../schema.ts";
import { apis, relation } from "./relation.ts";

export const nameRelations = [
  relation(z.looseObject({ tier, operators }), (environment, report) => {
    if (environment.tier === "sandbox") return;
    environment.operators.forEach((arn, index) => {
      if (arn.endsWith(":root"))
        report(["operators", index], "a role or user outside a sandbox: nobody works as root", arn);
    });
  }),

  relation(z.looseObject({ name: slug }), ({ name }, report) => {
    // Roles and buckets of bootstrap are called `mtls-api-…`: who deploys must not reach them by his own name.
    if (/^(mtls(-api.*)?|foundation)$/.test(name))
      report(["name"], 'not "mtls", "mtls-api…" or "foundation": bootstrap names its own by them', name);
  }),

  relation(
    z.looseObject({ name: slug, ca: z.looseObject({ state }), apis: apis({ state }) }),
    ({ name, ca, apis: all }, report) => {
      const refuse = (path: readonly (string | number)[], bucket: string) => {
        if (bucket.startsWith(`${name}-`))
          report(path, `not "${name}-…": the deploy role may change the buckets of that name`, bucket);
      };
      refuse(["ca", "state", "bucket"], ca.state.bucket);
      all.forEach((api, index) => {
        refuse(["apis", index, "state", "bucket"], api.state.bucket);
      });
    },
  ),

  relation(z.looseObject({ name: slug, apis: apis({ name: slug }) }), (environment, report) => {
    environment.apis.forEach(({ name }, index) => {
      const path = ["apis", index, "name"];
      if (name === "ca" || name.startsWith("ca-"))
        report(path, `not "ca" or "ca-…": its stack and functions would carry the CA's names`, name);
      if (environment.apis.findIndex((other) => other.name === name) !== index)
        report(path, "API names must differ", name);
      // What an API owns is found by how its name begins: functions, alarms, log groups.
      const longer = environment.apis.find((other) => name.startsWith(`${other.name}-`));
      if (longer)
        report(path, `not "${longer.name}-…": it would share names with the API "${longer.name}"`, name);
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
    z.looseObject({ apis: apis({ account, zone: z.looseObject({ account: account.optional() }) }) }),
    (environment, report) => {
      environment.apis.forEach((api, index) => {
        if (api.zone.account === api.account)
          report(["apis", index, "zone", "account"], "left out: it is the API's own", api.account);
      });
    },
  ),
];
