/**
 * What a step answers and what the whole decision is. A denial is a value; nothing here can be turned into an
 * Allow by leaving something out: only a decision that carries the route, the client and the rule is allowed.
 */
import type { Rule } from "#contract/authorizer-policy.ts";
import { type Problem, type ProblemCode, problems, type Step } from "#contract/problems.ts";
import type { Route } from "#contract/routes.ts";

/** A step lets the request on, with what it found out, or denies it. */
export type Outcome<T> = Passed<T> | Denied;
export interface Passed<T> {
  readonly passed: true;
  readonly found: T;
}
export interface Denied {
  readonly passed: false;
  readonly code: ProblemCode;
  /** For the audit line only, never for the caller. Never text of the request. */
  readonly detail?: string;
  /** `WWW-Authenticate` of a denial (RFC 6750 3) where it is not the one that follows from the code. */
  readonly challenge?: string;
  /** More for the answer's context. */
  readonly context?: Context;
}

/** Strings for the answer's context: our own keys win over equal ones. */
export type Context = Readonly<Record<string, string>>;

export const pass = <T>(found: T): Passed<T> => ({ passed: true, found });
export const deny = (code: ProblemCode, detail?: string): Denied => ({
  passed: false,
  code,
  ...(detail === undefined ? {} : { detail }),
});

/** Who calls, as far as the certificate proves it. */
export interface Client {
  /** `generation:serial`: unique under the issuer's key, and no other issuer can imitate it. */
  readonly principal: string;
  readonly generation: string;
  readonly issuerFingerprint: string;
  /** Lower-case hex of the serial's content octets. */
  readonly serial: string;
  /** RFC 8705 `x5t#S256`. */
  readonly thumbprint: string;
}

interface Circumstances {
  readonly requestId: string;
  /** The policy switches revocation off: nobody asked whether the certificate is revoked. */
  readonly revocation?: "off";
  readonly milliseconds: Readonly<Partial<Record<Step, number>>>;
}

/** What a token grants, once it is valid and bound as it must be. */
export interface Grant {
  readonly scopes: readonly string[];
  readonly subject?: string;
  readonly clientId?: string;
  /** Seconds since 1970. */
  readonly expiresAt?: number;
  readonly context?: Context;
}

export interface Allowed extends Circumstances {
  readonly allowed: true;
  readonly route: Route;
  readonly client: Client;
  readonly rule: Rule;
  /** On routes that ask for a token. */
  readonly grant?: Grant;
  /** On routes to a backend. */
  readonly backendToken?: string;
  /** What hooks added. */
  readonly context?: Context;
}

/** How a refusal reaches the caller: a policy that denies (403), or an exception (401 or 500). */
export type Answer = "deny" | "unauthorized" | "fault";

export interface Refused extends Circumstances {
  readonly allowed: false;
  readonly step: Step;
  readonly code: ProblemCode;
  readonly answer: Answer;
  readonly challenge?: string;
  readonly detail?: string;
  /** Known only once the step `place` has passed. */
  readonly route?: Route;
  /** Known only once the step `certificate` has passed. */
  readonly client?: Client;
  /** What was thrown, when the code is "fault". */
  readonly error?: unknown;
  readonly context?: Context;
}

export type Decision = Allowed | Refused;

/** Without a token policy nothing is a token's problem. */
export function answerTo(code: ProblemCode, answers: "exception" | "policy" | undefined): Answer {
  if (code === "fault") return "fault";
  if (answers !== "exception") return "deny";
  if (code === "token-service-failed") return "fault";
  return stepOf(code) === "token" ? "unauthorized" : "deny";
}

/** RFC 6750 3, for problems with a token. */
export function challengeOf(code: ProblemCode): string | undefined {
  const { challenge }: Problem = problems[code];
  return challenge === undefined ? undefined : `Bearer error="${challenge}"`;
}

export const stepOf = (code: ProblemCode): Step => problems[code].step;
