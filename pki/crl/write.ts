/**
 * Writes a complete, direct, version 2 CRL (RFC 5280 5), ready to be signed.
 *
 * Guarantees: authority key identifier and number always there, times in the form that their year asks for, reason
 * codes that a complete CRL may have, no list when nothing is revoked, no serial twice. `thisUpdate` is written as
 * given: who wants it backdated does so. Time and memory grow linearly with the entries: bytes are appended to one
 * buffer that doubles.
 */
import type { Certificate } from "../certificate.ts";
import { Tag } from "../der/reader.ts";
import {
  boolean,
  explicit,
  generalizedTime,
  implicit,
  integer,
  lengthOctets,
  octetString,
  oid,
  sequence,
  time,
} from "../der/writer.ts";
import { PkiError } from "../errors.ts";
import { encodeGeneralName } from "../general-names.ts";
import { maxSerialOctets } from "../serial.ts";
import { signatureAlgorithms, signingAlgorithmFor } from "../signature.ts";
import type { Unsigned } from "../unsigned.ts";
import type { Revocation } from "./entry.ts";
import { reasonNumbers } from "./reasons.ts";

export type { Revocation } from "./entry.ts";
export type { CrlReason } from "./reasons.ts";

export interface CrlOptions {
  readonly issuer: Certificate;
  readonly number: bigint | number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly entries: Iterable<Revocation>;
  /** URI of a critical issuingDistributionPoint; every certificate's cRLDistributionPoints must hold the same. */
  readonly distributionPoint?: string;
}

/** TBSCertList; PkiError "crl", "serial" or "name". */
export function prepareCrl(options: CrlOptions): Unsigned {
  const { issuer, thisUpdate, nextUpdate } = options;
  if (issuer.keyUsage?.has("cRLSign") === false)
    throw new PkiError("crl", "the issuer's keyUsage does not allow it to sign CRLs");
  if (!(thisUpdate.getTime() < nextUpdate.getTime()))
    throw new PkiError("crl", "nextUpdate must be later than thisUpdate");
  const algorithm = signingAlgorithmFor(issuer.publicKey);
  const entries = writeEntries(options.entries);
  const tbs = sequence(
    integer(1),
    signatureAlgorithms[algorithm].identifier,
    issuer.subject.der,
    time(thisUpdate),
    time(nextUpdate),
    ...(entries.length > 0 ? [Buffer.of(Tag.sequence, ...lengthOctets(entries.length)), entries] : []),
    explicit(0, sequence(...listExtensions(options))),
  );
  return { tbs, algorithm };
}

function listExtensions({ issuer, number, distributionPoint }: CrlOptions): Buffer[] {
  const keyIdentifier = issuer.subjectKeyIdentifier ?? issuer.publicKey.keyIdentifier;
  const extensions = [
    sequence(oid("2.5.29.35"), octetString(sequence(implicit(0, keyIdentifier)))),
    sequence(oid("2.5.29.20"), octetString(integer(numberOctets(BigInt(number))))),
  ];
  if (distributionPoint !== undefined) {
    const name = explicit(0, explicit(0, encodeGeneralName({ kind: "uri", value: distributionPoint })));
    extensions.push(sequence(oid("2.5.29.28"), boolean(true), octetString(sequence(name))));
  }
  return extensions;
}

/** 5.2.3: positive, at most 20 octets. */
function numberOctets(number: bigint): Buffer {
  if (number < 0n || number >= 1n << 159n)
    throw new PkiError("crl", "a CRL number must be non-negative and at most 20 octets long");
  const digits = number.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
}

/** The longest entry: header, serial, GeneralizedTime, and extensions of reason and invalidityDate. */
const maxEntryBytes = 2 + 2 + maxSerialOctets + 17 + 2 + 12 + 26;

