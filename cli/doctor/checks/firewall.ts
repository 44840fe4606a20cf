/** Where a firewall is configured, the stage is behind it. */
import { apiReader, domainOf, type Finding, fail, forEachApi, ok } from "../check.ts";

export const firewall = forEachApi("firewall", async (at, api, stack) => {
  if (api.firewall === undefined) return [ok("firewall", stack, "none is configured")];
  const domain = await domainOf(at, api);
  const stages = domain.apis.flatMap(({ id, stages }) => stages.map(({ name }) => ({ id, name })));
  return Promise.all(
    stages.map(async ({ id, name }): Promise<Finding> => {
      const arn = `arn:aws:apigateway:${api.region}::/restapis/${id}/stages/${name}`;
      const acl = await apiReader(at, api).webAcl(arn);
      return acl === undefined
        ? fail(
            "firewall-missing",
            `${stack} stage ${name}`,
            "is not behind the configured firewall",
            `deploy ${stack}`,
          )
        : ok("firewall", `${stack} stage ${name}`, acl.replace(/^.*:regional\//, ""));
    }),
  );
});
