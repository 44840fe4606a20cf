/**
 * The fields of a TBSCertList (RFC 5280 5.1) as they are encoded, for the lint: strict about DER, without an opinion
 * on what the fields say. Entries are walked, not kept.
 */
import { contextTag, DerReader, Tag } from "../der/reader.ts";
import { type Extension, readExtensions } from "../tbs-certificate.ts";

export interface RevokedEntry {
  /** Content octets of the INTEGER. */
  readonly serial: Buffer;
  /** Whole element. */
  readonly revocationDate: Buffer;
  readonly extensions: readonly Extension[];
}

export interface TbsCrl {
  /** As encoded: 1 means version 2; absent means version 1. */
  readonly version: number | undefined;
  /** Whole elements. */
  readonly algorithm: Buffer;
  readonly issuer: Buffer;
  readonly thisUpdate: Buffer;
  readonly nextUpdate: Buffer | undefined;
  /** Whole revokedCertificates element. */
  readonly revoked: Buffer | undefined;
  readonly extensions: readonly Extension[];
}

export function readTbsCrl(der: Buffer): TbsCrl {
  const outer = new DerReader(der);
  const reader = outer.sequence();
  outer.finish("a TBSCertList");
  const version = reader.peek() === Tag.integer ? reader.smallInteger() : undefined;
  const algorithm = reader.raw(Tag.sequence);
  const issuer = reader.raw(Tag.sequence);
  const thisUpdate = reader.raw();
  const isTime = reader.peek() === Tag.utcTime || reader.peek() === Tag.generalizedTime;
  const nextUpdate = isTime ? reader.raw() : undefined;
  const revoked = reader.peek() === Tag.sequence ? reader.raw(Tag.sequence) : undefined;
  const wrapper = reader.enterIf(contextTag(0, true));
  const extensions = wrapper === undefined ? [] : readExtensions(wrapper);
  reader.finish("a TBSCertList's fields");
  return { version, algorithm, issuer, thisUpdate, nextUpdate, revoked, extensions };
}

export function* revokedEntries(crl: TbsCrl): Generator<RevokedEntry> {
  if (crl.revoked === undefined) return;
  const list = new DerReader(crl.revoked).sequence();
  while (!list.atEnd) {
    const entry = list.sequence();
    const serial = entry.integer();
    const revocationDate = entry.raw();
    const extensions = entry.atEnd ? [] : readExtensions(entry);
    entry.finish("a revoked certificate");
    yield { serial, revocationDate, extensions };
  }
}
