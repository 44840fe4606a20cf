/**
 * What every token must say of itself, whether it says so (RFC 9068 4) or its server (RFC 7662 2.2): for whom it is,
 * until when, and what it grants.
 */
import { type Denied, deny, type Outcome, pass } from "../decision.ts";
import type { VerifiedToken } from "../token-verifier.ts";
import type { JsonObject } from "./json-exchange.ts";

export interface ExpectedClaims {
  readonly issuer: string;
  readonly audience: string;
  readonly clockToleranceSeconds: number;
}

export function verifiedClaims(
  claims: JsonObject,
  expected: ExpectedClaims,
  now: Date,
): Outcome<VerifiedToken> {
  const wrong = wrongClaims(claims, expected, now);
  if (wrong) return wrong;
  const { scope, sub, client_id: clientId, exp, cnf } = claims;
  if (scope !== undefined && typeof scope !== "string") return deny("token-invalid", "scope");
  return pass({
    scopes: scope?.split(" ").filter(Boolean) ?? [],
    ...(typeof sub === "string" ? { subject: sub } : {}),
    ...(typeof clientId === "string" ? { clientId } : {}),
    expiresAt: exp as number,
    confirmation: cnf,
  });
}

function wrongClaims(claims: JsonObject, expected: ExpectedClaims, now: Date): Denied | undefined {
  const { iss, aud, exp, nbf } = claims;
  const seconds = now.getTime() / 1000;
  const tolerance = expected.clockToleranceSeconds;
  if (iss !== expected.issuer) return deny("token-invalid", "iss");
  if (!(Array.isArray(aud) ? aud : [aud]).includes(expected.audience)) return deny("token-invalid", "aud");
  if (typeof exp !== "number") return deny("token-invalid", "exp");
  if (exp <= seconds - tolerance) return deny("token-expired");
  if (nbf !== undefined && !(typeof nbf === "number" && nbf <= seconds + tolerance))
    return deny("token-invalid", "nbf");
  return undefined;
}