function writeEntries(entries: Iterable<Revocation>): Buffer {
  const seen = new Set<string>();
  let buffer: Buffer = Buffer.allocUnsafe(16 * 1024);
  let length = 0;
  for (const entry of entries) {
    if (seen.has(entry.serial)) throw new PkiError("crl", "a serial number stands in the list twice");
    seen.add(entry.serial);
    if (buffer.length - length < maxEntryBytes) buffer = grown(buffer, length);
    length = appendEntry(buffer, length, entry);
  }
  return buffer.subarray(0, length);
}

function grown(buffer: Buffer, length: number): Buffer {
  const larger = Buffer.allocUnsafe(2 * buffer.length);
  buffer.copy(larger, 0, 0, length);
  return larger;
}

/** Returns the offset after the entry, which is at most `maxEntryBytes` further. */
function appendEntry(buffer: Buffer, start: number, entry: Revocation): number {
  const serialEnd = appendSerial(buffer, start + 2, entry.serial);
  const timeEnd = appendTime(buffer, serialEnd, entry.revokedAt);
  const extensions = entryExtensions(entry);
  buffer.set(extensions, timeEnd);
  const end = timeEnd + extensions.length;
  buffer[start] = Tag.sequence;
  buffer[start + 1] = end - start - 2;
  return end;
}

/** Positive, minimal, lower-case hex. */
function appendSerial(buffer: Buffer, at: number, serial: string): number {
  const octets = serial.length / 2;
  const start = at + 2;
  const isHex = /^([0-9a-f]{2}){1,20}$/.test(serial) && buffer.write(serial, start, "hex") === octets;
  const first = buffer[start] as number;
  const isMinimal = first > 0 || (octets > 1 && (buffer[start + 1] as number) >= 0x80);
  if (!isHex || first >= 0x80 || !isMinimal)
    throw new PkiError(
      "serial",
      `a serial is the lower-case hex of a positive INTEGER's content octets, at most ${maxSerialOctets}`,
      { octets },
    );
  buffer[at] = Tag.integer;
  buffer[at + 1] = octets;
  return start + octets;
}

/** As `time()` of the DER writer encodes it, without making anything on the way. */
function appendTime(buffer: Buffer, at: number, date: Date): number {
  const year = date.getUTCFullYear();
  if (!(year >= 1950 && year <= 2049)) {
    const encoded = time(checkedDate(date));
    buffer.set(encoded, at);
    return at + encoded.length;
  }
  buffer[at] = Tag.utcTime;
  buffer[at + 1] = 13;
  appendPair(buffer, at + 2, year % 100);
  appendPair(buffer, at + 4, date.getUTCMonth() + 1);
  appendPair(buffer, at + 6, date.getUTCDate());
  appendPair(buffer, at + 8, date.getUTCHours());
  appendPair(buffer, at + 10, date.getUTCMinutes());
  appendPair(buffer, at + 12, date.getUTCSeconds());
  buffer[at + 14] = 0x5a;
  return at + 15;
}

function appendPair(buffer: Buffer, at: number, value: number): void {
  const tens = (value / 10) | 0;
  buffer[at] = 0x30 + tens;
  buffer[at + 1] = 0x30 + value - tens * 10;
}

const noExtensions = Buffer.alloc(0);
const reasonExtensions = new Map(
  Object.entries(reasonNumbers).map(([reason, number]) => [
    reason,
    sequence(oid("2.5.29.21"), octetString(integer(number, Tag.enumerated))),
  ]),
);
const reasonOnly = new Map([...reasonExtensions].map(([reason, extension]) => [reason, sequence(extension)]));

function entryExtensions({ reason, invalidSince }: Revocation): Buffer {
  const own = reason === undefined ? noExtensions : reasonExtensions.get(reason);
  if (own === undefined) throw new PkiError("crl", `${reason} is no reason code of a complete CRL`);
  if (invalidSince === undefined) return reasonOnly.get(reason ?? "") ?? noExtensions;
  return sequence(own, sequence(oid("2.5.29.24"), octetString(generalizedTime(checkedDate(invalidSince)))));
}

function checkedDate(date: Date): Date {
  if (Number.isNaN(date.getTime())) throw new PkiError("crl", "a date in the list is no date");
  return date;
}
