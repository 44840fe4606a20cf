/** The address beside the domain is closed, and the stage serves the newest deployment, so that it is closed there. */
import { apiReader, domainOf, type Finding, fail, forEachApi, ok, warn } from "../check.ts";

export const executeApi = forEachApi("execute-api", async (at, api, stack) => {
  const domain = await domainOf(at, api);
  const findings: Finding[] = [];
  if (domain.apis.length === 0)
    return [fail("no-api-mapped", api.domain, "the domain leads to no API", `deploy ${stack}`)];
  for (const { id, disableExecuteApiEndpoint, stages } of domain.apis) {
    if (!disableExecuteApiEndpoint)
      findings.push(
        fail(
          "execute-api-open",
          `${stack} (${id})`,
          "the execute-api address is enabled: a way around mutual TLS",
          `deploy ${stack}, then look who enabled it (CloudTrail: UpdateRestApi)`,
        ),
      );
    const newest = await apiReader(at, api).newestDeployment(id);
    for (const stage of stages.filter((one) => one.deploymentId !== newest))
      findings.push(
        warn(
          "stage-behind",
          `${stack} stage ${stage.name}`,
          `serves deployment ${stage.deploymentId}, the newest is ${newest ?? "none"}`,
          `deploy ${stack}`,
        ),
      );
  }
  return findings.length > 0
    ? findings
    : [ok("execute-api", stack, "disabled, and the stage serves the newest deployment")];
});
