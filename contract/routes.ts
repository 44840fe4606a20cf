/**
 * The API, one row a route. Stack, authorizer, gateway and documentation (docs/openapi.json) are made from this
 * table: adding a route is adding a row. `scopes` has no default: a route without a decision on scopes does not
 * synthesize (invariant I6). No route answers cross-origin requests: a browser has no client certificate to spare.
 */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS";

/** What `ANY` stands for on API Gateway. */
export const methods: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

interface Row {
  readonly method: Method | "ANY";
  /** Path template as API Gateway writes it: `/pets/{petId}`. */
  readonly path: `/${string}`;
  /** What it is for, in one line: the documentation's summary. */
  readonly summary: string;
  /** OAuth scopes that a token must carry, or "none": the certificate alone decides. */
  readonly scopes: "none" | readonly [string, ...string[]];
  /** How long API Gateway waits for the answer, milliseconds (50 to 29,000). */
  readonly timeoutMilliseconds: number;
}

/** Answered by a function, named as its folder in lambdas/. */
export interface FunctionRoute extends Row {
  readonly function: string;
  readonly backend?: never;
}

/**
 * Passed on to the backend of the API's configuration, with a backend token (contract/backend-token.ts), under this
 * path; its parameters are the route's. An API without a backend does not have the route.
 */
export interface BackendRoute extends Row {
  readonly backend: `/${string}`;
  readonly function?: never;
}

export type Route = FunctionRoute | BackendRoute;

const seconds = (count: number) => count * 1000;

export const routes: readonly Route[] = [
  {
    method: "POST",
    path: "/api",
    summary: "Proof that a request came through domain, certificate and authorizer",
    function: "api-response",
    scopes: "none",
    timeoutMilliseconds: seconds(10),
  },
  {
    method: "GET",
    path: "/cust-info/v1/data",
    summary: "Messages on customers who do not exist, the same for the same seed",
    function: "customer-info",
    scopes: "none",
    timeoutMilliseconds: seconds(10),
  },
  {
    method: "GET",
    path: "/time",
    summary: "The time, for those whose token says that they may ask",
    function: "time",
    scopes: ["time:query"],
    timeoutMilliseconds: seconds(10),
  },
  {
    method: "ANY",
    path: "/pets",
    summary: "The backend's pets",
    backend: "/pets",
    scopes: "none",
    timeoutMilliseconds: seconds(10),
  },
  {
    method: "ANY",
    path: "/pets/{petId}",
    summary: "One of the backend's pets",
    backend: "/pets/{petId}",
    scopes: "none",
    timeoutMilliseconds: seconds(10),
  },
];

/**
 * The routes that an API has: those to a backend only where its configuration has `backend`, those that ask for
 * scopes only where it has `authorizer.tokens` (nobody could call them).
 */
export function routesOf(api: { readonly backend?: unknown; readonly authorizer: object }): readonly Route[] {
  const { authorizer } = api;
  const tokens = "tokens" in authorizer && authorizer.tokens !== undefined;
  return routes.filter(
    ({ backend, scopes }) =>
      (backend === undefined || api.backend !== undefined) && (scopes === "none" || tokens),
  );
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
