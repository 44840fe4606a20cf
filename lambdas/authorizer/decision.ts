/**
 * What a step answers and what the whole decision is. A denial is a value; nothing here can be turned into an
 * Allow by leaving something out: only a decision that carries the route, the client and the rule is allowed.
 */
import { type ProblemCode, problems, type Step } from "#contract/problems.ts";
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
}

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
  readonly milliseconds: Readonly<Partial<Record<Step, number>>>;
}

export interface Allowed extends Circumstances {
  readonly allowed: true;
  readonly route: Route;
  readonly client: Client;
  readonly rule: string;
}

export interface Refused extends Circumstances {
  readonly allowed: false;
  readonly step: Step;
  readonly code: ProblemCode;
  readonly detail?: string;
  /** Known only once the step `place` has passed. */
  readonly route?: Route;
  /** Known only once the step `certificate` has passed. */
  readonly client?: Client;
  /** What was thrown, when the code is "fault". */
  readonly error?: unknown;
}

export type Decision = Allowed | Refused;

export const stepOf = (code: ProblemCode): Step => problems[code].step;
