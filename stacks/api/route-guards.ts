/**
 * What is wrong with rows of contract/routes.ts, said at synthesis: a route that nobody decided on (invariant I6), a
 * method, path or target that API Gateway would not take, an answer or a schema that it would read otherwise.
 */
import { isRouteFunction } from "#contract/function-environment.ts";
import { modelText } from "#contract/request-rules.ts";
import { methods, parametersOf, type Route, routeKey } from "#contract/routes.ts";

type Problem = readonly [what: string, got: unknown, allowed: string];

/** Of the whole table, preflights included. */
export function routeProblems(all: readonly Route[]): string[] {
  return all.flatMap((route, index) => {
    const key = routeKey(route);
    const first = all.findIndex((other) => routeKey(other) === key) === index;
    const problems: readonly Problem[] = [
      ...accessProblems(route),
      ...methodProblems(route),
      ...(isTemplate(route.path) ? [] : [["path", route.path, "segments such as /pets/{petId}"] as const]),
      ...(first ? [] : [["the route is there twice", key, "one row a method and path"] as const]),
      ...targetProblems(route),
      ...requestProblems(route),
      ...crossOriginProblems(route),
    ];
    return problems.map((problem) => sentence(`contract/routes.ts, ${key}`, ...problem));
  });
}

/** How every guard says it. */
export const sentence = (where: string, ...[what, got, allowed]: Problem): string =>
  `${where}: ${what}; got ${JSON.stringify(got ?? null)}; allowed: ${allowed}`;

/** Invariant I6: a route without a decision on tokens and scopes does not synthesize. */
function accessProblems({ tokens, scopes }: Route): Problem[] {
  const decided =
    scopes === "none" || (Array.isArray(scopes) && scopes.length > 0 && scopes.every((one) => isScope(one)));
  const known = ["none", "required", "bound"].includes(tokens);
  return [
    ...(decided ? [] : [["no decision on scopes", scopes, `"none" or a list of scopes`] as const]),
    ...(known ? [] : [["no decision on tokens", tokens, `"none", "required" or "bound"`] as const]),
    ...(known && decided && tokens === "none" && scopes !== "none"
      ? [["tokens", tokens, "required or bound: scopes are a token's"] as const]
      : []),
  ];
}

/** A function is written for its methods; what a backend does with any method is its own business. */
function methodProblems({ method, backend }: Route): Problem[] {
  const known: readonly string[] = backend === undefined ? methods : [...methods, "ANY"];
  return known.includes(method) ? [] : [["method", method, known.join(", ")]];
}

function targetProblems(route: Route): Problem[] {
  const { function: target, backend, mock } = route;
  if ([target, backend, mock].filter((one) => one !== undefined).length !== 1)
    return [["target", { function: target, backend, mock }, "one of function, backend, mock"]];
  if (mock !== undefined) return mockProblems(mock);
  const { timeoutMilliseconds: timeout } = route;
  return [
    ...(backend === undefined ? functionProblems(target) : backendProblems(route.path, backend)),
    ...(timeout >= 50 && timeout <= 29_000 ? [] : [["timeoutMilliseconds", timeout, "50 to 29000"] as const]),
  ];
}

const functionProblems = (target: unknown): Problem[] =>
  typeof target === "string" && isRouteFunction(target)
    ? []
    : [["function", target, "one of contract/function-environment.ts that needs no variables"]];

function backendProblems(path: string, backend: unknown): Problem[] {
  if (typeof backend !== "string" || !isTemplate(backend))
    return [["backend", backend, "a path of segments such as /pets/{petId}"]];
  const own = parametersOf(path);
  return parametersOf(backend).every((one) => own.includes(one))
    ? []
    : [["backend", backend, `no parameters but the route's: ${own.join(", ") || "none"}`]];
}

/** API Gateway takes the body for a template in its own language, headers for quoted text. */
function mockProblems({ status, body, headers = {} }: NonNullable<Route["mock"]>): Problem[] {
  const text = body === undefined ? "" : JSON.stringify(body);
  const bodiless = status === 204 || status === 304;
  return [
    ...(Number.isInteger(status) && status >= 200 && status < 600
      ? []
      : [["mock.status", status, "200 to 599"] as const]),
    ...(/[$#]/.test(text) ? [["mock.body", body, "JSON without $ and #"] as const] : []),
    ...(bodiless && body !== undefined ? [["mock.body", body, `none with status ${status}`] as const] : []),
    ...Object.entries(headers)
      .filter(([name, value]) => !isToken(name) || !/^[\x20-\x26\x28-\x7e]+$/.test(value))
      .map(([name, value]) => ["mock.headers", { [name]: value }, "printable ASCII without '"] as const),
    ...Object.keys(headers)
      .filter((name) => /^access-control-allow-(origin|credentials)$/i.test(name))
      .map((name) => ["mock.headers", name, "set by cors and the API's configuration only"] as const),
  ];
}

function requestProblems({ method, request }: Route): Problem[] {
  if (!request) return [];
  const { body, headers = [], query = [] } = request;
  const text = body === undefined ? "" : modelText(body);
  return [
    ...(body !== undefined && ["GET", "HEAD", "OPTIONS"].includes(method)
      ? [["request.body", method, "a method that has a body"] as const]
      : []),
    ...(text.includes('"$ref"')
      ? [["request.body", "$ref", "a schema that is whole in itself"] as const]
      : []),
    // AWS's quota of a model.
    ...(Buffer.byteLength(text) > 400_000 ? [["request.body", text.length, "at most 400 KB"] as const] : []),
    ...[...headers, ...query]
      .filter((name) => !/^[A-Za-z0-9._$-]+$/.test(name))
      .map((name) => ["request", name, "names of letters, digits and . _ $ -"] as const),
    ...(body === undefined && headers.length + query.length === 0
      ? [["request", request, "body, headers or query"] as const]
      : []),
  ];
}

function crossOriginProblems({ cors }: Route): Problem[] {
  if (!cors) return [];
  const { headers, maxAgeSeconds: age } = cors;
  return [
    ...headers
      .filter((name) => !isToken(name) || name === "*")
      .map((name) => ["cors.headers", name, "names of headers; with credentials * is none"] as const),
    ...(Number.isInteger(age) && age >= 0 && age <= 86_400
      ? []
      : [["cors.maxAgeSeconds", age, "0 to 86400"] as const]),
  ];
}

const isTemplate = (path: string) => /^(\/([A-Za-z0-9._-]+|\{[A-Za-z0-9]+\}))+$/.test(path);
/** RFC 6749 section 3.3. */
const isScope = (text: unknown) => typeof text === "string" && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text);
/** RFC 9110 section 5.6.2. */
const isToken = (text: string) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
