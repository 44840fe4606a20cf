/**
 * Step 4, on routes that ask for one: a valid access token, bound to this very certificate.
 *
 * The token comes in the Authorization header and nowhere else (RFC 6750 2.1; FAPI 2.0 5.3.4). Whatever service says
 * that it is valid, the binding is checked here (RFC 8705 3): a stolen token is of no use without its key.
 */
import type { TokenPolicy } from "#contract/token-policy.ts";
import { type Denied, deny, type Grant, type Outcome, pass } from "../decision.ts";
import { valueAt } from "../event.ts";
import type { TokenQuestion, TokenVerifier } from "../token-verifier.ts";

const maxTokenCharacters = 8192;

export async function token(
  event: unknown,
  question: Omit<TokenQuestion, "token">,
  verify: TokenVerifier,
  { bound }: Pick<TokenPolicy, "bound">,
): Promise<Outcome<Grant>> {
  const bearer = bearerToken(event);
  if (!bearer.passed) return bearer;
  const verified = await verify({ ...question, token: bearer.found });
  if (!verified.passed) return verified;
  const { confirmation, ...grant } = verified.found;
  return confirm(confirmation, question.identified.client.thumbprint, bound) ?? pass(grant);
}

/** The token of exactly one Authorization header. */
export function bearerToken(event: unknown): Outcome<string> {
  if (hasQueryToken(event)) return deny("token-in-query");
  const values = authorizationHeaders(event);
  if (values.length > 1) return deny("token-ambiguous");
  const [value] = values;
  const match = /^bearer(?: +|$)(.*)$/is.exec(typeof value === "string" ? value : "");
  if (!match) return deny("token-missing");
  const text = (match[1] as string).trimEnd();
  if (text.length > maxTokenCharacters) return deny("token-invalid", "too long");
  // RFC 6750 2.1, b64token: two tokens in one header are none.
  return /^[A-Za-z0-9\-._~+/]+=*$/.test(text) ? pass(text) : deny("token-invalid", "no b64token");
}

/** RFC 8705 3.1. A confirmation that is there always counts; one that we do not understand is nobody's. */
function confirm(confirmation: unknown, thumbprint: string, bound: boolean): Denied | undefined {
  if (confirmation === undefined) return bound ? deny("token-not-bound") : undefined;
  if (typeof confirmation !== "object" || confirmation === null) return deny("token-invalid", "cnf");
  const members = Object.keys(confirmation);
  if (members.length !== 1 || members[0] !== "x5t#S256") return deny("token-not-bound", "unknown cnf");
  return valueAt(confirmation, "x5t#S256") === thumbprint ? undefined : deny("token-of-another-certificate");
}

/**
 * Every value of every spelling of the header. API Gateway gives all of them in multiValueHeaders, and one again in
 * headers: another one there is one more.
 */
function authorizationHeaders(event: unknown): unknown[] {
  const multiple = named(valueAt(event, "multiValueHeaders"), "authorization").flat();
  const single = named(valueAt(event, "headers"), "authorization");
  return [...multiple, ...single.filter((value) => !multiple.includes(value))];
}

function hasQueryToken(event: unknown): boolean {
  return ["queryStringParameters", "multiValueQueryStringParameters"].some(
    (where) => named(valueAt(event, where), "access_token").length > 0,
  );
}

function named(values: unknown, name: string): unknown[] {
  if (typeof values !== "object" || values === null) return [];
  return Object.entries(values)
    .filter(([key, value]) => key.toLowerCase() === name && value !== undefined && value !== null)
    .map(([, value]) => value);
}
