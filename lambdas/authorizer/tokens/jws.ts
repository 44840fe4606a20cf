/**
 * JWS compact serialization (RFC 7515 3.1), verified by node:crypto under a public key of the token's server: ES256,
 * PS256, EdDSA with Ed25519 (RFC 7518 3, RFC 8037 3.1), and nothing else.
 *
 * Guarantees: three parts in the one spelling that base64url has, header and payload JSON objects in UTF-8, a key of
 * the algorithm's own kind (P-256; RSA of 2048 bits or more with an odd exponent from 65537; Ed25519), a signature of
 * the algorithm's own form. Not checked: what header and payload say.
 *
 * Why not a library: docs/decisions/0012-jws-by-node-crypto.md. The tests hold every answer against jose's.
 */
import { isUtf8 } from "node:buffer";
import { constants, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { PublicJwk } from "#contract/token-policy.ts";
import type { JsonObject } from "./json-exchange.ts";

export interface Jws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** What the signature is over. */
  readonly input: Buffer;
  readonly signature: Buffer;
}

export const jwsAlgorithms = ["ES256", "PS256", "EdDSA"] as const;
export type JwsAlgorithm = (typeof jwsAlgorithms)[number];

/** Undefined for whatever is no JWS with a JSON object in it. */
export function readJws(token: string): Jws | undefined {
  const parts = token.split(".", 4);
  const [header, payload, signature] = parts.map(decoded);
  if (parts.length !== 3 || !header || !payload || !signature) return undefined;
  const [head, body] = [objectIn(header), objectIn(payload)];
  if (!head || !body) return undefined;
  const input = Buffer.from(token.slice(0, token.lastIndexOf(".")), "latin1");
  return { header: head, payload: body, input, signature };
}

/** "key" when the key cannot be one of the algorithm, "signature" when it did not make this one. */
export function verifyJws(
  { input, signature }: Jws,
  alg: JwsAlgorithm,
  jwk: PublicJwk,
): "verified" | "key" | "signature" {
  const key = keyOf(jwk);
  const { fits, isSignature } = algorithms[alg];
  if (!key || !fits(key)) return "key";
  return isSignature(key, input, signature) ? "verified" : "signature";
}

interface Algorithm {
  readonly fits: (key: KeyObject) => boolean;
  readonly isSignature: (key: KeyObject, input: Buffer, signature: Buffer) => boolean;
}

const algorithms: Readonly<Record<JwsAlgorithm, Algorithm>> = {
  ES256: {
    fits: (key) => key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1",
    isSignature: (key, input, signature) =>
      signature.length === 64 && verify("sha256", input, { key, dsaEncoding: "ieee-p1363" }, signature),
  },
  PS256: {
    fits: (key) => key.asymmetricKeyType === "rsa" && isStrongRsa(key.asymmetricKeyDetails),
    // RFC 7518 3.5: the salt is as long as the hash, and no other length is accepted.
    isSignature: (key, input, signature) =>
      verify("sha256", input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, signature),
  },
  EdDSA: {
    fits: (key) => key.asymmetricKeyType === "ed25519",
    isSignature: (key, input, signature) => signature.length === 64 && verify(null, input, key, signature),
  },
};

/** FIPS 186-5 A.1.1 for the exponent: with 1, every message would be its own signature. */
const isStrongRsa = ({
  modulusLength = 0,
  publicExponent = 0n,
}: KeyObject["asymmetricKeyDetails"] = {}): boolean =>
  modulusLength >= 2048 && publicExponent >= 65_537n && publicExponent % 2n === 1n;

/** Keys are read once: of each object that the server's key set is made of. */
const keys = new WeakMap<PublicJwk, KeyObject | "unreadable">();

function keyOf(jwk: PublicJwk): KeyObject | undefined {
  let known = keys.get(jwk);
  if (known === undefined) {
    known = readKey(jwk);
    keys.set(jwk, known);
  }
  return known === "unreadable" ? undefined : known;
}

/** Only what makes the public key: `key_ops`, `ext` and private members are not the token's concern. */
function readKey({ kty, crv, x, y, n, e }: PublicJwk): KeyObject | "unreadable" {
  const members = Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined);
  try {
    return createPublicKey({ key: Object.fromEntries(members) as Record<string, string>, format: "jwk" });
  } catch {
    // Another type, a point that is not on its curve, a member that is no text: no key of ours, whatever it is.
    return "unreadable";
  }
}

/** RFC 7515 2: without padding; what does not come back as it went in has another spelling, or none. */
function decoded(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

function objectIn(bytes: Buffer): JsonObject | undefined {
  if (!isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}
