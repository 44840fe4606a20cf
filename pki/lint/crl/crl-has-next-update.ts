/** Without nextUpdate nobody knows when a CRL is stale; it lies after thisUpdate. */
import type { CrlRule } from "../rule.ts";
import { timeOf } from "../time-form.ts";

export const crlHasNextUpdate: CrlRule = {
  name: "crl-has-next-update",
  reference: "RFC 5280 5.1.2.5",
  check: ({ tbs }) => {
    if (tbs.nextUpdate === undefined) return "no nextUpdate";
    return timeOf(tbs.thisUpdate) < timeOf(tbs.nextUpdate)
      ? undefined
      : "nextUpdate is not later than thisUpdate";
  },
};
