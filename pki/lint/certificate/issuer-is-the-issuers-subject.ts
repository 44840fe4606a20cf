/** Path building compares names; byte for byte leaves nothing to interpret. */
import type { CertificateRule } from "../rule.ts";

export const issuerIsTheIssuersSubject: CertificateRule = {
  name: "issuer-is-the-issuers-subject",
  reference: "RFC 5280 4.1.2.4, 6.1.3 (a)(4)",
  needsIssuer: true,
  check: ({ tbs, issuer }) => {
    const expected = issuer?.subject.der ?? tbs.subject;
    return tbs.issuer.equals(expected)
      ? undefined
      : "issuer is not the issuing certificate's subject, byte for byte";
  },
};
