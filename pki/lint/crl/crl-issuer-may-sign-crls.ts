/** The CRL bears its issuer's name byte for byte, and the issuer is a CA with cRLSign. */
import type { CrlRule } from "../rule.ts";

export const crlIssuerMaySignCrls: CrlRule = {
  name: "crl-issuer-may-sign-crls",
  reference: "RFC 5280 4.2.1.3, 5.1.2.3",
  check: ({ tbs, issuer }) => {
    if (!tbs.issuer.equals(issuer.subject.der)) return "issuer is not the CA's subject, byte for byte";
    if (issuer.basicConstraints?.ca !== true) return "the issuer is no CA";
    return issuer.keyUsage?.has("cRLSign") ? undefined : "the issuer lacks cRLSign";
  },
};
