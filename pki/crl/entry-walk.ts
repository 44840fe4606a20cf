/**
 * Walks every entry of a CRL once, strictly, before anything is answered from it (RFC 5280 5.1.2.6, 5.3).
 *
 * Why every one: a signature does not make bytes canonical. A revoked serial with a non-minimal length, or an entry
 * that says "this and what follows is about another CA", changes the answer for a certificate that is found, or not
 * found, elsewhere in the list. After the walk each serial has exactly one spelling and each entry one owner.
 *
 * No object is made per entry. Positions are numbers; every function returns where the element ends, or throws.
 */
import { parseGeneralizedTime, parseUtcTime } from "../der/time.ts";
import { PkiError } from "../errors.ts";
import { PlainEntries } from "./plain-entries.ts";
import { isLegalReason } from "./reasons.ts";
import { type RevocationUnknownCode, unknown } from "./unknown.ts";

/** Bytes that a pattern must get over to have been worth asking. */
const worthwhile = 1024;

/** Extensions in one entry; more than that exist nowhere, and comparing them stays cheap. */
const maxEntryExtensions = 16;

/** id-ce (2.5.29) and its members in CRL entries. */
export const entryExtension = { reasonCode: 21, invalidityDate: 24, certificateIssuer: 29 } as const;

export interface WalkOptions {
  /** Version 1 entries have no extensions. */
  readonly version: 1 | 2;
  /** Off in tests only, which prove that it changes nothing but the time. */
  readonly patterns?: boolean;
}

/**
 * Offsets of entries, ascending, no further apart than a few kilobytes: where to start when one entry is looked for.
 * PkiError "crl" with an unknown code `entry-…`, `indirect-entry` or `version`.
 */
export function walkEntries(der: Buffer, start: number, end: number, options: WalkOptions): number[] {
  const checkpoints: number[] = [];
  const plain =
    options.version === 2 && options.patterns !== false ? new PlainEntries(der, start, end) : undefined;
  // Where patterns do not help, they are asked less and less often.
  let singles = 1;
  for (let at = start; at < end; ) {
    checkpoints.push(at);
    const reached = plain === undefined ? at : plain.skip(at);
    if (reached - at > worthwhile) singles = 1;
    if (reached > at) {
      at = reached;
      continue;
    }
    for (let n = 0; n < singles && at < end; n++) at = walkEntry(der, at, end, options.version);
    singles = Math.min(2 * singles, 64);
    plain?.learn(reached);
  }
  return checkpoints;
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

/** YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ, and a day that exists. */
function checkTime(der: Buffer, tag: number, at: number, end: number, code: RevocationUnknownCode): void {
  const digits = tag === 0x17 ? 12 : 14;
  const start = at + 2;
  let legal = end - start === digits + 1 && der[end - 1] === 0x5a;
  for (let i = start; legal && i < end - 1; i++) legal = isDigit(der[i] as number);
  if (legal) {
    const day = pair(der, end - 9);
    legal =
      pair(der, end - 7) < 24 &&
      pair(der, end - 5) < 60 &&
      pair(der, end - 3) < 60 &&
      day >= 1 &&
      isMonth(pair(der, end - 11)) &&
      (day <= 28 || dayExists(der, tag, start, end));
  }
  if (!legal) throw unknown(code, `time is no calendar date in canonical form at byte ${at}`);
}

const isDigit = (octet: number): boolean => octet >= 0x30 && octet <= 0x39;
const isMonth = (month: number): boolean => month >= 1 && month <= 12;
const pair = (der: Buffer, at: number): number =>
  ((der[at] as number) - 0x30) * 10 + (der[at + 1] as number) - 0x30;

/** The last days of a month are left to the one parser of times. */
function dayExists(der: Buffer, tag: number, start: number, end: number): boolean {
  try {
    const content = der.subarray(start, end);
    if (tag === 0x17) parseUtcTime(content);
    else parseGeneralizedTime(content);
    return true;
  } catch (error) {
    if (error instanceof PkiError) return false;
    throw error;
  }
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
