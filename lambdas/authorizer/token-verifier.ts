/** What the step asks about a token, whoever answers: see tokens/. */
import type { Grant, Outcome } from "./decision.ts";
import type { Identified } from "./steps/certificate.ts";

/** What a token's issuer says of it; it is valid, its binding is not checked yet. */
export interface VerifiedToken extends Grant {
  /** The token's `cnf`, whatever it is; undefined when there is none. */
  readonly confirmation: unknown;
}

export interface TokenQuestion {
  readonly token: string;
  readonly identified: Identified;
  /** What the route asks for: some services judge scopes themselves. */
  readonly scopes: readonly string[];
  readonly now: Date;
}

/** Asks whoever knows about the token; a service that fails is a denial, not an exception. */
export type TokenVerifier = (question: TokenQuestion) => Promise<Outcome<VerifiedToken>>;
