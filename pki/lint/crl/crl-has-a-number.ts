/** A number from 0 up, of at most 20 octets. */
import { DerReader } from "../../der/reader.ts";
import { extensionOids } from "../../oids.ts";
import type { CrlRule } from "../rule.ts";

export const crlHasANumber: CrlRule = {
  name: "crl-has-a-number",
  reference: "RFC 5280 5.2.3",
  check: ({ extension }) => {
    const number = extension(extensionOids.crlNumber);
    if (number === undefined) return "no CRL number";
    const reader = new DerReader(number.value);
    const octets = reader.integer();
    reader.finish("a CRL number");
    if ((octets[0] as number) >= 0x80) return "the CRL number is negative";
    return octets.length <= 20 ? undefined : "the CRL number has more than 20 octets";
  },
};
