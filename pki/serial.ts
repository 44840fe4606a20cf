/**
 * Serial numbers. Everywhere in this project a serial is the lower-case hex of the DER INTEGER's content octets,
 * sign octet included: two spellings of one number cannot be taken for two certificates.
 */
import { randomBytes } from "node:crypto";
import { PkiError } from "./errors.ts";

/** RFC 5280 4.1.2.2. */
export const maxSerialOctets = 20;

/** 16 octets, positive, minimal, 126 of its bits random. */
export function randomSerial(): string {
  const octets = randomBytes(16);
  octets[0] = ((octets[0] as number) & 0x7f) | 0x40;
  return octets.toString("hex");
}

/**
 * What people and tools write: decimal (`4340…`), `0x` hex, hex with at least one letter, colon hex
 * (`0a:1b:…`). Digits alone are decimal. Only positive numbers of at most 20 octets.
 */
export function parseSerial(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length > 64) throw refuse("is longer than any serial number");
  const colons = /^[0-9a-f]{2}(:[0-9a-f]{2})+$/i.test(trimmed);
  if (/^[0-9]+$/.test(trimmed)) return canonical(BigInt(trimmed));
  if (/^0x[0-9a-f]+$/i.test(trimmed)) return canonical(BigInt(trimmed.toLowerCase()));
  if (colons || /^[0-9a-f]+$/i.test(trimmed)) return canonical(BigInt(`0x${trimmed.replaceAll(":", "")}`));
  throw refuse("cannot be read");
}

/** As API Gateway's logs show it. A negative number (RFC 5280 forbids it, others issued it) keeps its sign. */
export function serialDecimal(serial: string): string {
  if (!/^([0-9a-f]{2})+$/.test(serial)) throw refuse("is not lower-case hex of whole octets");
  return BigInt.asIntN(serial.length * 4, BigInt(`0x${serial}`)).toString();
}

function canonical(value: bigint): string {
  if (value === 0n) throw refuse("is zero");
  const digits = value.toString(16);
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  const serial = /^[89a-f]/.test(even) ? `00${even}` : even;
  if (serial.length > 2 * maxSerialOctets) throw refuse(`is longer than ${maxSerialOctets} octets`);
  return serial;
}

function refuse(why: string): PkiError {
  return new PkiError(
    "serial",
    `the serial number ${why}; allowed are a positive decimal number, 0x hex, hex with a letter, colon hex`,
  );
}
