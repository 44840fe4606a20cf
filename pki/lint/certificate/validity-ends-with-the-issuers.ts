/** A certificate that outlives its issuer is dead before its date, without anybody having said so. */
import type { CertificateRule } from "../rule.ts";
import { timeOf } from "../time-form.ts";

export const validityEndsWithTheIssuers: CertificateRule = {
  name: "validity-ends-with-the-issuers",
  reference: "RFC 5280 6.1.3 (a)(2)",
  needsIssuer: true,
  check: ({ tbs, issuer }) =>
    issuer !== undefined && timeOf(tbs.notAfter) > issuer.notAfter
      ? `notAfter is later than the issuer's ${issuer.notAfter.toISOString()}`
      : undefined,
};
