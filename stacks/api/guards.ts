/**
 * What the public API must never be, checked on the very JSON that would be written, before anything is: a way
 * around mutual TLS, a decision of one request reused for another, a route that nobody decided on.
 *
 * Facts: mutual TLS works with regional domains and the policy TLS_1_2 only; an imported certificate needs a
 * proof of ownership; the provider fills in an identity source that is left out.
 */
import { ConfigError } from "#config/config-error.ts";
import { backendTokenHeader, backendTokenKey } from "#contract/backend-token.ts";
import { routes } from "#contract/routes.ts";
import { privateApiProblems } from "./private-edge/guards.ts";
import { routeProblems, sentence } from "./route-guards.ts";

/** Throws ConfigError with everything that is wrong: what, the value, what is allowed. */
export function refuseUnsafe(stack: string, synthesized: SynthesizedStack): void {
  const [resources, data] = [synthesized.resource, synthesized.data].map(blocks) as [Block[], Block[]];
  const problems = guards.flatMap((guard) =>
    resources
      .filter(({ type }) => type === guard.type)
      .filter(({ attributes }) => !guard.allows(attributes))
      .map(({ address, attributes }) =>
        sentence(address, guard.wrong, guard.value(attributes), guard.allowed),
      ),
  );
  problems.push(...otherWaysIn(resources));
  problems.push(...routeProblems(routes), ...privateApiProblems(resources, data));
  if (problems.length > 0) throw new ConfigError(`stack "${stack}"`, problems);
}

type Block = { readonly type: string; readonly address: string; readonly attributes: Attributes };

const blocks = (ofType: SynthesizedStack["resource"]): Block[] =>
  Object.entries(ofType ?? {}).flatMap(([type, byName]) =>
    Object.entries(byName).map(([name, attributes]) => ({ type, address: `${type}.${name}`, attributes })),
  );

/** One domain, mapped once: a second one, without mutual TLS perhaps, would lead to the same API. */
function otherWaysIn(resources: readonly { readonly type: string; readonly address: string }[]): string[] {
  return waysIn.flatMap(({ type, most }) =>
    resources
      .filter((one) => one.type === type)
      .slice(most)
      .map(({ address }) => sentence(address, "another way to the API", type, String(most || "none"))),
  );
}

const waysIn = [
  { type: "aws_api_gateway_domain_name", most: 1 },
  { type: "aws_api_gateway_base_path_mapping", most: 1 },
  { type: "aws_apigatewayv2_domain_name", most: 0 },
  { type: "aws_apigatewayv2_api_mapping", most: 0 },
] as const;

// biome-ignore lint/suspicious/noExplicitAny: the shape is the provider's, and part of what is checked
type Attributes = any;
export interface SynthesizedStack {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Attributes>>>>;
  readonly data?: Readonly<Record<string, Readonly<Record<string, Attributes>>>>;
}

interface Guard {
  readonly type: string;
  readonly wrong: string;
  readonly value: (attributes: Attributes) => unknown;
  readonly allows: (attributes: Attributes) => boolean;
  readonly allowed: string;
}

/** Every value of the header, in any spelling. */
const allowedOrigins = ({ response_parameters: parameters }: Attributes): string[] =>
  Object.entries(parameters ?? {})
    .filter(([name]) => name.toLowerCase().endsWith(".header.access-control-allow-origin"))
    .map(([, value]) => String(value));

const regional = (types: unknown) => JSON.stringify(types) === '["REGIONAL"]';

const ofThisStack = (ids: unknown, type: string) =>
  Array.isArray(ids) && ids.length === 1 && String(ids[0]).startsWith(`\${${type}.`);

const isPrivate = ({ endpoint_configuration: endpoint }: Attributes) =>
  JSON.stringify(endpoint?.types) === '["PRIVATE"]';

