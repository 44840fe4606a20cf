/**
 * Authlete's introspection (version 2: `/api/auth/introspection`, HTTP Basic; version 3:
 * `/api/{serviceId}/auth/introspection`, bearer token): Authlete judges token, scopes and certificate, and says what
 * to answer. Its address and credentials are one secret, read at run time.
 *
 * What it calls OK still has its binding checked by the step: `certificateThumbprint` is the token's confirmation.
 */
import type { SecretReader } from "#aws/secret-value.ts";
import type { ProblemCode } from "#contract/problems.ts";
import type { AuthleteTokens } from "#contract/token-policy.ts";
import { encodePem } from "#pki/pem.ts";
import { type Context, deny, type Outcome, pass } from "../decision.ts";
import type { TokenQuestion, TokenVerifier, VerifiedToken } from "../token-verifier.ts";
import { createJsonExchange, type JsonExchange, type JsonObject } from "./json-exchange.ts";
import { secretJson } from "./secret-json.ts";

export function authleteVerifier(policy: AuthleteTokens, secrets: SecretReader): TokenVerifier {
  let known: { readonly secret: string; readonly service: Service } | undefined;
  return async (question) => {
    const secret = await secrets(policy.secret);
    if (known?.secret !== secret) known = { secret, service: serviceOf(secret, policy) };
    const { exchange, authorization } = known.service;
    const headers = { Authorization: authorization, "Content-Type": "application/json" };
    const answer = await exchange({ headers, body: JSON.stringify(asked(question)) });
    if ("failed" in answer)
      return {
        ...deny("token-service-failed", `introspection: ${answer.failed}`),
        context: report(policy, question, { introspection_exception: answer.failed }),
      };
    return judge(answer.json, policy, question);
  };
}

interface Service {
  readonly exchange: JsonExchange;
  readonly authorization: string;
}

/** Throws, without telling a value, when the secret is not what it must be. */
function serviceOf(secret: string, { version, timeoutMilliseconds }: AuthleteTokens): Service {
  const values = secretJson(secret, "Authlete's secret");
  const [base, key, password] = [
    "AUTHLETE_BASE_URL",
    "AUTHLETE_SERVICE_APIKEY",
    "AUTHLETE_SERVICE_APISECRET",
  ].map((name) => {
    const value = values[name];
    if (typeof value !== "string" || value === "") throw new Error(`Authlete's secret lacks ${name}`);
    return value;
  }) as [string, string, string];
  const path =
    version === 2 ? "/api/auth/introspection" : `/api/${encodeURIComponent(key)}/auth/introspection`;
  const basic = Buffer.from(`${key}:${password}`).toString("base64");
  return {
    exchange: createJsonExchange(`${base.replace(/\/$/, "")}${path}`, "AUTHLETE_BASE_URL", {
      timeoutMilliseconds,
    }),
    authorization: version === 2 ? `Basic ${basic}` : `Bearer ${password}`,
  };
}

const asked = ({ token, scopes, identified }: TokenQuestion) => ({
  token,
  scopes,
  clientCertificate: encodePem("CERTIFICATE", identified.certificate.der),
});

/** Authlete's `action` → our code; OK is none. */
const refusals: Readonly<Record<string, ProblemCode>> = {
  BAD_REQUEST: "token-invalid",
  UNAUTHORIZED: "token-invalid",
  FORBIDDEN: "insufficient-scope",
  INTERNAL_SERVER_ERROR: "token-service-failed",
};

function judge(answer: JsonObject, policy: AuthleteTokens, question: TokenQuestion): Outcome<VerifiedToken> {
  const { action, resultCode, responseContent } = answer;
  const context: Context = {
    ...text("action", action),
    ...text("resultMessage", answer.resultMessage),
    ...report(policy, question, { introspection_response: JSON.stringify(withoutSecrets(answer)) }),
  };
  if (action !== "OK") {
    const known =
      typeof action === "string" && Object.hasOwn(refusals, action) ? refusals[action] : undefined;
    const code = known ?? "token-service-failed";
    const challenge = code === "token-service-failed" ? undefined : headerText(responseContent);
    return {
      ...deny(code, typeof resultCode === "string" ? resultCode.slice(0, 32) : "no result code"),
      ...(challenge === undefined ? {} : { challenge }),
      context,
    };
  }
  return accepted(answer, question.now, context);
}

function accepted(answer: JsonObject, now: Date, context: Context): Outcome<VerifiedToken> {
  const { subject, clientId, scopes, expiresAt, certificateThumbprint } = answer;
  if (!Array.isArray(scopes ?? []) || !((scopes ?? []) as unknown[]).every((one) => typeof one === "string"))
    return deny("token-service-failed", "introspection: scopes");
  if (typeof expiresAt !== "number") return deny("token-service-failed", "introspection: expiresAt");
  if (expiresAt <= now.getTime()) return deny("token-expired");
  return pass({
    scopes: (scopes ?? []) as string[],
    ...(typeof subject === "string" ? { subject } : {}),
    ...(typeof clientId === "number" || typeof clientId === "string" ? { clientId: String(clientId) } : {}),
    expiresAt: Math.floor(expiresAt / 1000),
    confirmation: certificateThumbprint == null ? undefined : { "x5t#S256": certificateThumbprint },
    context,
  });
}

/** Only when it is asked for, and never the token or the certificate. */
function report({ report: wanted }: AuthleteTokens, { scopes }: TokenQuestion, more: Context): Context {
  if (!wanted) return {};
  const all = { introspection_request: JSON.stringify({ scopes }), ...more };
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, value.slice(0, 1500)]));
}

function withoutSecrets(answer: JsonObject): JsonObject {
  const { accessToken: _, token: __, clientCertificate: ___, ...rest } = answer;
  return rest;
}

const text = (key: string, value: unknown): Context =>
  typeof value === "string" ? { [key]: value.slice(0, 500) } : {};

/** Text of another service that goes into a header: visible ASCII on one line, or nothing. */
const headerText = (value: unknown): string | undefined =>
  typeof value === "string" && /^[\x20-\x7e]{1,1000}$/.test(value) ? value : undefined;
