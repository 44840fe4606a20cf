/**
 * The frame of a CertificateList (RFC 5280 5.1): everything but the entries, read strictly.
 *
 * Guarantees: canonical DER to the last byte of the frame, one signature algorithm inside and outside, times with
 * seconds and in Zulu. What the entries hold is walked by `walkEntries`, what the extensions say is read by
 * `readListExtensions`; neither is believed before the signature is.
 */
import { contextTag, DerReader, Tag } from "../der/reader.ts";
import { PkiError } from "../errors.ts";
import { parseSignatureAlgorithm, type SignatureAlgorithm } from "../signature.ts";
import { asUnknown, unknown } from "./unknown.ts";

export interface CertificateList {
  readonly der: Buffer;
  /** What the signature is over. */
  readonly tbs: Buffer;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Buffer;
  readonly version: 1 | 2;
  /** The issuer's Name, tag and length included. */
  readonly issuer: Buffer;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  /** Offsets in `der` of the first entry and of the byte after the last one. */
  readonly entriesStart: number;
  readonly entriesEnd: number;
  /** A reader around `SEQUENCE OF Extension`; undefined where there are none. */
  readonly extensions: DerReader | undefined;
}

/** About six million entries; offsets and memory stay far from any limit. */
export const maxCrlBytes = 256 * 1024 * 1024;

/** PkiError "crl" with the unknown code "size", "malformed", "signature-algorithm" or "version". */
export function readCertificateList(der: Buffer): CertificateList {
  if (der.length > maxCrlBytes)
    throw unknown("size", `CRL of ${der.length} bytes; at most ${maxCrlBytes} are read`);
  try {
    const outer = new DerReader(der);
    const list = outer.sequence();
    outer.finish("a CRL");
    const start = list.position;
    const fields = list.sequence();
    const tbs = der.subarray(start, list.position);
    const outside = list.raw(Tag.sequence);
    const { bytes: signature, unusedBits } = list.bitString();
    list.finish("a CRL's signature");
    if (unusedBits !== 0) throw unknown("malformed", "a signature of a broken octet");
    return { der, tbs, signature, ...readFields(fields, outside) };
  } catch (cause) {
    const isAlgorithm = cause instanceof PkiError && cause.code === "algorithm";
    throw asUnknown(isAlgorithm ? "signature-algorithm" : "malformed", cause);
  }
}

function readFields(fields: DerReader, outside: Buffer) {
  const version = readVersion(fields);
  const inside = fields.raw(Tag.sequence);
  if (!inside.equals(outside))
    throw unknown("signature-algorithm", "the signature algorithms inside and outside differ");
  const algorithm = parseSignatureAlgorithm(inside);
  const issuer = fields.raw(Tag.sequence);
  const thisUpdate = fields.time();
  const hasNext = fields.peek() === Tag.utcTime || fields.peek() === Tag.generalizedTime;
  const nextUpdate = hasNext ? fields.time() : undefined;
  const entries = fields.enterIf(Tag.sequence);
  // RFC 5280 5.1.2.6: when nothing is revoked, the list is absent.
  if (entries?.atEnd) throw unknown("malformed", "an empty list of revoked certificates");
  const extensions = fields.enterIf(contextTag(0, true));
  fields.finish("a CRL's fields");
  return {
    version,
    algorithm,
    issuer,
    thisUpdate,
    nextUpdate,
    entriesStart: entries?.position ?? 0,
    entriesEnd: entries?.end ?? 0,
    extensions,
  } as const;
}

/** Absent is version 1; 1 is version 2; nothing else exists (RFC 5280 5.1.2.1). */
function readVersion(fields: DerReader): 1 | 2 {
  if (fields.peek() !== Tag.integer) return 1;
  const version = fields.smallInteger();
  if (version !== 1) throw unknown("version", `CRL version field ${version}; only 1 (version 2) exists`);
  return 2;
}
