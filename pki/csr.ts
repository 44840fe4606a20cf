/**
 * Certification requests (PKCS #10, RFC 2986), parsed strictly.
 *
 * Guarantees: canonical DER to the last byte, a key that is accepted, proof of possession verified with it, at most
 * one list of wished-for extensions and none of them twice. A request is what somebody wishes for: the profile
 * decides what of it becomes true.
 */
import { createHash } from "node:crypto";
import { contextTag, type DerReader, readWhole, Tag } from "./der/reader.ts";
import { PkiError } from "./errors.ts";
import {
  type BasicConstraints,
  type KeyUsage,
  readBasicConstraints,
  readExtendedKeyUsage,
  readKeyUsage,
  readSubjectAltName,
} from "./extensions.ts";
import type { GeneralName } from "./general-names.ts";
import { type Name, parseName } from "./name.ts";
import { extensionOids, extensionRequestOid } from "./oids.ts";
import { type PublicKey, parsePublicKey } from "./public-key.ts";
import { readSignatureAlgorithm, type SignatureAlgorithm, verifySignature } from "./signature.ts";
import { type Extension, readExtensions } from "./tbs-certificate.ts";

export interface Csr {
  readonly der: Buffer;
  readonly subject: Name;
  readonly publicKey: PublicKey;
  readonly algorithm: SignatureAlgorithm;
  /** Empty when none are asked for. */
  readonly subjectAltNames: readonly GeneralName[];
  readonly requestedExtensions: RequestedExtensions;
  /** Lower-case hex SHA-256 of the DER. */
  readonly fingerprint: string;
}

export interface RequestedExtensions {
  readonly keyUsage?: ReadonlySet<KeyUsage>;
  readonly extendedKeyUsage?: readonly string[];
  readonly basicConstraints?: BasicConstraints;
  /** OIDs of everything else that is asked for. */
  readonly others: readonly string[];
}

export const maxCsrBytes = 32 * 1024;

/** PkiError "size", "der", "csr", "name", "certificate" (an extension's content), "algorithm" or "signature". */
export function parseCsr(der: Buffer): Csr {
  if (der.length > maxCsrBytes)
    throw new PkiError("size", `request of ${der.length} bytes; at most ${maxCsrBytes} are read`);
  const reader = readWhole(der, "a certification request");
  const info = reader.raw(Tag.sequence);
  const algorithm = readSignatureAlgorithm(reader);
  const { bytes: signature, unusedBits } = reader.bitString();
  reader.finish("a certification request's signature");
  if (unusedBits !== 0) throw new PkiError("csr", "a signature of a broken octet");
  const { subject, publicKey, extensions } = readInfo(info);
  if (!verifySignature(algorithm, publicKey, info, signature))
    throw new PkiError("signature", "the request is not signed with the key that it names");
  return {
    der,
    subject,
    publicKey,
    algorithm,
    ...readWishes(extensions),
    fingerprint: createHash("sha256").update(der).digest("hex"),
  };
}

interface Info {
  readonly subject: Name;
  readonly publicKey: PublicKey;
  readonly extensions: readonly Extension[];
}

function readInfo(info: Buffer): Info {
  const reader = readWhole(info, "a CertificationRequestInfo");
  const version = reader.smallInteger();
  if (version !== 0) throw new PkiError("csr", `version ${version}; only 0 exists`, { version });
  const subject = parseName(reader.raw(Tag.sequence));
  const publicKey = parsePublicKey(reader.raw(Tag.sequence));
  // The attributes are mandatory in RFC 2986, yet some tools leave an empty list out.
  const attributes = reader.enterIf(contextTag(0, true));
  reader.finish("a CertificationRequestInfo's fields");
  return { subject, publicKey, extensions: attributes === undefined ? [] : readAttributes(attributes) };
}

/** Attributes other than extensionRequest (challengePassword, a vendor's own) have no meaning here. */
function readAttributes(reader: DerReader): readonly Extension[] {
  const seen = new Set<string>();
  let extensions: readonly Extension[] = [];
  while (!reader.atEnd) {
    const attribute = reader.sequence();
    const oid = attribute.oid();
    if (seen.has(oid)) throw new PkiError("csr", `attribute ${oid} stands there twice`, { oid });
    seen.add(oid);
    const values = attribute.enter(Tag.set);
    attribute.finish("an attribute");
    if (oid === extensionRequestOid) extensions = readExtensions(values);
  }
  return extensions;
}

function readWishes(extensions: readonly Extension[]): Pick<Csr, "subjectAltNames" | "requestedExtensions"> {
  const wishes = new Map<string, Buffer>();
  for (const { oid, value } of extensions) {
    if (wishes.has(oid)) throw new PkiError("csr", `extension ${oid} is asked for twice`, { oid });
    wishes.set(oid, value);
  }
  const take = <T>(oid: string, read: (value: Buffer) => T): T | undefined => {
    const value = wishes.get(oid);
    wishes.delete(oid);
    return value === undefined ? undefined : read(value);
  };
  const subjectAltNames = take(extensionOids.subjectAltName, readSubjectAltName) ?? [];
  const keyUsage = take(extensionOids.keyUsage, readKeyUsage);
  const extendedKeyUsage = take(extensionOids.extendedKeyUsage, readExtendedKeyUsage);
  const basicConstraints = take(extensionOids.basicConstraints, readBasicConstraints);
  return {
    subjectAltNames,
    requestedExtensions: {
      ...(keyUsage !== undefined && { keyUsage }),
      ...(extendedKeyUsage !== undefined && { extendedKeyUsage }),
      ...(basicConstraints !== undefined && { basicConstraints }),
      others: [...wishes.keys()],
    },
  };
}
