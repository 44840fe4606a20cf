/** notBefore lies before notAfter. */
import type { CertificateRule } from "../rule.ts";
import { timeOf } from "../time-form.ts";

export const validityIsInOrder: CertificateRule = {
  name: "validity-is-in-order",
  reference: "RFC 5280 4.1.2.5",
  check: ({ tbs }) =>
    timeOf(tbs.notBefore) < timeOf(tbs.notAfter) ? undefined : "notAfter is not later than notBefore",
};
