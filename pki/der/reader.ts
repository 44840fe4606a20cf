/**
 * A strict DER reader (ITU-T X.690) over one Buffer.
 *
 * Guarantees: definite, minimal lengths; single-byte tags; nothing read past the end of the enclosing
 * element; canonical INTEGER, BOOLEAN, OBJECT IDENTIFIER, BIT STRING and times, as RFC 5280 wants them.
 * Every violation is a PkiError with code "der". It does not recurse: nesting is bounded by the caller's code.
 */
import { PkiError } from "../errors.ts";
import { parseGeneralizedTime, parseUtcTime } from "./time.ts";

/** Tag bytes, class and constructed bit included. */
export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
} as const;

/** Context-specific tag byte `[n]`; constructed for explicit tags and implicit SEQUENCEs. */
export const contextTag = (n: number, constructed: boolean): number => (constructed ? 0xa0 : 0x80) | n;

export class DerReader {
  readonly buffer: Buffer;
  readonly end: number;
  #position: number;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer;
    this.#position = start;
    this.end = end;
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position >= this.end;
  }

  /** The next tag byte, or -1 at the end. */
  peek(): number {
    return this.#position < this.end ? (this.buffer[this.#position] as number) : -1;
  }

  /** Fails unless everything has been read. */
  finish(what: string): void {
    if (!this.atEnd) fail(`trailing bytes after ${what}`, this.#position);
  }

  /** The whole element, tag and length included. */
  raw(tag?: number): Buffer {
    const start = this.#position;
    this.#content(tag);
    return this.buffer.subarray(start, this.#position);
  }

  /** The element's content octets. */
  content(tag: number): Buffer {
    const [start, end] = this.#content(tag);
    return this.buffer.subarray(start, end);
  }

  /** A reader over the element's content. */
  enter(tag: number): DerReader {
    const [start, end] = this.#content(tag);
    return new DerReader(this.buffer, start, end);
  }

  /** `enter(tag)` when the next element has that tag, else undefined. */
  enterIf(tag: number): DerReader | undefined {
    return this.peek() === tag ? this.enter(tag) : undefined;
  }

  sequence(): DerReader {
    return this.enter(Tag.sequence);
  }

  /** INTEGER content octets, minimal two's complement, sign included. */
  integer(tag: number = Tag.integer): Buffer {
    const octets = this.content(tag);
    if (octets.length === 0) fail("empty INTEGER", this.#position);
    if (octets.length > 1) {
      const first = octets[0] as number;
      const second = octets[1] as number;
      if ((first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80))
        fail("INTEGER is not minimal", this.#position);
    }
    return octets;
  }

  /** A non-negative INTEGER (or ENUMERATED) below 2^31. */
  smallInteger(tag: number = Tag.integer): number {
    const octets = this.integer(tag);
    if ((octets[0] as number) >= 0x80 || octets.length > 4) fail("INTEGER out of range", this.#position);
    return octets.readUIntBE(0, octets.length);
  }

  /** DER: FF is true, 00 is false, anything else is an error. */
  boolean(tag: number = Tag.boolean): boolean {
    const octets = this.content(tag);
    if (octets.length !== 1 || (octets[0] !== 0x00 && octets[0] !== 0xff))
      fail("BOOLEAN is neither 00 nor FF", this.#position);
    return octets[0] === 0xff;
  }

  /** OBJECT IDENTIFIER in dotted form. */
  oid(tag: number = Tag.oid): string {
    const octets = this.content(tag);
    if (octets.length === 0 || octets.length > 64)
      fail("OBJECT IDENTIFIER of illegal length", this.#position);
    const arcs: (number | bigint)[] = [];
    let value: number | bigint = 0;
    let fresh = true;
    for (const octet of octets) {
      if (fresh && octet === 0x80) fail("OBJECT IDENTIFIER arc is not minimal", this.#position);
      value = appendArcBits(value, octet & 0x7f);
      fresh = octet < 0x80;
      if (fresh) {
        arcs.push(value);
        value = 0;
      }
    }
    if (!fresh) fail("OBJECT IDENTIFIER is cut", this.#position);
    const first = arcs[0] as number | bigint;
    const root = first < 40 ? 0 : first < 80 ? 1 : 2;
    arcs[0] = typeof first === "bigint" ? first - 80n : first - root * 40;
    return `${root}.${arcs.join(".")}`;
  }

  /** BIT STRING: the bytes and how many low bits of the last one are unused (and zero). */
  bitString(tag: number = Tag.bitString): { readonly bytes: Buffer; readonly unusedBits: number } {
    const octets = this.content(tag);
    const unusedBits = octets[0];
    if (unusedBits === undefined || unusedBits > 7 || (unusedBits > 0 && octets.length === 1))
      fail("BIT STRING with illegal padding", this.#position);
    const bytes = octets.subarray(1);
    const last = bytes.at(-1) ?? 0;
    if ((last & ((1 << (unusedBits as number)) - 1)) !== 0)
      fail("BIT STRING with padding bits set", this.#position);
    return { bytes, unusedBits: unusedBits as number };
  }

  octetString(): Buffer {
    return this.content(Tag.octetString);
  }

  null(): void {
    if (this.content(Tag.null).length !== 0) fail("NULL with content", this.#position);
  }

  /** UTCTime or GeneralizedTime (RFC 5280 4.1.2.5): with seconds, in Zulu, without fractions. */
  time(): Date {
    const tag = this.peek();
    if (tag === Tag.utcTime) return parseUtcTime(this.content(Tag.utcTime));
    return parseGeneralizedTime(this.content(Tag.generalizedTime));
  }

  #content(tag?: number): readonly [start: number, end: number] {
    const { buffer, end } = this;
    const at = this.#position;
    if (at + 2 > end) fail("element is cut", at);
    const found = buffer[at] as number;
    if ((found & 0x1f) === 0x1f) fail("multi-byte tag", at);
    if (tag !== undefined && found !== tag) fail(`expected tag ${hex(tag)}, got ${hex(found)}`, at);
    const first = buffer[at + 1] as number;
    let start = at + 2;
    let length = first;
    if (first >= 0x80) {
      const size = first & 0x7f;
      if (size === 0) fail("indefinite length", at);
      if (size > 4) fail("length over 4 bytes", at);
      if (start + size > end) fail("length is cut", at);
      length = buffer.readUIntBE(start, size);
      if (length < 0x80 || (size > 1 && buffer[start] === 0)) fail("length is not minimal", at);
      start += size;
    }
    if (length > end - start) fail("element is longer than what holds it", at);
    this.#position = start + length;
    return [start, this.#position];
  }
}

/** Reads one element that must fill the whole buffer. */
export function readWhole(der: Buffer, what: string): DerReader {
  const outer = new DerReader(der);
  const inner = outer.sequence();
  outer.finish(what);
  return inner;
}

/** Numbers as long as they are exact: big integers cost ten times as much, and only UUID arcs need them. */
function appendArcBits(value: number | bigint, bits: number): number | bigint {
  if (typeof value === "number" && value < 2 ** 45) return value * 128 + bits;
  return (BigInt(value) << 7n) | BigInt(bits);
}

function hex(tag: number): string {
  return `0x${tag.toString(16).padStart(2, "0")}`;
}

function fail(message: string, at: number): never {
  throw new PkiError("der", `${message} at byte ${at}`, { at });
}
