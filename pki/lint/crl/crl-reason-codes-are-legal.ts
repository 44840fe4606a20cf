/** Not unspecified (leave it out), not removeFromCRL (delta CRLs only), nothing unknown. */
import { DerReader, Tag } from "../../der/reader.ts";
import { entryOids } from "../entry-oids.ts";
import type { CrlRule } from "../rule.ts";

/** keyCompromise to certificateHold, privilegeWithdrawn, aACompromise. */
const legal = new Set([1, 2, 3, 4, 5, 6, 9, 10]);

export const crlReasonCodesAreLegal: CrlRule = {
  name: "crl-reason-codes-are-legal",
  reference: "RFC 5280 5.3.1",
  checkEntry: ({ extensions }) => {
    const reason = extensions.find((one) => one.oid === entryOids.reasonCode);
    if (reason === undefined) return undefined;
    const reader = new DerReader(reason.value);
    const code = reader.smallInteger(Tag.enumerated);
    reader.finish("a reason code");
    return legal.has(code) ? undefined : `reason code ${code}`;
  },
};
