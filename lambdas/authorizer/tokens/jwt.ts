/**
 * JWT access tokens (RFC 9068): type, issuer, audience, expiry, signature by PS256, ES256 or EdDSA (FAPI 2.0 5.4)
 * under a key of the authorization server. Never `none`, never a key that the token brings or points to.
 * The binding to the certificate is checked by the step.
 */
import type { JWK, JWSHeaderParameters } from "jose";
import type { JwtTokens, PublicJwk } from "#contract/token-policy.ts";
import { deny } from "../decision.ts";
import type { TokenVerifier } from "../token-verifier.ts";
import { verifiedClaims } from "./claims.ts";
import { createJsonExchange, type JsonObject } from "./json-exchange.ts";
import { JwksSource, type KeyAnswer, type KeyName, pickKey } from "./jwks-source.ts";

const keyTypes: Readonly<Record<string, string>> = { PS256: "RSA", ES256: "EC", EdDSA: "OKP" };
/** Keys that a token may not bring or point to (RFC 7515 4.1.2 to 4.1.6). */
const foreignKeys = ["jku", "jwk", "x5u", "x5c"] as const;

export function jwtVerifier(policy: JwtTokens, now: () => Date): TokenVerifier {
  const find = keyFinder(policy, now);
  return async ({ token, now: at }) => {
    const name = nameOf(headerOf(token));
    if (typeof name === "string") return deny("token-invalid", name);
    const answer = await find(name);
    if ("failed" in answer) return deny("token-service-failed", `keys: ${answer.failed}`);
    if ("unknown" in answer) return deny("token-invalid", "unknown key");
    const claims = await signedClaims(token, answer.key);
    return typeof claims === "string" ? deny("token-invalid", claims) : verifiedClaims(claims, policy, at);
  };
}

/** The claims, if the signature is the key's; else why not. */
async function signedClaims(token: string, key: PublicJwk): Promise<JsonObject | string> {
  // Loaded on first use: routes without tokens do not pay for it.
  const { compactVerify } = await import("./jose.ts");
  try {
    const { payload } = await compactVerify(token, publicPart(key), { algorithms: Object.keys(keyTypes) });
    const claims: unknown = JSON.parse(Buffer.from(payload).toString("utf8"));
    return typeof claims === "object" && claims !== null ? (claims as JsonObject) : "claims";
  } catch (error) {
    return codeOf(error);
  }
}

/** jose's own code; a key that cannot be read is a TypeError or a DOMException, and still no valid token. */
function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "string" ? code : "key";
}

function keyFinder({ keys, timeoutMilliseconds }: JwtTokens, now: () => Date) {
  if ("url" in keys) {
    const exchange = createJsonExchange(keys.url, "tokens.keys.url", { timeoutMilliseconds });
    const source = new JwksSource(exchange, now);
    return (name: KeyName) => source.find(name);
  }
  return async (name: KeyName): Promise<KeyAnswer> => {
    const key = pickKey(keys.static, name);
    return key ? { key } : { unknown: true };
  };
}

/** The header as it stands there, to find the key by; jose reads and checks it again. */
function headerOf(token: string): JWSHeaderParameters {
  try {
    const [first = ""] = token.split(".", 1);
    return { ...JSON.parse(Buffer.from(first, "base64url").toString("utf8")) };
  } catch {
    return {};
  }
}

/** Which key the token wants, or why it cannot be one of ours. */
function nameOf(header: JWSHeaderParameters): KeyName | string {
  const { alg, kid, typ } = header;
  const kty = alg !== undefined && Object.hasOwn(keyTypes, alg) ? keyTypes[alg] : undefined;
  if (alg === undefined || kty === undefined) return "algorithm";
  // RFC 9068 4: an ID token, or any other JWT of that server, is no access token.
  if (typeof typ !== "string" || !/^(?:application\/)?at\+jwt$/i.test(typ)) return "typ";
  // RFC 7515 4.1.11: we understand no extension, RFC 7797's unencoded payload included.
  if (header.crit !== undefined) return "crit";
  if (foreignKeys.some((one) => header[one] !== undefined)) return "foreign key";
  if (kid !== undefined && typeof kid !== "string") return "kid";
  return { alg, kid, kty };
}

/** The same object for the same key, for which jose remembers the imported key. */
const publicParts = new WeakMap<PublicJwk, JWK>();

/** Only what makes the public key: `key_ops`, `ext` and private members are not the token's concern. */
function publicPart(key: PublicJwk): JWK {
  const known = publicParts.get(key);
  if (known) return known;
  const { kty, crv, x, y, n, e } = key;
  const members = Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined);
  const part = Object.fromEntries(members) as unknown as JWK;
  publicParts.set(key, part);
  return part;
}
