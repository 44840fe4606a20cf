/** The domain pins the truststore version that the CA published, API Gateway has no warning about it, TLS is 1.2+. */
import { caState, domainOf, type Finding, fail, forEachApi, ok } from "../check.ts";

export const pinnedTruststore = forEachApi("pinned-truststore", async (at, api, stack) => {
  const [domain, ca] = await Promise.all([domainOf(at, api), caState(at)]);
  const tls = domain.mutualTls;
  if (!tls)
    return [
      fail("mutual-tls-off", api.domain, "the domain asks for no client certificate", `deploy ${stack}`),
    ];
  const findings: Finding[] = [];
  if (tls.truststoreVersion !== ca.truststoreVersion)
    findings.push(
      fail(
        "truststore-pin-behind",
        api.domain,
        `pins version ${tls.truststoreVersion ?? "of the day"}, the CA published ${ca.truststoreVersion}`,
        `deploy ${stack}: npm run rollout -- ${at.environment.name}`,
      ),
    );
  for (const warning of tls.warnings)
    findings.push(
      fail("truststore-warning", api.domain, warning, "npm run ca -- inspect truststore FILE says more"),
    );
  if (domain.securityPolicy !== "TLS_1_2")
    findings.push(
      fail("tls-policy", api.domain, `security policy ${domain.securityPolicy}`, `deploy ${stack}`),
    );
  return findings.length > 0
    ? findings
    : [ok("truststore-pin", api.domain, `version ${tls.truststoreVersion}, no warnings`)];
});
