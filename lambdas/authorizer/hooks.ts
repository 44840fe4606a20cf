/**
 * Where a team extends the authorizer: plain functions, all optional, called in the order in which they stand here.
 *
 * A hook may add to the answer's context and turn an Allow into a Deny, never the reverse: what it returns is only
 * ever read for `deny`, `context` and further scopes, and what it is shown is frozen. One that throws denies. Our own
 * context keys win over equal ones, and nothing that a hook returns reaches the audit line but that it denied.
 */
import type { Route } from "#contract/routes.ts";
import type { Client, Context, Denied, Grant, Refused } from "./decision.ts";

/** What a hook is shown: the event as it came, and what has been proven so far. */
export interface HookRequest {
  readonly event: unknown;
  readonly route: Route;
  readonly client: Client;
}

export interface HookAnswer {
  readonly deny?: boolean;
  readonly context?: Context;
}
type Answer = HookAnswer | undefined | Promise<HookAnswer | undefined>;

export interface Hooks {
  /** The certificate is good and a rule admits it; a token has not been looked at. */
  readonly onEnter?: (request: HookRequest) => Answer;
  /** Scopes that are wanted besides the route's; it cannot take one away. */
  readonly determineScopes?: (request: HookRequest) => readonly string[] | Promise<readonly string[]>;
  /** The token is valid and bound. */
  readonly onIntrospection?: (request: HookRequest, grant: Grant) => Answer;
  /** The token was refused, or could not be checked; adds context only. */
  readonly onIntrospectionError?: (request: HookRequest, denied: Denied) => Answer;
  /** Adds to the context of an Allow. */
  readonly updateContext?: (request: HookRequest, grant: Grant | undefined) => Context | Promise<Context>;
  /** Everything has passed. */
  readonly onAllow?: (request: HookRequest, grant: Grant | undefined) => Answer;
  /** The request will be denied (403); adds context only. */
  readonly onDeny?: (refused: Refused) => Answer;
  /** The request will be answered 401; nothing can be added to that. */
  readonly onUnauthorized?: (refused: Refused) => void | Promise<void>;
  /** The request will be answered 500; nothing can be added to that. */
  readonly onFault?: (refused: Refused) => void | Promise<void>;
}

/** None yet: add yours here. */
export const hooks: Hooks = {};
