/** UTCTime through 2049, GeneralizedTime from 2050; invalidityDate is always a GeneralizedTime. No fractions. */
import { DerReader, Tag } from "../../der/reader.ts";
import { parseGeneralizedTime } from "../../der/time.ts";
import { entryOids } from "../entry-oids.ts";
import type { CrlRule } from "../rule.ts";
import { checkTimeForm } from "../time-form.ts";

export const crlTimes: CrlRule = {
  name: "crl-times",
  reference: "RFC 5280 5.1.2.4 to 5.1.2.6, 5.3.2",
  check: ({ tbs }) =>
    checkTimeForm(tbs.thisUpdate, "thisUpdate") ??
    (tbs.nextUpdate === undefined ? undefined : checkTimeForm(tbs.nextUpdate, "nextUpdate")),
  checkEntry: ({ revocationDate, extensions }) => {
    const invalidity = extensions.find((one) => one.oid === entryOids.invalidityDate);
    if (invalidity !== undefined) {
      const reader = new DerReader(invalidity.value);
      parseGeneralizedTime(reader.content(Tag.generalizedTime));
      reader.finish("an invalidityDate");
    }
    return checkTimeForm(revocationDate, "revocationDate");
  },
};