const guards: readonly Guard[] = [
  {
    type: "aws_api_gateway_rest_api",
    wrong: "disable_execute_api_endpoint: the execute-api address is a way around mutual TLS",
    value: (api) => api.disable_execute_api_endpoint,
    allows: (api) => isPrivate(api) || api.disable_execute_api_endpoint === true,
    allowed: "true",
  },
  {
    type: "aws_api_gateway_rest_api",
    wrong:
      "endpoint_configuration: mutual TLS needs a regional API, or a private one behind one endpoint of NGINX's",
    value: (api) => api.endpoint_configuration,
    allows: (api) =>
      regional(api.endpoint_configuration?.types) ||
      (isPrivate(api) && ofThisStack(api.endpoint_configuration.vpc_endpoint_ids, "aws_vpc_endpoint")),
    allowed: 'types ["REGIONAL"], or ["PRIVATE"] with one vpc_endpoint_id of this stack',
  },
  {
    type: "aws_api_gateway_rest_api",
    wrong: "api_key_source: clients would choose under whose key they are counted",
    value: (api) => api.api_key_source,
    allows: (api) => api.api_key_source === undefined || api.api_key_source === "AUTHORIZER",
    allowed: '"AUTHORIZER", or none',
  },
  {
    type: "aws_api_gateway_domain_name",
    wrong: "endpoint_configuration.types: mutual TLS needs a regional domain name",
    value: (domain) => domain.endpoint_configuration?.types,
    allows: (domain) => regional(domain.endpoint_configuration?.types),
    allowed: '["REGIONAL"]',
  },
  {
    type: "aws_api_gateway_domain_name",
    wrong: "mutual_tls_authentication: without truststore and its version anybody may connect",
    value: (domain) => domain.mutual_tls_authentication,
    allows: ({ mutual_tls_authentication: mutual }) =>
      Boolean(mutual?.truststore_uri && mutual?.truststore_version),
    allowed: "truststore_uri and truststore_version",
  },
  {
    type: "aws_api_gateway_domain_name",
    wrong: "security_policy: mutual TLS cannot be combined with an enhanced or an older policy",
    value: (domain) => domain.security_policy,
    allows: (domain) => domain.security_policy === "TLS_1_2",
    allowed: '"TLS_1_2"',
  },
  {
    type: "aws_api_gateway_domain_name",
    wrong: "regional_certificate_arn: an imported certificate without a proof of ownership",
    value: (domain) => domain.regional_certificate_arn,
    allows: (domain) =>
      String(domain.regional_certificate_arn).startsWith(`\${aws_acm_certificate_validation.`) ||
      Boolean(domain.ownership_verification_certificate_arn),
    allowed:
      "a certificate of this stack validated by DNS, or ownership_verification_certificate_arn beside it",
  },
  {
    type: "aws_api_gateway_authorizer",
    wrong: "authorizer_result_ttl_in_seconds: a cached decision would serve other requests",
    value: (authorizer) => authorizer.authorizer_result_ttl_in_seconds,
    allows: (authorizer) => authorizer.authorizer_result_ttl_in_seconds === 0,
    allowed: "0",
  },
  {
    type: "aws_api_gateway_authorizer",
    wrong: "identity_source: requests without it would be answered 401 and the function never asked",
    value: (authorizer) => authorizer.identity_source,
    allows: (authorizer) => authorizer.identity_source === "",
    allowed: '"" (left out, the provider fills in the Authorization header)',
  },
  {
    type: "aws_api_gateway_authorizer",
    wrong: "type: only a REQUEST authorizer sees the client certificate",
    value: (authorizer) => authorizer.type,
    allows: (authorizer) => authorizer.type === "REQUEST",
    allowed: '"REQUEST"',
  },
  {
    type: "aws_api_gateway_method",
    wrong: "authorization: a method that the authorizer does not guard",
    value: (method) => method.authorization,
    allows: (method) =>
      method.authorization === "CUSTOM" &&
      String(method.authorizer_id).startsWith(`\${aws_api_gateway_authorizer.`),
    allowed: '"CUSTOM" with the authorizer of this stack',
  },
  {
    type: "aws_api_gateway_integration",
    wrong: "a backend that is called without its certificate being checked, or without a backend token",
    value: ({ uri, tls_config, request_parameters }) => ({ uri, tls_config, request_parameters }),
    allows: ({ type, uri, tls_config: tls, request_parameters: parameters }) =>
      type !== "HTTP_PROXY" ||
      (String(uri).startsWith("https://") &&
        !tls?.insecure_skip_verification &&
        parameters?.[`integration.request.header.${backendTokenHeader}`] ===
          `context.authorizer.${backendTokenKey}`),
    allowed: `https, the certificate checked, ${backendTokenHeader} from the authorizer's context`,
  },
  {
    type: "aws_api_gateway_integration",
    wrong: "type: what neither a function, nor a backend, nor API Gateway itself answers",
    value: ({ type }) => type,
    allows: ({ type }) => ["AWS_PROXY", "HTTP_PROXY", "MOCK"].includes(type),
    allowed: "AWS_PROXY, HTTP_PROXY, MOCK",
  },
  {
    type: "aws_api_gateway_integration",
    wrong: "a mock that evaluates the request, or takes any Content-Type",
    value: ({ request_templates, passthrough_behavior }) => ({ request_templates, passthrough_behavior }),
    allows: ({ type, request_templates: templates, passthrough_behavior: passthrough }) =>
      type !== "MOCK" ||
      (passthrough === "NEVER" &&
        Object.keys(templates ?? {}).join() === "application/json" &&
        /^\{"statusCode":[2-5]\d\d\}$/.test(templates["application/json"])),
    allowed: 'NEVER, and {"statusCode":…} for application/json alone',
  },
  {
    type: "aws_api_gateway_integration_response",
    wrong: "response_templates: an answer that evaluates the request",
    value: ({ response_templates }) => response_templates,
    allows: ({ response_templates: templates }) =>
      !Object.values(templates ?? {}).some((text) => /[$#]/.test(String(text))),
    allowed: "text without $ and #",
  },
  ...["aws_api_gateway_integration_response", "aws_api_gateway_gateway_response"].map((type) => ({
    type,
    wrong: "Access-Control-Allow-Origin: any page could read answers with its visitor's certificate",
    value: allowedOrigins,
    allows: (response: Attributes) =>
      allowedOrigins(response).every((origin) => /^'https:\/\/[a-z0-9.-]+(:\d+)?'$/.test(origin)),
    allowed: "one origin in quotes, https, no *, nothing of the request",
  })),
  {
    type: "aws_api_gateway_method_settings",
    wrong: "settings.caching_enabled: an answer for one client would be given to another",
    value: ({ settings }) => settings?.caching_enabled,
    allows: ({ settings }) => !settings?.caching_enabled,
    allowed: "false",
  },
  {
    type: "aws_api_gateway_method_settings",
    wrong: "settings.data_trace_enabled: certificates, tokens and payloads would be logged",
    value: ({ settings }) => settings?.data_trace_enabled,
    allows: ({ settings }) => settings?.data_trace_enabled === false,
    allowed: "false",
  },
  {
    type: "aws_lambda_function_url",
    wrong: "a function's own URL is a way around mutual TLS",
    value: (url) => url.function_name,
    allows: () => false,
    allowed: "none",
  },
];
