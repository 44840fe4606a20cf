/**
 * Writes DER (ITU-T X.690): every function returns one complete element as a Buffer.
 * Nothing is validated beyond what would make the bytes illegal; meaning is the caller's and the lint's.
 */
import { contextTag, Tag } from "./reader.ts";
import { timeDigits } from "./time.ts";

export function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.of(tag, ...lengthOctets(length)), ...content]);
}

/** Minimal definite length octets. */
export function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest & 0xff);
  return [0x80 | octets.length, ...octets];
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(Tag.sequence, ...parts);

/** SET OF: members sorted by their encoding (X.690 11.6). */
export const set = (...parts: readonly Uint8Array[]): Buffer =>
  element(Tag.set, ...[...parts].sort(Buffer.compare));

/** Explicit context tag around one element. */
export const explicit = (n: number, inner: Uint8Array): Buffer => element(contextTag(n, true), inner);

/** Implicit primitive context tag over content octets. */
export const implicit = (n: number, content: Uint8Array): Buffer => element(contextTag(n, false), content);

/** A non-negative integer from a number, or from big-endian magnitude octets. */
export function integer(value: number | Uint8Array, tag: number = Tag.integer): Buffer {
  let octets = typeof value === "number" ? numberOctets(value) : Buffer.from(value);
  let skip = 0;
  while (skip < octets.length - 1 && octets[skip] === 0) skip++;
  octets = octets.subarray(skip);
  const positive = octets.length === 0 || (octets[0] as number) >= 0x80;
  return element(tag, positive ? Buffer.of(0) : Buffer.alloc(0), octets);
}

export const boolean = (value: boolean): Buffer => element(Tag.boolean, Buffer.of(value ? 0xff : 0x00));

export const nullValue = (): Buffer => element(Tag.null);

export const octetString = (bytes: Uint8Array): Buffer => element(Tag.octetString, bytes);

export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer =>
  element(Tag.bitString, Buffer.of(unusedBits), bytes);

/** A named-bit list (X.690 11.2.2): bit 0 is the most significant; trailing zero bits are dropped. */
export function namedBits(bits: readonly number[], tag: number = Tag.bitString): Buffer {
  if (bits.length === 0) return element(tag, Buffer.of(0));
  const highest = Math.max(...bits);
  const bytes = Buffer.alloc((highest >> 3) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7));
  return element(tag, Buffer.of(7 - (highest & 7)), bytes);
}

export const utf8String = (text: string): Buffer => element(Tag.utf8String, Buffer.from(text, "utf8"));
export const printableString = (text: string): Buffer =>
  element(Tag.printableString, Buffer.from(text, "latin1"));
export const ia5String = (text: string): Buffer => element(Tag.ia5String, Buffer.from(text, "latin1"));

export function oid(dotted: string): Buffer {
  const [root, second, ...rest] = dotted.split(".").map(Number) as [number, number, ...number[]];
  return element(Tag.oid, Buffer.from([root * 40 + second, ...rest].flatMap(base128)));
}

export const generalizedTime = (date: Date, tag: number = Tag.generalizedTime): Buffer =>
  element(tag, Buffer.from(`${timeDigits(date)}Z`, "latin1"));

/** UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5). */
export function time(date: Date): Buffer {
  const year = date.getUTCFullYear();
  if (year < 1950 || year > 2049) return generalizedTime(date);
  return element(Tag.utcTime, Buffer.from(`${timeDigits(date).slice(2)}Z`, "latin1"));
}

function base128(arc: number): number[] {
  const octets = [arc & 0x7f];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    octets.unshift((rest & 0x7f) | 0x80);
  return octets;
}

function numberOctets(value: number): Buffer {
  const octets: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest & 0xff);
  return Buffer.from(octets);
}
