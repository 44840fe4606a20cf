/** Conforming CAs do not write issuerUniqueID and subjectUniqueID. */
import type { CertificateRule } from "../rule.ts";

export const noUniqueIdentifiers: CertificateRule = {
  name: "no-unique-identifiers",
  reference: "RFC 5280 4.1.2.8",
  check: ({ tbs }) => (tbs.uniqueIdentifiers ? "a unique identifier" : undefined),
};
