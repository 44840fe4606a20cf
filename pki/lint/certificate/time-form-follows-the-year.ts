/** UTCTime through 2049, GeneralizedTime from 2050. */
import type { CertificateRule } from "../rule.ts";
import { checkTimeForm } from "../time-form.ts";

export const timeFormFollowsTheYear: CertificateRule = {
  name: "time-form-follows-the-year",
  reference: "RFC 5280 4.1.2.5",
  check: ({ tbs }) => checkTimeForm(tbs.notBefore, "notBefore") ?? checkTimeForm(tbs.notAfter, "notAfter"),
};
