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
import { timeDigits } from "../der/time.ts";
import {
  boolean,
  element,
  explicit,
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

/** The longest entry: serial, GeneralizedTime, reason, invalidityDate. */
const maxEntryBytes = 2 + 2 + maxSerialOctets + 17 + 2 + 12 + 26;

function writeEntries(entries: Iterable<Revocation>): Buffer {
  const seen = new Set<string>();
  const tails = new Map<string, Buffer>();
  let buffer: Buffer = Buffer.allocUnsafe(16 * 1024);
  let length = 0;
  for (const entry of entries) {
    if (seen.has(entry.serial)) throw new PkiError("crl", "a serial number stands in the list twice");
    seen.add(entry.serial);
    if (buffer.length - length < maxEntryBytes) buffer = grown(buffer, length);
    length = appendEntry(buffer, length, entry, tails);
  }
  return buffer.subarray(0, length);
}

function grown(buffer: Buffer, length: number): Buffer {
  const larger = Buffer.allocUnsafe(2 * buffer.length);
  buffer.copy(larger, 0, 0, length);
  return larger;
}

/** Entries of one moment and reason end alike: `tails` holds the last of them. */
function appendEntry(buffer: Buffer, start: number, entry: Revocation, tails: Map<string, Buffer>): number {
  const { serial } = entry;
  const octets = serial.length / 2;
  const key = `${entry.revokedAt.getTime()} ${entry.reason} ${entry.invalidSince?.getTime()}`;
  let tail = tails.get(key);
  if (tail === undefined) {
    tail = entryTail(entry);
    if (tails.size >= 64) tails.clear();
    tails.set(key, tail);
  }
  buffer[start] = Tag.sequence;
  buffer[start + 1] = 2 + octets + tail.length;
  buffer[start + 2] = Tag.integer;
  buffer[start + 3] = octets;
  if (octets > maxSerialOctets || buffer.write(serial, start + 4, "hex") !== octets)
    throw refuseSerial(serial);
  checkSerial(buffer, start + 4, octets, serial);
  tail.copy(buffer, start + 4 + octets);
  return start + 4 + octets + tail.length;
}

/** Positive and minimal. */
function checkSerial(buffer: Buffer, at: number, octets: number, serial: string): void {
  const first = buffer[at] as number;
  const legal =
    octets > 0 && first < 0x80 && (first > 0 || (octets > 1 && (buffer[at + 1] as number) >= 0x80));
  if (!legal || serial !== serial.toLowerCase()) throw refuseSerial(serial);
}

function refuseSerial(serial: string): PkiError {
  return new PkiError(
    "serial",
    `a serial is the lower-case hex of a positive INTEGER's content octets, at most ${maxSerialOctets}`,
    { octets: serial.length / 2 },
  );
}

/** What follows the serial: date, and extensions where there is something to say. */
function entryTail({ revokedAt, reason, invalidSince }: Revocation): Buffer {
  if (Number.isNaN(revokedAt.getTime()) || Number.isNaN(invalidSince?.getTime() ?? 0))
    throw new PkiError("crl", "a date in the list is no date");
  const extensions: Buffer[] = [];
  if (reason !== undefined) {
    const number = reasonNumbers[reason];
    if (number === undefined) throw new PkiError("crl", `${reason} is no reason code of a complete CRL`);
    extensions.push(sequence(oid("2.5.29.21"), octetString(integer(number, Tag.enumerated))));
  }
  if (invalidSince !== undefined) {
    const date = element(Tag.generalizedTime, Buffer.from(`${timeDigits(invalidSince)}Z`, "latin1"));
    extensions.push(sequence(oid("2.5.29.24"), octetString(date)));
  }
  return Buffer.concat([time(revokedAt), ...(extensions.length > 0 ? [sequence(...extensions)] : [])]);
}
