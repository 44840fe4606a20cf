/**
 * Signature algorithms: SHA-2 with ECDSA or RSA PKCS #1 v1.5, one table for reading, verifying and KMS.
 * Whatever is not in the table (SHA-1, MD5, PSS, EdDSA, DSA) is PkiError "algorithm".
 */
import { verify } from "node:crypto";
import { type DerReader, Tag } from "./der/reader.ts";
import { PkiError } from "./errors.ts";
import type { KeyType, PublicKey } from "./public-key.ts";

export type SignatureAlgorithm =
  | "ecdsa-with-SHA256"
  | "ecdsa-with-SHA384"
  | "ecdsa-with-SHA512"
  | "sha256WithRSAEncryption"
  | "sha384WithRSAEncryption"
  | "sha512WithRSAEncryption";

export interface SignatureAlgorithmDetails {
  readonly oid: string;
  /** The AlgorithmIdentifier's DER: parameters absent for ECDSA (RFC 5758), NULL for RSA (RFC 4055). */
  readonly identifier: Buffer;
  readonly hash: "sha256" | "sha384" | "sha512";
  readonly kind: "EC" | "RSA";
  /** KMS's SigningAlgorithmSpec. */
  readonly kms: string;
}

export const signatureAlgorithms: Readonly<Record<SignatureAlgorithm, SignatureAlgorithmDetails>> = {
  "ecdsa-with-SHA256": ecdsa("1.2.840.10045.4.3.2", "300a06082a8648ce3d040302", "sha256", "ECDSA_SHA_256"),
  "ecdsa-with-SHA384": ecdsa("1.2.840.10045.4.3.3", "300a06082a8648ce3d040303", "sha384", "ECDSA_SHA_384"),
  "ecdsa-with-SHA512": ecdsa("1.2.840.10045.4.3.4", "300a06082a8648ce3d040304", "sha512", "ECDSA_SHA_512"),
  sha256WithRSAEncryption: rsa("1.2.840.113549.1.1.11", "300d06092a864886f70d01010b0500", "sha256"),
  sha384WithRSAEncryption: rsa("1.2.840.113549.1.1.12", "300d06092a864886f70d01010c0500", "sha384"),
  sha512WithRSAEncryption: rsa("1.2.840.113549.1.1.13", "300d06092a864886f70d01010d0500", "sha512"),
};
const entries = Object.entries(signatureAlgorithms) as [SignatureAlgorithm, SignatureAlgorithmDetails][];

/** What a key of ours signs with: the hash fits the key's strength. */
const byKeyType: Readonly<Record<KeyType, SignatureAlgorithm>> = {
  "P-256": "ecdsa-with-SHA256",
  "P-384": "ecdsa-with-SHA384",
  "RSA-2048": "sha256WithRSAEncryption",
  "RSA-3072": "sha256WithRSAEncryption",
  "RSA-4096": "sha512WithRSAEncryption",
};

export const signingAlgorithmFor = (key: PublicKey): SignatureAlgorithm => byKeyType[key.keyType];

/** The next element must be an AlgorithmIdentifier of the table, byte for byte; PkiError "algorithm". */
export function readSignatureAlgorithm(reader: DerReader): SignatureAlgorithm {
  return parseSignatureAlgorithm(reader.raw(Tag.sequence));
}

export function parseSignatureAlgorithm(identifier: Buffer): SignatureAlgorithm {
  const found = entries.find(([, details]) => details.identifier.equals(identifier));
  if (found === undefined)
    throw new PkiError(
      "algorithm",
      "the signature algorithm is not accepted; SHA-256, SHA-384 or SHA-512 with ECDSA or RSA (PKCS #1 v1.5) are",
      { identifier: identifier.subarray(0, 32).toString("hex") },
    );
  return found[0];
}

/** False whenever the signature does not verify, a key of another kind included; never throws for bad bytes. */
export function verifySignature(
  algorithm: SignatureAlgorithm,
  key: PublicKey,
  bytes: Buffer,
  signature: Buffer,
): boolean {
  const { hash, kind } = signatureAlgorithms[algorithm];
  return key.kind === kind && verify(hash, bytes, key.keyObject, signature);
}

type Hash = SignatureAlgorithmDetails["hash"];

/** The DER is written out: encoding it would cost every cold start half a millisecond. A test encodes it. */
function ecdsa(oid: string, identifier: string, hash: Hash, kms: string): SignatureAlgorithmDetails {
  return { oid, identifier: Buffer.from(identifier, "hex"), hash, kind: "EC", kms };
}

function rsa(oid: string, identifier: string, hash: Hash): SignatureAlgorithmDetails {
  const kms = `RSASSA_PKCS1_V1_5_SHA_${hash.slice(3)}`;
  return { oid, identifier: Buffer.from(identifier, "hex"), hash, kind: "RSA", kms };
}
