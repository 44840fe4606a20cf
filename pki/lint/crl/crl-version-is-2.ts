/** A CRL with extensions is version 2, and ours always has some. */
import type { CrlRule } from "../rule.ts";

export const crlVersionIs2: CrlRule = {
  name: "crl-version-is-2",
  reference: "RFC 5280 5.1.2.1",
  check: ({ tbs }) => (tbs.version === 1 ? undefined : "version is not 2"),
};
