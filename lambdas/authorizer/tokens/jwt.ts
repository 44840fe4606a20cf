/**
 * JWT access tokens (RFC 9068): type, issuer, audience, expiry, signature by PS256, ES256 or EdDSA (FAPI 2.0 5.4)
 * under a key of the authorization server. Never `none`, never a key that the token brings or points to.
 * The binding to the certificate is checked by the step.
 */
import type { JwtTokens } from "#contract/token-policy.ts";
import { deny } from "../decision.ts";
import type { TokenVerifier } from "../token-verifier.ts";
import { verifiedClaims } from "./claims.ts";
import { createJsonExchange, type JsonObject } from "./json-exchange.ts";
import { JwksSource, type KeyAnswer, type KeyName, pickKey } from "./jwks-source.ts";
import { type JwsAlgorithm, jwsAlgorithms, readJws, verifyJws } from "./jws.ts";

const keyTypes: Readonly<Record<JwsAlgorithm, string>> = { PS256: "RSA", ES256: "EC", EdDSA: "OKP" };
/** Keys that a token may not bring or point to (RFC 7515 4.1.2 to 4.1.6). */
const foreignKeys = ["jku", "jwk", "x5u", "x5c"] as const;

export function jwtVerifier(policy: JwtTokens, now: () => Date): TokenVerifier {
  const find = keyFinder(policy, now);
  return async ({ token, now: at }) => {
    const jws = readJws(token);
    if (!jws) return deny("token-invalid", "no JWS");
    const name = nameOf(jws.header);
    if (typeof name === "string") return deny("token-invalid", name);
    const answer = await find(name);
    if ("failed" in answer) return deny("token-service-failed", `keys: ${answer.failed}`);
    if ("unknown" in answer) return deny("token-invalid", "unknown key");
    const result = verifyJws(jws, name.alg, answer.key);
    return result === "verified" ? verifiedClaims(jws.payload, policy, at) : deny("token-invalid", result);
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
function nameOf(header: JsonObject): (KeyName & { readonly alg: JwsAlgorithm }) | string {
  const { kid, typ } = header;
  const alg = jwsAlgorithms.find((one) => one === header.alg);
  if (alg === undefined) return "algorithm";
  // RFC 9068 4: an ID token, or any other JWT of that server, is no access token.
  if (typeof typ !== "string" || !/^(?:application\/)?at\+jwt$/i.test(typ)) return "typ";
  // RFC 7515 4.1.11: we understand no extension, RFC 7797's unencoded payload included.
  if (header.crit !== undefined) return "crit";
  if (foreignKeys.some((one) => header[one] !== undefined)) return "foreign key";
  if (kid !== undefined && typeof kid !== "string") return "kid";
  return { alg, kid, kty: keyTypes[alg] };
}
