/**
 * Walks every entry of a CRL once, strictly, before anything is answered from it (RFC 5280 5.1.2.6, 5.3).
 *
 * Why every one: a signature does not make bytes canonical. A revoked serial with a non-minimal length, or an entry
 * that says "this and what follows is about another CA", changes the answer for a certificate that is found, or not
 * found, elsewhere in the list. After the walk each serial has exactly one spelling and each entry one owner.
 *
 * No object is made per entry. Positions are numbers; every function returns where the element ends, or throws.
 */
import type { PkiError } from "../errors.ts";
import { isGeneralizedTime, isUtcTime } from "./entry-time.ts";
import { PlainEntries } from "./plain-entries.ts";
import { skipPlainEntries } from "./plain-entry-loop.ts";
import { isLegalReason } from "./reasons.ts";
import { type RevocationUnknownCode, unknown } from "./unknown.ts";

/** Bytes that a shortcut must get over to have been worth asking. */
const worthwhile = 1024;

/** Extensions in one entry; more than that exist nowhere, and comparing them stays cheap. */
const maxEntryExtensions = 16;

/** id-ce (2.5.29) and its members in CRL entries. */
export const entryExtension = { reasonCode: 21, invalidityDate: 24, certificateIssuer: 29 } as const;

export interface WalkOptions {
  /** Version 1 entries have no extensions. */
  readonly version: 1 | 2;
  /** Set in tests only, which prove that it changes nothing but the time. */
  readonly shortcut?: "patterns" | "loop" | "none";
}

/** From about here on the loop is worth its warm-up; measured. */
const longListBytes = 12 * 1024 * 1024;
/** What is passed over at once; short enough that the patterns' stack stays small; measured. */
const windowBytes = 8192;

/**
 * Offsets of entries, ascending, no further apart than a few kilobytes: where to start when one entry is looked for.
 * PkiError "crl" with an unknown code `entry-…`, `indirect-entry` or `version`.
 */
export function walkEntries(der: Buffer, start: number, end: number, options: WalkOptions): number[] {
  const checkpoints: number[] = [];
  const plain = shortcutFor(der, start, end, options);
  // Where the shortcut does not help, it is asked less and less often.
  let singles = 1;
  for (let at = start; at < end; ) {
    checkpoints.push(at);
    const reached = plain.skip(at, Math.min(at + windowBytes, end));
    if (reached - at > worthwhile) singles = 1;
    if (reached > at) {
      at = reached;
      continue;
    }
    for (let n = 0; n < singles && at < end; n++) at = walkEntry(der, at, end, options.version);
    singles = Math.min(2 * singles, 64);
    plain.learn?.(reached);
  }
  return checkpoints;
}

interface Shortcut {
  /** The offset after the plain entries from `at` to about `limit`; `at` itself when there are none. */
  skip(at: number, limit: number): number;
  /** Told of a checked entry that was not skipped. */
  learn?(at: number): void;
}

function shortcutFor(der: Buffer, start: number, end: number, { version, shortcut }: WalkOptions): Shortcut {
  const kind = shortcut ?? (end - start < longListBytes ? "patterns" : "loop");
  if (version === 1 || kind === "none") return { skip: (at) => at };
  if (kind === "patterns") return new PlainEntries(der, start, end);
  const view = new DataView(der.buffer, der.byteOffset, der.length);
  return { skip: (at, limit) => skipPlainEntries(view, at, limit, end) };
}

/** One entry, checked completely; returns the offset after it. */
export function walkEntry(der: Buffer, at: number, end: number, version: 1 | 2): number {
  const entryEnd = elementEnd(der, 0x30, at, end, "entry-malformed");
  const serial = contentStart(der, at);
  const serialEnd = elementEnd(der, 0x02, serial, entryEnd, "entry-malformed");
  checkInteger(der, contentStart(der, serial), serialEnd);
  const timeEnd = walkTime(der, serialEnd, entryEnd);
  if (timeEnd === entryEnd) return entryEnd;
  if (version === 1) throw unknown("version", `extensions in a version 1 CRL's entry at byte ${at}`);
  const listEnd = elementEnd(der, 0x30, timeEnd, entryEnd, "entry-extension-malformed");
  if (listEnd !== entryEnd) throw malformed("trailing bytes in an entry", listEnd);
  walkExtensions(der, contentStart(der, timeEnd), entryEnd);
  return entryEnd;
}

/** The offset after the element at `at`, which must have `tag` and end within `end`. */
export function elementEnd(
  der: Buffer,
  tag: number,
  at: number,
  end: number,
  code: RevocationUnknownCode,
): number {
  if (at + 2 > end) throw unknown(code, `element is cut at byte ${at}`);
  if (der[at] !== tag) throw unknown(code, `unexpected tag at byte ${at}`);
  let length = der[at + 1] as number;
  let start = at + 2;
  if (length >= 0x80) {
    const size = length & 0x7f;
    if (size === 0 || size > 4 || start + size > end) throw unknown(code, `illegal length at byte ${at}`);
    length = der.readUIntBE(start, size);
    if (length < 0x80 || (size > 1 && der[start] === 0))
      throw unknown(code, `length is not minimal at byte ${at}`);
    start += size;
  }
  if (length > end - start) throw unknown(code, `element is longer than what holds it at byte ${at}`);
  return start + length;
}

/** Where the content of a checked element starts. */
export function contentStart(der: Buffer, at: number): number {
  const first = der[at + 1] as number;
  return first < 0x80 ? at + 2 : at + 2 + (first & 0x7f);
}

