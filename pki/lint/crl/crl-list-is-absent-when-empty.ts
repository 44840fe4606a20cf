/** No revocations: the list is absent, not empty. */
import { DerReader } from "../../der/reader.ts";
import type { CrlRule } from "../rule.ts";

export const crlListIsAbsentWhenEmpty: CrlRule = {
  name: "crl-list-is-absent-when-empty",
  reference: "RFC 5280 5.1.2.6",
  check: ({ tbs }) =>
    tbs.revoked !== undefined && new DerReader(tbs.revoked).sequence().atEnd
      ? "revokedCertificates is present and empty"
      : undefined,
};
