/** Serial numbers as certificates of ours carry them. */
import { maxSerialOctets } from "../../serial.ts";
import type { CrlRule } from "../rule.ts";

export const crlSerialsArePositive: CrlRule = {
  name: "crl-serials-are-positive",
  reference: "RFC 5280 4.1.2.2, 5.1.2.6",
  checkEntry: ({ serial }) =>
    serial.length <= maxSerialOctets && (serial[0] as number) < 0x80 && serial.some((octet) => octet !== 0)
      ? undefined
      : "a serial number that is not positive and at most 20 octets long",
};
