/**
 * Token introspection (RFC 7662): the authorization server says whether the token is active, and for whom. We
 * authenticate by a client secret (RFC 6749 2.3.1) or by a client certificate of ours (RFC 8705 2).
 *
 * `active` must be true itself, not something like it; audience, issuer (where it is said) and times are checked as
 * they are for a JWT. The binding to the certificate is checked by the step.
 */
import type { SecretReader } from "#aws/secret-value.ts";
import type { IntrospectionTokens } from "#contract/token-policy.ts";
import { deny, type Outcome } from "../decision.ts";
import type { TokenVerifier, VerifiedToken } from "../token-verifier.ts";
import { verifiedClaims } from "./claims.ts";
import { createJsonExchange, type JsonExchange, type JsonObject } from "./json-exchange.ts";
import { secretJson } from "./secret-json.ts";

export function introspectionVerifier(policy: IntrospectionTokens, secrets: SecretReader): TokenVerifier {
  const { url, client, timeoutMilliseconds } = policy;
  const exchanges = new Map<string, JsonExchange>();
  const exchangeFor = (secret: string): JsonExchange => {
    const known = exchanges.get(secret);
    if (known) return known;
    const identity = client.authentication === "mtls" ? { identity: clientCertificate(secret) } : {};
    const made = createJsonExchange(url, "tokens.url", { timeoutMilliseconds, ...identity });
    // A rotated secret gets connections of its own; those of the old one are of no use.
    exchanges.clear();
    exchanges.set(secret, made);
    return made;
  };
  return async ({ token, now }) => {
    const secret = await secrets(client.secret);
    const answer = await exchangeFor(secret)(question(token, policy, secret));
    if ("failed" in answer) return deny("token-service-failed", `introspection: ${answer.failed}`);
    return judge(answer.json, policy, now);
  };
}

function question(token: string, { client }: IntrospectionTokens, secret: string) {
  const form = new URLSearchParams({ token, token_type_hint: "access_token" });
  const type = { "Content-Type": "application/x-www-form-urlencoded" };
  if (client.authentication === "secret") {
    // RFC 6749 2.3.1: both are form-encoded before they are joined.
    const pair = `${formEncoded(client.id)}:${formEncoded(secret)}`;
    const authorization = `Basic ${Buffer.from(pair).toString("base64")}`;
    return { headers: { ...type, Authorization: authorization }, body: form.toString() };
  }
  form.set("client_id", client.id);
  return { headers: type, body: form.toString() };
}

const formEncoded = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1);

function clientCertificate(secret: string): { cert: string; key: string; ca?: string } {
  const { cert, key, ca } = secretJson(secret, "the introspection client's secret");
  if (typeof cert !== "string" || typeof key !== "string" || !["string", "undefined"].includes(typeof ca))
    throw new Error(`the introspection client's secret must be {"cert": PEM, "key": PEM, "ca"?: PEM}`);
  return { cert, key, ...(typeof ca === "string" ? { ca } : {}) };
}

function judge(answer: JsonObject, policy: IntrospectionTokens, now: Date): Outcome<VerifiedToken> {
  // Said or not, the issuer is the one whom we asked; one that is said must be that one (RFC 7662 2.2).
  const { active, iss = policy.issuer, token_type: type } = answer;
  if (active !== true) return deny("token-invalid", "not active");
  if (type !== undefined && !(typeof type === "string" && type.toLowerCase() === "bearer"))
    return deny("token-invalid", "token_type");
  return verifiedClaims({ ...answer, iss }, policy, now);
}
