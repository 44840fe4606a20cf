/** A positive serial number of at most 20 octets. */
import { maxSerialOctets } from "../../serial.ts";
import type { CertificateRule } from "../rule.ts";

export const serialIsPositiveAndShort: CertificateRule = {
  name: "serial-is-positive-and-short",
  reference: "RFC 5280 4.1.2.2",
  check: ({ tbs: { serial } }) => {
    if (serial.length > maxSerialOctets) return `serial number of ${serial.length} octets`;
    if ((serial[0] as number) >= 0x80) return "serial number is negative";
    return serial.every((octet) => octet === 0) ? "serial number is zero" : undefined;
  },
};
