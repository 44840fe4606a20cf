/**
 * One entry of a walked CRL as an object. The bytes have been checked by `walkEntries`; here they are only read.
 */
import { DerReader, Tag } from "../der/reader.ts";
import { contentStart, elementEnd, entryExtension, idCeMember } from "./entry-walk.ts";
import { type CrlReason, reasonName } from "./reasons.ts";

export interface Revocation {
  /** Lower-case hex of the INTEGER's content octets. */
  readonly serial: string;
  /** When the revocation was processed. */
  readonly revokedAt: Date;
  /** Absent: unspecified. */
  readonly reason?: CrlReason;
  /** When the key was lost or the certificate became invalid (invalidityDate). */
  readonly invalidSince?: Date;
}

export function readEntry(der: Buffer, at: number): Revocation {
  const end = entryEnd(der, at);
  const reader = new DerReader(der, contentStart(der, at), end);
  const serial = reader.integer().toString("hex");
  const revokedAt = reader.time();
  const extensions = reader.enterIf(Tag.sequence);
  let found: Pick<Revocation, "reason" | "invalidSince"> = {};
  while (extensions && !extensions.atEnd) found = { ...found, ...readExtension(der, extensions) };
  return { serial, revokedAt, ...found };
}

/** The offset after the entry at `at`. */
export function entryEnd(der: Buffer, at: number): number {
  const length = der[at + 1] as number;
  return length < 0x80 ? at + 2 + length : elementEnd(der, Tag.sequence, at, der.length, "entry-malformed");
}

function readExtension(der: Buffer, extensions: DerReader): Pick<Revocation, "reason" | "invalidSince"> {
  const extension = extensions.sequence();
  const member = idCeMember(der, extension.position);
  extension.oid();
  if (extension.peek() === Tag.boolean) extension.boolean();
  const value = new DerReader(extension.octetString());
  if (member === entryExtension.invalidityDate) return { invalidSince: value.time() };
  if (member !== entryExtension.reasonCode) return {};
  const reason = reasonName(value.smallInteger(Tag.enumerated));
  return reason === undefined ? {} : { reason };
}
