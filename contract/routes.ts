/**
 * The API, one row a route. Stack, authorizer and gateway are made from this table: adding a route is adding
 * a row. `scopes` has no default: a route without a decision on scopes does not synthesize (invariant I6).
 */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Route {
  readonly method: Method;
  /** Path template as API Gateway writes it: `/pets/{petId}`. */
  readonly path: `/${string}`;
  /** The function that answers, by the name of its folder in lambdas/. */
  readonly function: string;
  /** OAuth scopes that a token must carry, or "none": the certificate alone decides. */
  readonly scopes: "none" | readonly [string, ...string[]];
  /** How long API Gateway waits for the function, milliseconds (50 to 29,000). */
  readonly timeoutMilliseconds: number;
}

export const routes: readonly Route[] = [
  { method: "POST", path: "/api", function: "api-response", scopes: "none", timeoutMilliseconds: 10_000 },
];

/** `POST /api`: how configuration, policies and audit lines name a route. */
export const routeKey = (route: Pick<Route, "method" | "path">): string => `${route.method} ${route.path}`;

/**
 * What an execute-api ARN ends in for a route: `POST/pets/*`. `*` also matches a slash, so that the row of
 * `/pets/{petId}` covers longer paths: harmless only because no decision is ever used for a second request.
 */
export const executeApiPath = (route: Pick<Route, "method" | "path">): string =>
  `${route.method}${route.path.replace(/\{[^}]+\}/g, "*")}`;
