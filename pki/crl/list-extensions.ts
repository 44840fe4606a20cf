/**
 * What a CRL's extensions say (RFC 5280 5.2), and where they say more than is understood here.
 *
 * A CRL that is not fully understood gives no answer: deltas, pointers to deltas, partitions by reason, indirect
 * lists, and whatever unknown is critical. All extensions are read to their last byte.
 */
import { contextTag, DerReader, readWhole } from "../der/reader.ts";
import {
  type AuthorityKeyIdentifier,
  readAuthorityKeyIdentifier,
  readDistributionPointName,
  readDistributionPoints,
} from "../extensions.ts";
import { maxSerialOctets } from "../serial.ts";
import { readExtensions } from "../tbs-certificate.ts";
import type { CertificateList } from "./list.ts";
import { asUnknown, unknown } from "./unknown.ts";

export interface IssuingDistributionPoint {
  /** URIs of the distribution point; undefined when the CRL names none. */
  readonly uris?: readonly string[];
  readonly only?: "user" | "ca";
}

export interface ListExtensions {
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifier;
  readonly number?: bigint;
  readonly issuingDistributionPoint?: IssuingDistributionPoint;
}

const maxExtensions = 64;

type Read = (value: Buffer) => ListExtensions;
const readers = new Map<string, Read>([
  ["2.5.29.35", (value) => ({ authorityKeyIdentifier: readAuthorityKeyIdentifier(value) })],
  ["2.5.29.20", readNumber],
  ["2.5.29.28", (value) => ({ issuingDistributionPoint: readIssuingDistributionPoint(value) })],
  ["2.5.29.27", refuseDelta],
  ["2.5.29.46", refuseFreshest],
]);

/** Consumes `list.extensions`; PkiError "crl" with the unknown code. */
export function readListExtensions({ extensions: wrapper, version }: CertificateList): ListExtensions {
  if (wrapper === undefined && version === 2)
    throw unknown("extensions-missing", "a version 2 CRL without extensions");
  if (wrapper === undefined) return {};
  if (version === 1) throw unknown("version", "extensions in a version 1 CRL");
  const found = {};
  const seen = new Set<string>();
  try {
    for (const { oid, critical, value } of readExtensions(wrapper)) {
      if (seen.has(oid)) throw unknown("extension-duplicate", `extension ${oid} stands there twice`);
      if (seen.add(oid).size > maxExtensions)
        throw unknown("extension-malformed", "more extensions than exist");
      const read = readers.get(oid);
      if (read !== undefined) Object.assign(found, read(value));
      else if (critical) throw unknown("extension-critical", `critical extension ${oid} is not understood`);
    }
  } catch (cause) {
    throw asUnknown("extension-malformed", cause);
  }
  return found;
}

/** 5.2.4 */
function refuseDelta(value: Buffer): never {
  readNumber(value);
  throw unknown("delta", "the CRL is a delta: it holds changes to another one");
}

/** 5.2.6 */
function refuseFreshest(value: Buffer): never {
  readDistributionPoints(value);
  throw unknown("freshest-crl", "the CRL points to deltas that say more than it does");
}

/** 5.2.3: non-negative, at most 20 octets. */
function readNumber(value: Buffer): { readonly number: bigint } {
  const reader = new DerReader(value);
  const octets = reader.integer();
  reader.finish("a CRL number");
  if (octets.length > maxSerialOctets || (octets[0] as number) >= 0x80)
    throw unknown("extension-malformed", "a CRL number that is negative or longer than 20 octets");
  return { number: BigInt(`0x${octets.toString("hex")}`) };
}

/** 5.2.5 */
function readIssuingDistributionPoint(value: Buffer): IssuingDistributionPoint {
  const reader = readWhole(value, "issuingDistributionPoint");
  const wrapper = reader.enterIf(contextTag(0, true));
  const name = wrapper === undefined ? undefined : readDistributionPointName(wrapper);
  const onlyUser = readFlag(reader, 1);
  const onlyCa = readFlag(reader, 2);
  const reasonsTag = contextTag(3, false);
  const reasons = reader.peek() === reasonsTag ? reader.bitString(reasonsTag) : undefined;
  const indirect = readFlag(reader, 4);
  const onlyAttribute = readFlag(reader, 5);
  reader.finish("issuingDistributionPoint");
  const uris = name?.fullName?.filter(({ kind }) => kind === "uri").map((one) => one.value);
  const refuse = (what: string) => unknown("issuing-distribution-point", `the CRL ${what}`);
  if (reasons !== undefined) throw refuse("is for some reasons only");
  if (indirect) throw refuse("is indirect");
  if (onlyAttribute) throw refuse("is for attribute certificates");
  if (onlyUser && onlyCa) throw refuse("is for user certificates only and for CA certificates only");
  if (name !== undefined && !uris?.length) throw refuse("has a distribution point without a URI");
  if (name === undefined && !onlyUser && !onlyCa) throw refuse("has a distribution point that says nothing");
  return {
    ...(uris !== undefined && { uris }),
    ...(onlyUser && { only: "user" as const }),
    ...(onlyCa && { only: "ca" as const }),
  };
}

/** A BOOLEAN DEFAULT FALSE: there and true, or absent. */
function readFlag(reader: DerReader, n: number): boolean {
  const tag = contextTag(n, false);
  if (reader.peek() !== tag) return false;
  if (!reader.boolean(tag)) throw unknown("extension-malformed", "a default that is written out");
  return true;
}
