/** Guards at synthesis: what each prints (what, the value, what is allowed), and that nothing is written. */
import { ApiGatewayAuthorizer } from "@cdktf/provider-aws/lib/api-gateway-authorizer/index.js";
import { ApiGatewayBasePathMapping } from "@cdktf/provider-aws/lib/api-gateway-base-path-mapping/index.js";
import { ApiGatewayDomainName } from "@cdktf/provider-aws/lib/api-gateway-domain-name/index.js";
import { ApiGatewayIntegration } from "@cdktf/provider-aws/lib/api-gateway-integration/index.js";
import { ApiGatewayMethod } from "@cdktf/provider-aws/lib/api-gateway-method/index.js";
import { ApiGatewayMethodSettings } from "@cdktf/provider-aws/lib/api-gateway-method-settings/index.js";
import { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import { LambdaFunctionUrl } from "@cdktf/provider-aws/lib/lambda-function-url/index.js";
import type { TerraformResource } from "cdktf";
import { ConfigError } from "#config/config-error.ts";
import { environment } from "#config/environment.ts";
import { local } from "#config/environments/local/index.ts";
import type { Route } from "#contract/routes.ts";
import { routeProblems } from "#stacks/api/guards.ts";
import type { ApiStack } from "#stacks/api-stack.ts";
import { refusedSynthesis } from "./synthesized.ts";

type Kind = { readonly tfResourceType: string };

/** The one resource of a type in the stack. */
/** The one of its kind, or the first that fits. */
function only(stack: ApiStack, { tfResourceType }: Kind, fits = ""): TerraformResource {
  const found = stack.node
    .findAll()
    .filter((one) => (one as TerraformResource).terraformResourceType === tfResourceType)
    .filter((one) => one.node.path.includes(fits));
  if (tfResourceType !== ApiGatewayMethod.tfResourceType && fits === "") expect(found).toHaveLength(1);
  return found[0] as TerraformResource;
}

const override = (kind: Kind, path: string, value: unknown) => (stack: ApiStack) =>
  only(stack, kind).addOverride(path, value);
const remove = (kind: Kind, path: string) => override(kind, path, undefined);

interface Row {
  readonly mistake: string;
  readonly make: (stack: ApiStack) => unknown;
  readonly says: string;
}

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
    says: 'endpoint_configuration.types: mutual TLS needs a regional API; got ["EDGE"]; allowed: ["REGIONAL"]',
  },
  {
    mistake: "a private API",
    make: (stack) =>
      (only(stack, ApiGatewayRestApi) as ApiGatewayRestApi).putEndpointConfiguration({ types: ["PRIVATE"] }),
    says: 'endpoint_configuration.types: mutual TLS needs a regional API; got ["PRIVATE"]; allowed: ["REGIONAL"]',
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
    says: 'type: what neither a function nor a backend answers; got "AWS"; allowed: AWS_PROXY, HTTP_PROXY',
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
    says: "second-mapping: another way to the API; got aws_api_gateway_base_path_mapping; allowed: 1",
  },
  {
    mistake: "a function URL",
    make: (stack) =>
      new LambdaFunctionUrl(stack, "url-of-function", { functionName: "x", authorizationType: "NONE" }),
    says: `a function's own URL is a way around mutual TLS; got "x"; allowed: none`,
  },
];

test.each(rows)("$mistake stops synthesis, and nothing is written", ({ make, says }) => {
  const { error, written } = refusedSynthesis([local], { api: (stack) => void make(stack) });
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).message).toMatch(/^stack "local-api": 1 mistake\n {2}- aws_/);
  expect((error as ConfigError).message).toContain(says);
  expect(written).toEqual([]);
});

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
    scopes: ["pets:read"],
    timeoutMilliseconds: 1000,
  };
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
    ["no target", { function: undefined }, "target; got {}; allowed: either function or backend"],
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
  test("a good route is allowed", () => {
    expect(routeProblems([good, { ...good, method: "POST", scopes: "none" }])).toEqual([]);
  });
});

test("a CRL lifetime shorter than twice its publishing period is refused before there is a stack", () => {
  const crl = { ...local.ca.crl, lifetimeHours: 1, publishEveryMinutes: 31, maxAgeMinutes: undefined };
  expect(() => environment({ ...local, ca: { ...local.ca, crl } } as never)).toThrow(
    "ca.crl.lifetimeHours: a CRL must live at least twice its publishing period (31 minutes), or one missed publication denies everybody; got 1",
  );
});
