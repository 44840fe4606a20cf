/** Guards at synthesis: what each prints (what, the value, what is allowed), and that nothing is written. */
import { ApiGatewayAuthorizer } from "@cdktf/provider-aws/lib/api-gateway-authorizer/index.js";
import { ApiGatewayBasePathMapping } from "@cdktf/provider-aws/lib/api-gateway-base-path-mapping/index.js";
import { ApiGatewayDomainName } from "@cdktf/provider-aws/lib/api-gateway-domain-name/index.js";
import { ApiGatewayGatewayResponse } from "@cdktf/provider-aws/lib/api-gateway-gateway-response/index.js";
import { ApiGatewayIntegration } from "@cdktf/provider-aws/lib/api-gateway-integration/index.js";
import { ApiGatewayIntegrationResponse } from "@cdktf/provider-aws/lib/api-gateway-integration-response/index.js";
import { ApiGatewayMethod } from "@cdktf/provider-aws/lib/api-gateway-method/index.js";
import { ApiGatewayMethodSettings } from "@cdktf/provider-aws/lib/api-gateway-method-settings/index.js";
import { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import { LambdaFunctionUrl } from "@cdktf/provider-aws/lib/lambda-function-url/index.js";
import { ConfigError } from "#config/config-error.ts";
import { environment } from "#config/environment.ts";
import { local } from "#config/environments/local/index.ts";
import { preflights } from "#contract/cross-origin.ts";
import { methods, type Route, routes } from "#contract/routes.ts";
import { routeProblems } from "#stacks/api/route-guards.ts";
import { isRefused, only, override, type Row, remove } from "./refused-rows.ts";
import { refusedSynthesis } from "./synthesized.ts";

const rows: readonly Row[] = [
  {
    mistake: "execute-api open",
    make: override(ApiGatewayRestApi, "disable_execute_api_endpoint", false),
    says: "disable_execute_api_endpoint: the execute-api address is a way around mutual TLS; got false; allowed: true",
  },
  {
    mistake: "execute-api left out",
    make: remove(ApiGatewayRestApi, "disable_execute_api_endpoint"),
    says: "disable_execute_api_endpoint: the execute-api address is a way around mutual TLS; got null; allowed: true",
  },
  {
    mistake: "an edge API",
    make: (stack) =>
      (only(stack, ApiGatewayRestApi) as ApiGatewayRestApi).putEndpointConfiguration({ types: ["EDGE"] }),
    says: 'endpoint_configuration: mutual TLS needs a regional API, or a private one behind one endpoint of NGINX\'s; got {"types":["EDGE"]}; allowed: types ["REGIONAL"], or ["PRIVATE"] with one vpc_endpoint_id of this stack',
  },
  {
    mistake: "a private API without an endpoint",
    make: (stack) =>
      (only(stack, ApiGatewayRestApi) as ApiGatewayRestApi).putEndpointConfiguration({ types: ["PRIVATE"] }),
    says: 'got {"types":["PRIVATE"]}; allowed: types ["REGIONAL"]',
    mistakes: 4,
  },
  {
    mistake: "an edge domain",
    make: (stack) =>
      (only(stack, ApiGatewayDomainName) as ApiGatewayDomainName).putEndpointConfiguration({
        types: ["EDGE"],
      }),
    says: 'endpoint_configuration.types: mutual TLS needs a regional domain name; got ["EDGE"]; allowed: ["REGIONAL"]',
  },
  {
    mistake: "an enhanced security policy",
    make: override(ApiGatewayDomainName, "security_policy", "SecurityPolicy_TLS13_1_3_2025_09"),
    says: 'security_policy: mutual TLS cannot be combined with an enhanced or an older policy; got "SecurityPolicy_TLS13_1_3_2025_09"; allowed: "TLS_1_2"',
  },
  {
    mistake: "TLS 1.0",
    make: override(ApiGatewayDomainName, "security_policy", "TLS_1_0"),
    says: 'got "TLS_1_0"; allowed: "TLS_1_2"',
  },
  {
    mistake: "a domain without mutual TLS",
    make: remove(ApiGatewayDomainName, "mutual_tls_authentication"),
    says: "mutual_tls_authentication: without truststore and its version anybody may connect; got null; allowed: truststore_uri and truststore_version",
  },
  {
    mistake: "a truststore without its version",
    make: (stack) =>
      (only(stack, ApiGatewayDomainName) as ApiGatewayDomainName).putMutualTlsAuthentication({
        truststoreUri: "s3://b/truststore.pem",
      }),
    says: 'got {"truststore_uri":"s3://b/truststore.pem"}; allowed: truststore_uri and truststore_version',
  },
  {
    mistake: "an imported certificate without ownership certificate",
    make: override(
      ApiGatewayDomainName,
      "regional_certificate_arn",
      "arn:aws:acm:eu-west-2:222222222222:certificate/imported",
    ),
    says: 'regional_certificate_arn: an imported certificate without a proof of ownership; got "arn:aws:acm:eu-west-2:222222222222:certificate/imported"; allowed: a certificate of this stack validated by DNS, or ownership_verification_certificate_arn beside it',
  },
  {
    mistake: "cached decisions",
    make: override(ApiGatewayAuthorizer, "authorizer_result_ttl_in_seconds", 300),
    says: "authorizer_result_ttl_in_seconds: a cached decision would serve other requests; got 300; allowed: 0",
  },
  {
    mistake: "cached decisions by default",
    make: remove(ApiGatewayAuthorizer, "authorizer_result_ttl_in_seconds"),
    says: "authorizer_result_ttl_in_seconds: a cached decision would serve other requests; got null; allowed: 0",
  },
  {
    mistake: "an identity source",
    make: override(ApiGatewayAuthorizer, "identity_source", "method.request.header.Authorization"),
    says: 'identity_source: requests without it would be answered 401 and the function never asked; got "method.request.header.Authorization"; allowed: ""',
  },
  {
    mistake: "the provider's identity source",
    make: remove(ApiGatewayAuthorizer, "identity_source"),
    says: "identity_source: requests without it would be answered 401 and the function never asked; got null",
  },
  {
    mistake: "a TOKEN authorizer",
    make: override(ApiGatewayAuthorizer, "type", "TOKEN"),
    says: 'type: only a REQUEST authorizer sees the client certificate; got "TOKEN"; allowed: "REQUEST"',
  },
  {
    mistake: "a method without authorizer",
    make: override(ApiGatewayMethod, "authorization", "NONE"),
    says: 'authorization: a method that the authorizer does not guard; got "NONE"; allowed: "CUSTOM" with the authorizer of this stack',
  },
  {
    mistake: "a method with somebody else's authorizer",
    make: override(ApiGatewayMethod, "authorizer_id", "abc123"),
    says: "authorization: a method that the authorizer does not guard",
  },
  {
    mistake: "a backend without a token",
    make: (stack) =>
      only(stack, ApiGatewayIntegration, "any-pets-integration").addOverride("request_parameters", undefined),
    says: "a backend that is called without its certificate being checked, or without a backend token",
  },
  {
    mistake: "a backend whose token the client chooses",
    make: (stack) =>
      only(stack, ApiGatewayIntegration, "any-pets-integration").addOverride("request_parameters", {
        "integration.request.header.X-Backend-Token": "method.request.header.X-Backend-Token",
      }),
    says: "allowed: https, the certificate checked, X-Backend-Token from the authorizer's context",
  },
  {
    mistake: "a backend by plain http",
    make: (stack) =>
      only(stack, ApiGatewayIntegration, "any-pets-integration").addOverride(
        "uri",
        "http://pets.example.com/",
      ),
    says: '"uri":"http://pets.example.com/"',
  },
  {
    mistake: "a backend whose certificate nobody checks",
    make: (stack) =>
      only(stack, ApiGatewayIntegration, "any-pets-integration").addOverride("tls_config", {
        insecure_skip_verification: true,
      }),
    says: '"tls_config":{"insecure_skip_verification":true}',
  },
  {
    mistake: "an integration that calls AWS itself",
    make: (stack) => only(stack, ApiGatewayIntegration, "any-pets-integration").addOverride("type", "AWS"),
    says: 'type: what neither a function, nor a backend, nor API Gateway itself answers; got "AWS"; allowed: AWS_PROXY, HTTP_PROXY, MOCK',
  },
  {
    mistake: "cached answers",
    make: override(ApiGatewayMethodSettings, "settings.caching_enabled", true),
    says: "settings.caching_enabled: an answer for one client would be given to another; got true; allowed: false",
  },
  {
    mistake: "payloads in the log",
    make: override(ApiGatewayMethodSettings, "settings.data_trace_enabled", true),
    says: "settings.data_trace_enabled: certificates, tokens and payloads would be logged; got true; allowed: false",
  },
  {
    mistake: "keys that clients send",
    make: override(ApiGatewayRestApi, "api_key_source", "HEADER"),
    says: 'api_key_source: clients would choose under whose key they are counted; got "HEADER"; allowed: "AUTHORIZER", or none',
  },
  {
    mistake: "a second mapping",
    make: (stack) =>
      new ApiGatewayBasePathMapping(stack, "second-mapping", { apiId: "a", domainName: "other.example.com" }),
    says: 'second-mapping: another way to the API; got "aws_api_gateway_base_path_mapping"; allowed: 1',
  },
  {
    mistake: "a function URL",
    make: (stack) =>
      new LambdaFunctionUrl(stack, "url-of-function", { functionName: "x", authorizationType: "NONE" }),
    says: `a function's own URL is a way around mutual TLS; got "x"; allowed: none`,
  },
  {
    mistake: "a mock that takes any Content-Type",
    make: (stack) =>
      only(stack, ApiGatewayIntegration, "get-health").addOverride("passthrough_behavior", "WHEN_NO_MATCH"),
    says: 'a mock that evaluates the request, or takes any Content-Type; got {"request_templates":{"application/json":"{\\"statusCode\\":200}"},"passthrough_behavior":"WHEN_NO_MATCH"}; allowed: NEVER, and {"statusCode":…} for application/json alone',
  },
  {
    mistake: "a mock that answers with the request",
    make: (stack) =>
      only(stack, ApiGatewayIntegrationResponse, "get-health").addOverride("response_templates", {
        "application/json": "$input.body",
      }),
    says: 'response_templates: an answer that evaluates the request; got {"application/json":"$input.body"}; allowed: text without $ and #',
  },
  {
    mistake: "refusals that any page may read",
    make: (stack) =>
      only(stack, ApiGatewayGatewayResponse, "access-denied").addOverride("response_parameters", {
        "gatewayresponse.header.Access-Control-Allow-Origin": "'*'",
      }),
    says: "Access-Control-Allow-Origin: any page could read answers with its visitor's certificate; got [\"'*'\"]; allowed: one origin in quotes, https, no *, nothing of the request",
  },
  {
    mistake: "answers that the calling page may read, whichever it is",
    make: (stack) =>
      only(stack, ApiGatewayIntegrationResponse, "get-health").addOverride("response_parameters", {
        "method.response.header.access-control-allow-origin": "method.request.header.Origin",
      }),
    says: `got ["'https://app.local.example.com'","method.request.header.Origin"]; allowed: one origin in quotes`,
  },
];

test.each(rows)("$mistake stops synthesis, and nothing is written", isRefused);

test("several mistakes are reported at once", () => {
  const { error } = refusedSynthesis([local], {
    api: (stack) => {
      override(ApiGatewayAuthorizer, "authorizer_result_ttl_in_seconds", 60)(stack);
      override(ApiGatewayRestApi, "disable_execute_api_endpoint", false)(stack);
    },
  });
  expect((error as ConfigError).problems).toHaveLength(2);
});

test("an imported certificate with its ownership certificate is allowed", () => {
  const { error } = refusedSynthesis([local], {
    api: (stack) => {
      override(ApiGatewayDomainName, "regional_certificate_arn", "arn:aws:acm:x:1:certificate/y")(stack);
      override(
        ApiGatewayDomainName,
        "ownership_verification_certificate_arn",
        "arn:aws:acm:x:1:certificate/z",
      )(stack);
    },
  });
  expect((error as Error).message).toBe("the synthesis was not refused");
});

describe("routes", () => {
  const good: Route = {
    method: "GET",
    path: "/pets/{petId}",
    summary: "A pet",
    function: "api-response",
    tokens: "bound",
    scopes: ["pets:read"],
    timeoutMilliseconds: 1000,
  };
  const mocked = { function: undefined, timeoutMilliseconds: undefined };
  const cases: [string, object, string][] = [
    [
      "no decision on scopes",
      { scopes: undefined },
      'contract/routes.ts, GET /pets/{petId}: no decision on scopes; got null; allowed: "none" or a list of scopes',
    ],
    ["an empty list of scopes", { scopes: [] }, "no decision on scopes; got []"],
    ["a scope with a space", { scopes: ["a b"] }, 'no decision on scopes; got ["a b"]'],
    [
      "a function for any method",
      { method: "ANY" },
      'method; got "ANY"; allowed: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS',
    ],
    [
      "a greedy path",
      { path: "/{proxy+}" },
      'path; got "/{proxy+}"; allowed: segments such as /pets/{petId}',
    ],
    ["a wildcard in the path", { path: "/pets/*" }, 'path; got "/pets/*"'],
    [
      "an unknown function",
      { function: "nobody" },
      'function; got "nobody"; allowed: one of contract/function-environment.ts',
    ],
    ["two targets", { backend: "/pets" }, "target; got "],
    ["no target", { function: undefined }, "target; got {}; allowed: one of function, backend, mock"],
    [
      "a backend's parameter that the route lacks",
      { function: undefined, backend: "/pets/{other}" },
      `backend; got "/pets/{other}"; allowed: no parameters but the route's: petId`,
    ],
    [
      "a greedy path of a backend",
      { function: undefined, backend: "/{proxy+}" },
      'backend; got "/{proxy+}"; allowed: a path of segments',
    ],
    ["a function that is not for routes", { function: "ca-issue" }, 'function; got "ca-issue"'],
    ["a prototype's name as function", { function: "constructor" }, 'function; got "constructor"'],
    [
      "a time-out that AWS refuses",
      { timeoutMilliseconds: 30_000 },
      "timeoutMilliseconds; got 30000; allowed: 50 to 29000",
    ],
    [
      "no decision on tokens",
      { tokens: undefined },
      'no decision on tokens; got null; allowed: "none", "required" or "bound"',
    ],
    [
      "scopes without a token",
      { tokens: "none" },
      'tokens; got "none"; allowed: required or bound: scopes are a token\'s',
    ],
    [
      "a mock that evaluates the request",
      { ...mocked, mock: { status: 200, body: { path: "$context.path" } } },
      'mock.body; got {"path":"$context.path"}; allowed: JSON without $ and #',
    ],
    [
      "a mock without a status",
      { ...mocked, mock: { status: 99 } },
      "mock.status; got 99; allowed: 200 to 599",
    ],
    [
      "a mock with a body that HTTP forbids",
      { ...mocked, mock: { status: 204, body: {} } },
      "mock.body; got {}; allowed: none with status 204",
    ],
    [
      "a mock's header that ends its own text",
      { ...mocked, mock: { status: 200, headers: { "X-A": "it's" } } },
      `mock.headers; got {"X-A":"it's"}; allowed: printable ASCII without '`,
    ],
    [
      "a mock that lets any page read it",
      { ...mocked, mock: { status: 200, headers: { "Access-Control-Allow-Origin": "*" } } },
      'mock.headers; got "Access-Control-Allow-Origin"; allowed: set by cors and the API\'s configuration only',
    ],
    [
      "a body where HTTP has none",
      { request: { body: { type: "object" } } },
      'request.body; got "GET"; allowed: a method that has a body',
    ],
    [
      "a schema from elsewhere",
      { method: "POST", request: { body: { $ref: "https://apigateway.amazonaws.com/restapis/x/models/y" } } },
      'request.body; got "$ref"; allowed: a schema that is whole in itself',
    ],
    [
      "a parameter whose name is none",
      { request: { query: ["a b"] } },
      'request; got "a b"; allowed: names of letters, digits and . _ $ -',
    ],
    [
      "a request of which nothing is asked",
      { request: {} },
      "request; got {}; allowed: body, headers or query",
    ],
    [
      "cross-origin headers of any name",
      { cors: { headers: ["*"], maxAgeSeconds: 600 } },
      'cors.headers; got "*"; allowed: names of headers; with credentials * is none',
    ],
    [
      "a preflight remembered for ever",
      { cors: { headers: [], maxAgeSeconds: 1e9 } },
      "cors.maxAgeSeconds; got 1000000000; allowed: 0 to 86400",
    ],
  ];
  test.each(cases)("%s is refused", (_mistake, change, says) => {
    const problems = routeProblems([{ ...good, ...change } as Route]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(says);
  });
  test("a route that is there twice is refused", () => {
    expect(routeProblems([good, good])).toEqual([
      'contract/routes.ts, GET /pets/{petId}: the route is there twice; got "GET /pets/{petId}"; allowed: one row a method and path',
    ]);
  });
  test("a row for OPTIONS beside one that asks for cross-origin requests is refused", () => {
    const asks: Route = { ...good, cors: { headers: [], maxAgeSeconds: 1 } };
    const own: Route = { ...good, method: "OPTIONS" };
    expect(routeProblems([asks, own, ...preflights([asks, own], methods)])).toEqual([
      'contract/routes.ts, OPTIONS /pets/{petId}: the route is there twice; got "OPTIONS /pets/{petId}"; allowed: one row a method and path',
    ]);
  });
  test("a good route is allowed", () => {
    const other = { ...good, method: "POST", tokens: "none", scopes: "none" } as Route;
    expect(routeProblems([good, other])).toEqual([]);
  });
});

test.each<[string, Partial<Route>, string]>([
  ["scopes", { scopes: undefined } as never, "no decision on scopes; got null"],
  ["tokens", { tokens: undefined } as never, "no decision on tokens; got null"],
])("a row without a decision on %s stops synthesis, and nothing is written", (_, change, says) => {
  const all = routes as Route[];
  const [first] = all as [Route];
  all[0] = { ...first, ...change } as Route;
  const { error, written } = refusedSynthesis([local], {});
  all[0] = first;
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).message).toContain(`contract/routes.ts, POST /api: ${says}`);
  expect(written).toEqual([]);
});

test("a CRL lifetime shorter than twice its publishing period is refused before there is a stack", () => {
  const crl = { ...local.ca.crl, lifetimeHours: 1, publishEveryMinutes: 31, maxAgeMinutes: undefined };
  expect(() => environment({ ...local, ca: { ...local.ca, crl } } as never)).toThrow(
    "ca.crl.lifetimeHours: a CRL must live at least twice its publishing period (31 minutes), or one missed publication denies everybody; got 1",
  );
});