function checkInteger(der: Buffer, start: number, end: number): void {
  const length = end - start;
  if (length === 0 || length > 127) throw malformed("a serial number of illegal length", start);
  if (length === 1) return;
  const first = der[start] as number;
  const high = (der[start + 1] as number) >= 0x80;
  if ((first === 0x00 && !high) || (first === 0xff && high))
    throw malformed("a serial number that is not minimal", start);
}

function walkTime(der: Buffer, at: number, end: number): number {
  const tag = der[at];
  if (tag !== 0x17 && tag !== 0x18) throw malformed("no revocation date", at);
  const timeEnd = elementEnd(der, tag, at, end, "entry-malformed");
  checkTime(der, tag, at, timeEnd, "entry-malformed");
  return timeEnd;
}

function checkTime(der: Buffer, tag: number, at: number, end: number, code: RevocationUnknownCode): void {
  const start = at + 2;
  const legal =
    tag === 0x17
      ? end - start === 13 && isUtcTime(der, start)
      : end - start === 15 && isGeneralizedTime(der, start);
  if (!legal) throw unknown(code, `time is no calendar date in canonical form at byte ${at}`);
}

function walkExtensions(der: Buffer, start: number, end: number): void {
  if (start === end) throw unknown("entry-extension-malformed", `empty extensions at byte ${start}`);
  let count = 0;
  for (let at = start; at < end; ) {
    if (++count > maxEntryExtensions)
      throw unknown("entry-extension-malformed", `too many extensions at byte ${at}`);
    const next = walkExtension(der, at, end);
    refuseDuplicate(der, start, at, next);
    at = next;
  }
}

function walkExtension(der: Buffer, at: number, end: number): number {
  const code = "entry-extension-malformed";
  const extensionEnd = elementEnd(der, 0x30, at, end, code);
  const oid = contentStart(der, at);
  let value = elementEnd(der, 0x06, oid, extensionEnd, code);
  checkOid(der, contentStart(der, oid), value);
  const critical = der[value] === 0x01 && value < extensionEnd;
  if (critical) {
    // FALSE is the default and not written in DER (X.690 11.5); TRUE has one spelling.
    if (elementEnd(der, 0x01, value, extensionEnd, code) !== value + 3 || der[value + 2] !== 0xff)
      throw unknown(code, `critical is not TRUE in canonical form at byte ${value}`);
    value += 3;
  }
  if (elementEnd(der, 0x04, value, extensionEnd, code) !== extensionEnd)
    throw unknown(code, `trailing bytes in an extension at byte ${value}`);
  checkValue(der, idCeMember(der, oid), contentStart(der, value), extensionEnd, critical);
  return extensionEnd;
}

function checkValue(der: Buffer, member: number, start: number, end: number, critical: boolean): void {
  const code = "entry-extension-malformed";
  if (member === entryExtension.certificateIssuer)
    throw unknown("indirect-entry", `the entry names another certificate issuer at byte ${start}`);
  if (member === entryExtension.reasonCode) {
    if (elementEnd(der, 0x0a, start, end, code) !== end || end - start !== 3)
      throw unknown(code, `no reason code at byte ${start}`);
    if (!isLegalReason(der[end - 1] as number))
      throw unknown("entry-reason", `reason code ${der[end - 1]} is none of a complete CRL`);
  } else if (member === entryExtension.invalidityDate) {
    // RFC 5280 5.3.2 wants GeneralizedTime; writers that put a UTCTime there exist, and it changes no verdict.
    const tag = der[start] === 0x17 ? 0x17 : 0x18;
    if (elementEnd(der, tag, start, end, code) !== end) throw unknown(code, `no date at byte ${start}`);
    checkTime(der, tag, start, end, code);
  } else if (critical)
    throw unknown("entry-extension-critical", `critical entry extension at byte ${start} is not understood`);
}

/** The last arc of an OBJECT IDENTIFIER 2.5.29.n (n < 128), else -1. */
export function idCeMember(der: Buffer, oid: number): number {
  const isIdCe = der[oid + 1] === 3 && der[oid + 2] === 0x55 && der[oid + 3] === 0x1d;
  return isIdCe ? (der[oid + 4] as number) : -1;
}

/** Minimal arcs, the last one complete. */
function checkOid(der: Buffer, start: number, end: number): void {
  let fresh = true;
  for (let at = start; at < end; at++) {
    if (fresh && der[at] === 0x80) break;
    fresh = (der[at] as number) < 0x80;
    if (fresh && at === end - 1) return;
  }
  throw unknown("entry-extension-malformed", `illegal OBJECT IDENTIFIER at byte ${start}`);
}

/** Against the extensions before `at`: two OIDs are one when their elements are equal. */
function refuseDuplicate(der: Buffer, start: number, at: number, end: number): void {
  const oid = contentStart(der, at);
  const oidEnd = elementEnd(der, 0x06, oid, end, "entry-extension-malformed");
  for (let other = start; other < at; ) {
    const otherEnd = elementEnd(der, 0x30, other, end, "entry-extension-malformed");
    const otherOid = contentStart(der, other);
    const otherOidEnd = elementEnd(der, 0x06, otherOid, otherEnd, "entry-extension-malformed");
    if (der.compare(der, oid, oidEnd, otherOid, otherOidEnd) === 0)
      throw unknown("entry-extension-duplicate", `an entry extension stands there twice at byte ${at}`);
    other = otherEnd;
  }
}

function malformed(message: string, at: number): PkiError {
  return unknown("entry-malformed", `${message} at byte ${at}`);
}
