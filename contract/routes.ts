/**
 * The API, one row a route. Stack, authorizer, gateway and documentation (docs/openapi.json) are made from this
 * table: adding a route is adding a row, and the row says all that is the same in every environment. A route with a
 * method of its own goes before one for `ANY`.
 *
 * `tokens` and `scopes` have no default: a route without a decision on them does not synthesize (invariant I6).
 * Two things are the environment's data and not in here: which certificates a route admits
 * (`apis[].authorizer.rules` name routes as `routeKey` does, or all), and which origin pages may call from.
 */
import { type CrossOrigin, preflights } from "./cross-origin.ts";
import type { RequestRules } from "./request-rules.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS";

/** What `ANY` stands for on API Gateway. */
export const methods: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

interface Row {
  readonly method: Method | "ANY";
  /** Path template as API Gateway writes it: `/pets/{petId}`. */
  readonly path: `/${string}`;
  /** What it is for, in one line: the documentation's summary. */
  readonly summary: string;
  /**
   * Whether an access token is needed besides the certificate. "required": bound to the certificate where the
   * configuration says so (`authorizer.tokens.bound`); "bound": always bound.
   */
  readonly tokens: "none" | "required" | "bound";
  /** OAuth scopes that the token must carry, or "none". */
  readonly scopes: "none" | readonly [string, ...string[]];
  /** What API Gateway checks of a request before it is passed on. */
  readonly request?: RequestRules;
  /** Left out: pages of another origin cannot call it. */
  readonly cors?: CrossOrigin;
}

interface Waiting {
  /** How long API Gateway waits for the answer, milliseconds (50 to 29,000). */
  readonly timeoutMilliseconds: number;
}

/** Answered by a function, named as its folder in lambdas/. */
export interface FunctionRoute extends Row, Waiting {
  readonly function: string;
  readonly backend?: never;
  readonly mock?: never;
}

/**
 * Passed on to the backend of the API's configuration, with a backend token (contract/backend-token.ts), under this
 * path; its parameters are the route's. An API without a backend does not have the route.
 */
export interface BackendRoute extends Row, Waiting {
  readonly backend: `/${string}`;
  readonly function?: never;
  readonly mock?: never;
}

/** Answered by API Gateway itself, always with the same. */
export interface MockRoute extends Row {
  readonly mock: {
    readonly status: number;
    /** JSON; left out: no body. */
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly function?: never;
  readonly backend?: never;
  readonly timeoutMilliseconds?: never;
}

export type Route = FunctionRoute | BackendRoute | MockRoute;

const seconds = (count: number) => count * 1000;

const newPet = {
  title: "A new pet",
  type: "object",
  required: ["name", "kind"],
  properties: {
    name: { type: "string", minLength: 1, maxLength: 64 },
    kind: { enum: ["cat", "dog", "parrot"] },
  },
  additionalProperties: false,
} as const;

const table: readonly Route[] = [
  {
    method: "POST",
    path: "/api",
    summary: "Proof that a request came through domain, certificate and authorizer",
    function: "api-response",
    tokens: "none",
    scopes: "none",
    timeoutMilliseconds: seconds(10),
  },
  {
    method: "GET",
    path: "/health",
    summary: "Whether domain, certificate and authorizer work; nothing behind them is asked",
    mock: { status: 200, body: { status: "ok" } },
    tokens: "none",
    scopes: "none",
    cors: { headers: [], maxAgeSeconds: 600 },
  },
  {
    method: "GET",
    path: "/cust-info/v1/data",
    summary: "Messages on customers who do not exist, the same for the same seed",
    function: "customer-info",
    tokens: "none",
    scopes: "none",
    timeoutMilliseconds: seconds(10),
    cors: { headers: ["x-fapi-interaction-id"], maxAgeSeconds: 600 },
  },
  {
    method: "GET",
    path: "/time",
    summary: "The time, for those whose token says that they may ask",
    function: "time",
    tokens: "required",
    scopes: ["time:query"],
    timeoutMilliseconds: seconds(10),
  },
  {
    method: "POST",
    path: "/pets",
    summary: "One more pet; the same again under the same Idempotency-Key is still one",
    backend: "/pets",
    tokens: "none",
    scopes: "none",
    timeoutMilliseconds: seconds(10),
    request: { headers: ["Idempotency-Key"], body: newPet },
  },
  {
    method: "ANY",
    path: "/pets",
    summary: "The backend's pets",
    backend: "/pets",
    tokens: "none",
    scopes: "none",
    timeoutMilliseconds: seconds(10),
  },
  {
    method: "ANY",
    path: "/pets/{petId}",
    summary: "One of the backend's pets",
    backend: "/pets/{petId}",
    tokens: "none",
    scopes: "none",
    timeoutMilliseconds: seconds(10),
  },
];

/** Every route that any API may have. */
export const routes: readonly Route[] = [...table, ...preflights(table, methods)];

/**
 * The routes that an API has: those to a backend only where its configuration has `backend`, those that need tokens
 * only where it has `authorizer.tokens` (nobody could call them), preflights only where it has `cors`.
 */
export function routesOf(api: {
  readonly backend?: unknown;
  readonly cors?: unknown;
  readonly authorizer: object;
}): readonly Route[] {
  const { authorizer } = api;
  const has = {
    backend: api.backend !== undefined,
    tokens: "tokens" in authorizer && authorizer.tokens !== undefined,
  };
  const own = table.filter(
    (route) => (route.backend === undefined || has.backend) && (route.tokens === "none" || has.tokens),
  );
  return api.cors === undefined ? own : [...own, ...preflights(own, methods)];
}

/** `POST /api`: how configuration, policies and audit lines name a route. */
export const routeKey = (route: Pick<Route, "method" | "path">): string => `${route.method} ${route.path}`;

/**
 * What an execute-api ARN ends in for a route: `POST/pets/*`. `*` also matches a slash, so that the row of
 * `/pets/{petId}` covers longer paths: harmless only because no decision is ever used for a second request.
 */
export const executeApiPath = (route: Pick<Route, "method" | "path">): string =>
  `${route.method === "ANY" ? "*" : route.method}${route.path.replace(/\{[^}]+\}/g, "*")}`;

/** The names of a template's parameters, in their order. */
export const parametersOf = (template: string): string[] =>
  [...template.matchAll(/\{([A-Za-z0-9]+)\}/g)].map(([, name]) => name as string);
