/**
 * Finds a serial among the entries of a walked CRL; every hit is confirmed on the entry's own bytes.
 *
 * The first question is answered by searching the bytes (the walk has proved that a serial has one spelling, and a
 * hit counts only where an entry starts): a process that asks once does not pay for an index. The second question
 * builds one: offsets sorted into buckets by a hash of the serial, 5 to 6 bytes an entry, built in two linear
 * passes whatever the serials are.
 */

import { PkiError } from "../errors.ts";
import { entryEnd } from "./entry.ts";
import { contentStart } from "./entry-walk.ts";

export class EntryIndex {
  readonly #der: Buffer;
  readonly #start: number;
  readonly #end: number;
  /** Offsets of some entries, ascending; nothing for an empty list. */
  readonly #checkpoints: readonly number[];
  #asked = false;
  #buckets: Buckets | undefined;
  #count: number | undefined;

  constructor(der: Buffer, start: number, end: number, checkpoints: readonly number[]) {
    this.#der = der;
    this.#start = start;
    this.#end = end;
    this.#checkpoints = checkpoints;
  }

  get count(): number {
    this.#count ??= countEntries(this.#der, this.#start, this.#end);
    return this.#count;
  }

  /** Bytes that the index takes beside the CRL itself. */
  get indexBytes(): number {
    return this.#buckets === undefined
      ? 0
      : this.#buckets.starts.byteLength + this.#buckets.offsets.byteLength;
  }

  /** Offset of an entry with this serial (hex of its content octets), or -1; PkiError "serial" for no hex. */
  find(serial: string): number {
    const octets = serial.length / 2;
    // The whole INTEGER: after the walk it has no other spelling.
    const integer = Buffer.from(`02${octets < 16 ? "0" : ""}${octets.toString(16)}${serial}`, "hex");
    if (integer.length !== octets + 2 || octets === 0 || octets > 127)
      throw new PkiError("serial", "a serial is the hex of 1 to 127 whole octets");
    if (this.#start === this.#end) return -1;
    if (!this.#asked) {
      this.#asked = true;
      return this.#search(integer);
    }
    this.#buckets ??= buildBuckets(this.#der, this.#start, this.#end, this.count);
    return lookUpBucket(this.#der, this.#buckets, integer);
  }

  *offsets(): Generator<number> {
    for (let at = this.#start; at < this.#end; at = entryEnd(this.#der, at)) yield at;
  }

  #search(integer: Buffer): number {
    const der = this.#der;
    for (let hit = der.indexOf(integer, this.#start); hit !== -1 && hit < this.#end; ) {
      const entry = this.#entryAround(hit);
      if (contentStart(der, entry) === hit) return entry;
      hit = der.indexOf(integer, hit + 1);
    }
    return -1;
  }

  /** The entry that holds the byte at `position`, from the nearest checkpoint on. */
  #entryAround(position: number): number {
    let low = 0;
    for (let high = this.#checkpoints.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if ((this.#checkpoints[middle] as number) <= position) low = middle;
      else high = middle;
    }
    let at = this.#checkpoints[low] as number;
    for (let next = entryEnd(this.#der, at); next <= position; next = entryEnd(this.#der, at)) at = next;
    return at;
  }
}

/** Bucket b holds `offsets[starts[b] … starts[b + 1]]`. */
interface Buckets {
  readonly starts: Uint32Array;
  readonly offsets: Uint32Array;
}

function countEntries(der: Buffer, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at = entryEnd(der, at)) count++;
  return count;
}

/** Counting sort by bucket: counts, running sums, then every offset to its place. */
function buildBuckets(der: Buffer, start: number, end: number, count: number): Buckets {
  // A power of two between a quarter and a half of the entries.
  const mask = 2 ** Math.max(0, Math.floor(Math.log2(count)) - 1) - 1;
  const starts = new Uint32Array(mask + 2);
  const offsets = new Uint32Array(count);
  for (let at = start; at < end; at = entryEnd(der, at)) {
    const bucket = hashOfEntry(der, at) & mask;
    starts[bucket] = (starts[bucket] as number) + 1;
  }
  let sum = 0;
  for (let bucket = 0; bucket <= mask + 1; bucket++) starts[bucket] = sum += starts[bucket] as number;
  for (let at = start; at < end; at = entryEnd(der, at)) {
    const bucket = hashOfEntry(der, at) & mask;
    const place = (starts[bucket] as number) - 1;
    starts[bucket] = place;
    offsets[place] = at;
  }
  return { starts, offsets };
}

function lookUpBucket(der: Buffer, { starts, offsets }: Buckets, integer: Buffer): number {
  const bucket = hash(integer, 2, integer.length) & (starts.length - 2);
  for (let i = starts[bucket] as number; i < (starts[bucket + 1] as number); i++) {
    const entry = offsets[i] as number;
    const start = contentStart(der, entry);
    if (der.compare(integer, 0, integer.length, start, start + integer.length) === 0) return entry;
  }
  return -1;
}

function hashOfEntry(der: Buffer, at: number): number {
  const start = contentStart(der, at) + 2;
  return hash(der, start, start + (der[start - 1] as number));
}

/** FNV-1a, then mixed once more, because buckets take the low bits. */
function hash(bytes: Buffer, start: number, end: number): number {
  let value = 0x811c9dc5;
  for (let i = start; i < end; i++) value = Math.imul(value ^ (bytes[i] as number), 0x01000193);
  return value ^ (value >>> 15);
}
