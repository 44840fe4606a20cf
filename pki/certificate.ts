/**
 * X.509 certificates (RFC 5280), parsed strictly and once.
 *
 * Guarantees: canonical DER to the last byte, the same signature algorithm inside and outside, no extension twice,
 * every extension below read completely. Not checked: the signature, the validity, the chain, whether the
 * certificate may be used for anything. `publicKey` is parsed on first use and throws PkiError "algorithm" for a key
 * that is not accepted, so that such certificates can still be named and listed.
 */
import { createHash } from "node:crypto";
import { DerReader, readWhole, Tag } from "./der/reader.ts";
import { PkiError } from "./errors.ts";
import {
  type AuthorityKeyIdentifier,
  type BasicConstraints,
  type DistributionPoint,
  type KeyUsage,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readDistributionPoints,
  readExtendedKeyUsage,
  readKeyUsage,
  readSubjectAltName,
  readSubjectKeyIdentifier,
} from "./extensions.ts";
import type { GeneralName } from "./general-names.ts";
import { type Name, parseName } from "./name.ts";
import { extensionOids } from "./oids.ts";
import { type PublicKey, parsePublicKey } from "./public-key.ts";
import { maxSerialOctets } from "./serial.ts";
import { parseSignatureAlgorithm, type SignatureAlgorithm } from "./signature.ts";
import { type Extension, readTbsCertificate } from "./tbs-certificate.ts";

export type { DistributionPoint, KeyUsage } from "./extensions.ts";
export type { Extension } from "./tbs-certificate.ts";

export interface Certificate {
  readonly der: Buffer;
  /** What the signature is over. */
  readonly tbs: Buffer;
  readonly version: 1 | 2 | 3;
  /** Lower-case hex of the DER INTEGER's content octets. */
  readonly serial: string;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Buffer;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The DER of the SubjectPublicKeyInfo, also of keys that are not accepted. */
  readonly spki: Buffer;
  readonly publicKey: PublicKey;
  /** Lower-case hex SHA-256 of the DER. */
  readonly fingerprint: string;
  readonly extensions: readonly Extension[];
  readonly basicConstraints?: BasicConstraints;
  readonly keyUsage?: ReadonlySet<KeyUsage>;
  /** "clientAuth", "serverAuth", or the dotted OID. */
  readonly extendedKeyUsage?: readonly string[];
  readonly subjectKeyIdentifier?: Buffer;
  readonly authorityKeyIdentifier?: AuthorityKeyIdentifier;
  readonly subjectAltNames?: readonly GeneralName[];
  readonly crlDistributionPoints?: readonly DistributionPoint[];
  readonly freshestCrl: boolean;
  /** OIDs of critical extensions whose meaning is not processed here: such a certificate must not be relied on. */
  readonly unknownCriticalExtensions: readonly string[];
}

/** Larger than any certificate that a chain of ours can meet. */
export const maxCertificateBytes = 64 * 1024;

/** PkiError "size", "der", "certificate", "name" or "algorithm". */
export function parseCertificate(der: Buffer): Certificate {
  if (der.length > maxCertificateBytes)
    throw new PkiError("size", `certificate of ${der.length} bytes; at most ${maxCertificateBytes} are read`);
  const reader = readWhole(der, "a certificate");
  const fields = readTbsCertificate(reader.raw(Tag.sequence));
  const outside = reader.raw(Tag.sequence);
  const { bytes: signature, unusedBits } = reader.bitString();
  reader.finish("a certificate's signature");
  if (!fields.algorithm.equals(outside))
    throw new PkiError("certificate", "the signature algorithms inside and outside differ");
  if (unusedBits !== 0) throw new PkiError("certificate", "a signature of a broken octet");
  if (fields.serial.length > maxSerialOctets)
    throw new PkiError("certificate", `a serial number of more than ${maxSerialOctets} octets`);
  let publicKey: PublicKey | undefined;
  let fingerprint: string | undefined;
  return {
    der,
    tbs: fields.der,
    version: fields.version,
    serial: fields.serial.toString("hex"),
    algorithm: parseSignatureAlgorithm(outside),
    signature,
    issuer: parseName(fields.issuer),
    subject: parseName(fields.subject),
    notBefore: readTime(fields.notBefore),
    notAfter: readTime(fields.notAfter),
    spki: fields.spki,
    get publicKey() {
      publicKey ??= parsePublicKey(fields.spki);
      return publicKey;
    },
    get fingerprint() {
      fingerprint ??= createHash("sha256").update(der).digest("hex");
      return fingerprint;
    },
    ...readKnownExtensions(fields.extensions),
  };
}

/** RFC 8705 3.1 `x5t#S256`: base64url SHA-256 of the DER. */
export function thumbprint(certificate: Certificate): string {
  return Buffer.from(certificate.fingerprint, "hex").toString("base64url");
}

type Known = Pick<
  Certificate,
  | "extensions"
  | "basicConstraints"
  | "keyUsage"
  | "extendedKeyUsage"
  | "subjectKeyIdentifier"
  | "authorityKeyIdentifier"
  | "subjectAltNames"
  | "crlDistributionPoints"
  | "freshestCrl"
  | "unknownCriticalExtensions"
>;

const readers: Readonly<Record<string, (value: Buffer) => Partial<Known>>> = {
  [extensionOids.basicConstraints]: (value) => ({ basicConstraints: readBasicConstraints(value) }),
  [extensionOids.keyUsage]: (value) => ({ keyUsage: readKeyUsage(value) }),
  [extensionOids.extendedKeyUsage]: (value) => ({ extendedKeyUsage: readExtendedKeyUsage(value) }),
  [extensionOids.subjectKeyIdentifier]: (value) => ({
    subjectKeyIdentifier: readSubjectKeyIdentifier(value),
  }),
  [extensionOids.authorityKeyIdentifier]: (value) => ({
    authorityKeyIdentifier: readAuthorityKeyIdentifier(value),
  }),
  [extensionOids.subjectAltName]: (value) => ({ subjectAltNames: readSubjectAltName(value) }),
  [extensionOids.crlDistributionPoints]: (value) => ({
    crlDistributionPoints: readDistributionPoints(value),
  }),
  [extensionOids.freshestCrl]: (value) => {
    readDistributionPoints(value);
    return { freshestCrl: true };
  },
};

/** Typed content of what is known; the OIDs of what is critical and is not. */
export function readKnownExtensions(extensions: readonly Extension[]): Known {
  const seen = new Set<string>();
  const unknownCriticalExtensions: string[] = [];
  const known: Partial<Known> = {};
  for (const { oid, critical, value } of extensions) {
    if (seen.has(oid)) throw new PkiError("certificate", `extension ${oid} stands there twice`, { oid });
    seen.add(oid);
    const read = Object.hasOwn(readers, oid) ? readers[oid] : undefined;
    if (read !== undefined) Object.assign(known, read(value));
    else if (critical) unknownCriticalExtensions.push(oid);
  }
  return { freshestCrl: false, ...known, extensions, unknownCriticalExtensions };
}

function readTime(element: Buffer): Date {
  return new DerReader(element).time();
}
