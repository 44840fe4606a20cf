/** Every method asks the authorizer for every request: nothing is cached, nothing answered before it is asked. */
import { domainOf, type Finding, fail, forEachApi, ok } from "../check.ts";

export const authorizerCaching = forEachApi("authorizer-caching", async (at, api, stack) => {
  const findings: Finding[] = [];
  const wrong = (code: string, what: string) => findings.push(fail(code, stack, what, `deploy ${stack}`));
  for (const deployed of (await domainOf(at, api)).apis) {
    const known = new Map(deployed.authorizers.map((one) => [one.id, one]));
    for (const { type, resultTtlSeconds, identitySources } of deployed.authorizers) {
      if (type !== "REQUEST") wrong("authorizer-kind", `an authorizer of type ${type}`);
      if (resultTtlSeconds !== 0) wrong("authorizer-cached", `answers are kept for ${resultTtlSeconds} s`);
      if (identitySources.length > 0)
        wrong("authorizer-identity-source", `identity source ${identitySources.join(", ")}`);
    }
    for (const { path, methods } of deployed.resources)
      for (const { httpMethod, authorizationType, authorizerId } of methods)
        if (authorizationType !== "CUSTOM" || !known.has(authorizerId ?? ""))
          wrong("method-open", `${httpMethod} ${path} asks no authorizer (${authorizationType})`);
  }
  return findings.length > 0
    ? findings
    : [ok("authorizer", stack, "asked for every request, nothing cached")];
});
