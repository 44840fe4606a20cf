/**
 * The API as an OpenAPI 3.1 document, made from the table of routes and the table of problems: docs/openapi.json,
 * written by the build. It describes what a caller meets; what the backend answers is the backend's to describe.
 */
import { type ProblemCode, problems } from "./problems.ts";
import { methods, parametersOf, type Route, routes } from "./routes.ts";

/** As plain JSON. */
export function openApi(): object {
  return {
    openapi: "3.1.1",
    info: {
      title: "mtls-api",
      version: "1",
      summary: "An API that answers only to certificates of its own authority",
      description:
        "Every request needs a client certificate; without one the connection ends before any HTTP answer. Some routes also need an access token that is bound to the certificate (RFC 8705). Routes to a backend exist only where the API's configuration has one, routes with tokens only where it has them, OPTIONS for pages of another origin only where it names that origin.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "https://{domain}", variables: { domain: { default: "api.example.com" } } }],
    security: [{ clientCertificate: [] }],
    paths: paths(),
    components: {
      securitySchemes: {
        clientCertificate: {
          type: "mutualTLS",
          description: "A certificate of the API's own authority that a rule of its configuration admits.",
        },
        boundToken: {
          type: "http",
          scheme: "bearer",
          description: "An access token bound to the client certificate (RFC 8705, cnf.x5t#S256).",
        },
      },
      schemas: { Problem: problemSchema },
      responses: Object.fromEntries(
        Object.entries(refusals).map(([status, { name, description }]) => [
          name,
          refusal(status, description),
        ]),
      ),
    },
  };
}

/** By status. From 500 up nothing is told. */
const refusals: Readonly<Record<string, { readonly name: string; readonly description: string }>> = {
  "400": {
    name: "BadRequest",
    description: "A header, a parameter or the body is not what the route takes",
  },
  "401": {
    name: "Unauthorized",
    description: "The access token is missing or not good, where the API is set to answer so",
  },
  "403": {
    name: "Forbidden",
    description: "The certificate, the token or the request is not admitted: `code` says why",
  },
  "415": {
    name: "UnsupportedMediaType",
    description: "A Content-Type other than JSON, on a route that nothing behind the API answers",
  },
  "429": { name: "TooManyRequests", description: "More requests than the API, or the client's plan, takes" },
  "500": { name: "Fault", description: "The decision could not be made" },
  "502": { name: "BadGateway", description: "What answers the route failed" },
  "504": { name: "GatewayTimeout", description: "What answers the route was too slow" },
};

const told = (Object.keys(problems) as ProblemCode[]).filter((code) => code !== "fault");

const problemSchema = {
  type: "object",
  required: ["message"],
  properties: {
    message: { type: "string", description: "For people; never part of the request" },
    code: {
      type: "string",
      description: `For programs. Of a 403 by the authorizer one of: ${told.join(", ")}`,
    },
    requestId: { type: "string", description: "By which the operator finds the request" },
  },
} as const;

function refusal(status: string, description: string) {
  const problem = { "application/json": { schema: { $ref: "#/components/schemas/Problem" } } };
  const challenge = {
    "WWW-Authenticate": { description: "RFC 6750 section 3", schema: { type: "string" } },
  };
  return { description, ...(status === "401" ? { headers: challenge } : {}), content: problem };
}

function paths(): object {
  const all: Record<string, Record<string, unknown>> = {};
  for (const route of routes)
    for (const method of route.method === "ANY" ? methods : [route.method])
      all[route.path] = {
        ...all[route.path],
        ...parameters(route),
        // A row of its own goes before one for any method, as on API Gateway.
        [method.toLowerCase()]:
          route.method === "ANY"
            ? (all[route.path]?.[method.toLowerCase()] ?? operation(route, method))
            : operation(route, method),
      };
  return all;
}

function parameters({ path }: Route): object {
  const names = parametersOf(path);
  if (names.length === 0) return {};
  const schema = { type: "string", pattern: "^[A-Za-z0-9._~-]{1,128}$" };
  return { parameters: names.map((name) => ({ name, in: "path", required: true, schema })) };
}

function operation(route: Route, method: string): object {
  const { tokens, scopes, request } = route;
  const words = `${method} ${route.path}`.replace(/[^A-Za-z0-9]+/g, "-").replace(/-$/, "");
  const required = [
    ...(request?.headers ?? []).map((name) => needed(name, "header")),
    ...(request?.query ?? []).map((name) => needed(name, "query")),
  ];
  return {
    operationId: words.toLowerCase(),
    summary: route.summary,
    ...(tokens === "none"
      ? {}
      : { security: [{ clientCertificate: [], boundToken: scopes === "none" ? [] : scopes }] }),
    ...(required.length > 0 ? { parameters: required } : {}),
    ...(request?.body
      ? { requestBody: { required: true, content: { "application/json": { schema: request.body } } } }
      : {}),
    responses: {
      ...answers(route),
      ...Object.fromEntries(
        Object.entries(refusals)
          .filter(([status]) => meets(route, status))
          .map(([status, { name }]) => [status, { $ref: `#/components/responses/${name}` }]),
      ),
    },
  };
}

const needed = (name: string, where: string) => ({
  ...{ name, in: where, required: true },
  schema: { type: "string", minLength: 1 },
});

function answers({ function: target, mock }: Route): object {
  if (mock === undefined)
    return target === undefined
      ? { default: { description: "What the backend answers" } }
      : { "200": { description: "The answer", content: { "application/json": {} } } };
  const { status, body, headers = {} } = mock;
  const fixed = Object.entries(headers).map(([name, value]) => [name, { schema: { const: value } }]);
  return {
    [status]: {
      description: "Always the same answer",
      ...(fixed.length > 0 ? { headers: Object.fromEntries(fixed) } : {}),
      ...(body === undefined ? {} : { content: { "application/json": { schema: { const: body } } } }),
    },
  };
}

/** Whether a refusal can be a route's at all. */
function meets({ tokens, request, mock }: Route, status: string): boolean {
  if (status === "400") return request !== undefined;
  if (status === "401") return tokens !== "none";
  if (status === "415") return mock !== undefined;
  return mock === undefined || !["502", "504"].includes(status);
}
