/**
 * JWT access tokens (RFC 9068): type, issuer, audience, expiry, signature by PS256, ES256 or EdDSA (FAPI 2.0 5.4)
 * under a key of the authorization server. Never `none`, never a key that the token brings or points to.
 * The binding to the certificate is checked by the step.
 */
import type { JWK, JWSHeaderParameters, JWTPayload, JWTVerifyOptions } from "jose";
import type { JwtTokens, PublicJwk } from "#contract/token-policy.ts";
import { deny, type Outcome, pass } from "../decision.ts";
import type { TokenVerifier, VerifiedToken } from "../token-verifier.ts";
import { createJsonExchange } from "./json-exchange.ts";
import { JwksSource, type KeyAnswer, type KeyName, pickKey } from "./jwks-source.ts";

const keyTypes: Readonly<Record<string, string>> = { PS256: "RSA", ES256: "EC", EdDSA: "OKP" };
/** Keys that a token may not bring or point to (RFC 7515 4.1.2 to 4.1.6). */
const foreignKeys = ["jku", "jwk", "x5u", "x5c"] as const;

export function jwtVerifier(policy: JwtTokens, now: () => Date): TokenVerifier {
  const find = keyFinder(policy, now);
  return async ({ token, now: at }) => {
    // Loaded on first use: routes without tokens do not pay for it.
    const { decodeProtectedHeader, errors, jwtVerify } = await import("./jose.ts");
    let header: JWSHeaderParameters;
    try {
      header = decodeProtectedHeader(token);
    } catch {
      return deny("token-invalid", "header");
    }
    const name = nameOf(header);
    if (typeof name === "string") return deny("token-invalid", name);
    const answer = await find(name);
    if ("failed" in answer) return deny("token-service-failed", `keys: ${answer.failed}`);
    if ("unknown" in answer) return deny("token-invalid", "unknown key");
    try {
      const options = { ...expectations(policy), currentDate: at };
      const { payload } = await jwtVerify(token, publicPart(answer.key), options);
      return verified(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) return deny("token-expired");
      if (error instanceof errors.JOSEError) return deny("token-invalid", error.code);
      // A key that cannot be read is a TypeError or a DOMException, not a JOSEError: still no valid token.
      return deny("token-invalid", "key");
    }
  };
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

/** Which key the token wants, or why it cannot be one of ours. */
function nameOf(header: JWSHeaderParameters): KeyName | string {
  const { alg, kid } = header;
  const kty = alg !== undefined && Object.hasOwn(keyTypes, alg) ? keyTypes[alg] : undefined;
  if (alg === undefined || kty === undefined) return "algorithm";
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

function expectations({ issuer, audience, clockToleranceSeconds }: JwtTokens): JWTVerifyOptions {
  return {
    algorithms: Object.keys(keyTypes),
    issuer,
    audience,
    typ: "at+jwt",
    requiredClaims: ["exp"],
    clockTolerance: clockToleranceSeconds,
  };
}

function verified(claims: JWTPayload): Outcome<VerifiedToken> {
  const { scope, sub, client_id: clientId, exp, cnf } = claims;
  if (scope !== undefined && typeof scope !== "string") return deny("token-invalid", "scope");
  return pass({
    scopes: scope?.split(" ").filter(Boolean) ?? [],
    ...(sub === undefined ? {} : { subject: sub }),
    ...(typeof clientId === "string" ? { clientId } : {}),
    ...(exp === undefined ? {} : { expiresAt: exp }),
    confirmation: cnf,
  });
}
