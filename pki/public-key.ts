/**
 * Public keys from their SubjectPublicKeyInfo (RFC 5280 4.1.2.7, RFC 3279 2.3.1, RFC 5480 2.1).
 *
 * Only RSA of 2048, 3072 and 4096 bits and the curves P-256 and P-384 exist here; everything else is PkiError
 * "algorithm". One key has one encoding (NULL parameters for RSA, named curve and uncompressed point for EC), so
 * `hash` identifies the key itself and not a spelling of it.
 */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { type DerReader, readWhole } from "./der/reader.ts";
import { PkiError } from "./errors.ts";
import { keyOids } from "./oids.ts";

export const keyTypes = ["RSA-2048", "RSA-3072", "RSA-4096", "P-256", "P-384"] as const;
export type KeyType = (typeof keyTypes)[number];

export interface PublicKey {
  readonly spki: Buffer;
  readonly kind: "RSA" | "EC";
  readonly keyType: KeyType;
  readonly keyObject: KeyObject;
  /** SHA-1 of the BIT STRING's bytes, RFC 5280 4.2.1.2 (1); a name for the key, no protection. */
  readonly keyIdentifier: Buffer;
  /** Lower-case hex SHA-256 of the SubjectPublicKeyInfo. */
  readonly hash: string;
}

const pointLength: Readonly<Record<"P-256" | "P-384", number>> = { "P-256": 65, "P-384": 97 };

/** DER of a SubjectPublicKeyInfo; PkiError "der" or "algorithm". */
export function parsePublicKey(spki: Buffer): PublicKey {
  const reader = readWhole(spki, "a public key");
  const algorithm = reader.sequence();
  const { bytes, unusedBits } = reader.bitString();
  reader.finish("a public key");
  if (unusedBits !== 0) throw new PkiError("der", "a public key of a broken octet");
  const oid = algorithm.oid();
  const keyType = oid === keyOids.rsaEncryption ? rsaType(algorithm, bytes) : ecType(oid, algorithm, bytes);
  return {
    spki,
    kind: keyType.startsWith("RSA") ? "RSA" : "EC",
    keyType,
    keyObject: load(spki),
    keyIdentifier: createHash("sha1").update(bytes).digest(),
    hash: createHash("sha256").update(spki).digest("hex"),
  };
}

function rsaType(algorithm: DerReader, bytes: Buffer): KeyType {
  algorithm.null();
  algorithm.finish("an RSA algorithm identifier");
  const key = readWhole(bytes, "an RSA public key");
  const modulus = magnitude(key.integer());
  const exponent = magnitude(key.integer());
  key.finish("an RSA public key");
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  const keyType = keyTypes.find((one) => one === `RSA-${bits}`);
  if (keyType === undefined)
    throw new PkiError("algorithm", `RSA key of ${bits} bits; 2048, 3072 or 4096 are accepted`, { bits });
  if (((modulus.at(-1) ?? 0) & 1) === 0) throw new PkiError("algorithm", "RSA modulus is even");
  // FIPS 186-5 A.1.1: odd, 2^16 < e < 2^256. Exponent 1 would make every message its own signature.
  if (exponent.length < 3 || exponent.length > 32 || ((exponent.at(-1) ?? 0) & 1) === 0)
    throw new PkiError("algorithm", "RSA exponent is not odd and between 65537 and 2^256");
  return keyType;
}

function ecType(oid: string, algorithm: DerReader, bytes: Buffer): KeyType {
  if (oid !== keyOids.ecPublicKey)
    throw new PkiError("algorithm", `key algorithm ${oid}; RSA and EC are accepted`, { oid });
  if (algorithm.peek() !== 0x06) throw new PkiError("algorithm", "EC key without a named curve");
  const curve = algorithm.oid();
  algorithm.finish("an EC algorithm identifier");
  const keyType = (["P-256", "P-384"] as const).find((one) => keyOids[one] === curve);
  if (keyType === undefined)
    throw new PkiError("algorithm", `curve ${curve}; P-256 and P-384 are accepted`, { curve });
  if (bytes[0] !== 0x04 || bytes.length !== pointLength[keyType])
    throw new PkiError("algorithm", "EC point is not in uncompressed form");
  return keyType;
}

/** OpenSSL refuses a point that is not on its curve. */
function load(spki: Buffer): KeyObject {
  try {
    return createPublicKey({ key: spki, format: "der", type: "spki" });
  } catch (cause) {
    throw new PkiError("algorithm", "the public key is not a key of its algorithm", {}, { cause });
  }
}

function magnitude(octets: Buffer): Buffer {
  if ((octets[0] as number) >= 0x80) throw new PkiError("algorithm", "negative number in an RSA key");
  return octets[0] === 0 ? octets.subarray(1) : octets;
}
