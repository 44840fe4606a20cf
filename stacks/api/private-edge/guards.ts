/**
 * What no stack with a private API may be: an authorizer that believes a header where anybody may send one, a private
 * API that another endpoint reaches, an endpoint that leads elsewhere or takes over a network's names.
 */
import { sentence } from "../route-guards.ts";

// biome-ignore lint/suspicious/noExplicitAny: the shape is the provider's, and part of what is checked
type Attributes = any;

export interface StackResource {
  readonly type: string;
  /** `type.name` */
  readonly address: string;
  readonly attributes: Attributes;
}

export function privateApiProblems(all: readonly StackResource[]): string[] {
  const of = (type: string) => all.filter((one) => one.type === type);
  const apis = of("aws_api_gateway_rest_api").filter(({ attributes }) =>
    String(attributes.endpoint_configuration?.types).includes("PRIVATE"),
  );
  return [
    ...apis.slice(1).map(({ address }) => sentence(address, "another private API", "PRIVATE", "one")),
    ...of("aws_api_gateway_authorizer").flatMap((one) => wrongFunction(one, all, apis)),
    ...apis.flatMap((api) => [...openToOthers(api, all), ...leadsElsewhere(api, all)]),
  ];
}

const refersTo = (value: unknown, { address }: StackResource): boolean =>
  String(value).startsWith(`\${${address}.`);

/** The private API's function takes the certificate from a header: nobody but NGINX may be able to send it. */
function wrongFunction(
  { address, attributes }: StackResource,
  all: readonly StackResource[],
  privateApis: readonly StackResource[],
): string[] {
  const target = all.find(
    (one) => one.type === "aws_lambda_function" && refersTo(attributes.authorizer_uri, one),
  );
  const believesHeaders = target?.attributes.environment?.variables?.EDGE_SECRET !== undefined;
  const isPrivate = privateApis.some((api) => refersTo(attributes.rest_api_id, api));
  return believesHeaders === isPrivate
    ? []
    : [
        sentence(
          address,
          "authorizer_uri: the function that takes a certificate from a header belongs to the private API, and it alone",
          attributes.authorizer_uri,
          isPrivate ? "the private authorizer" : "the public authorizer",
        ),
      ];
}

/** Beside a function that decides, API Gateway lets through what a resource policy says nothing about. */
function openToOthers(api: StackResource, all: readonly StackResource[]): string[] {
  const [endpoint] = api.attributes.endpoint_configuration?.vpc_endpoint_ids ?? [];
  const policy = all.find(
    (one) => one.type === "aws_api_gateway_rest_api_policy" && refersTo(one.attributes.rest_api_id, api),
  );
  const text = policy?.attributes.policy;
  const denied = statements(text).some(
    ({ Effect, Principal, Action, Resource, Condition }) =>
      Effect === "Deny" &&
      Principal === "*" &&
      Action === "execute-api:Invoke" &&
      Resource === `\${${api.address}.execution_arn}/*` &&
      JSON.stringify(Condition) === JSON.stringify({ StringNotEquals: { "aws:SourceVpce": endpoint } }),
  );
  return denied
    ? []
    : [
        sentence(
          api.address,
          "a private API that other endpoints reach",
          text,
          "a resource policy that denies whoever does not come by its endpoint",
        ),
      ];
}

function leadsElsewhere(api: StackResource, all: readonly StackResource[]): string[] {
  const [id] = api.attributes.endpoint_configuration?.vpc_endpoint_ids ?? [];
  const endpoint = all.find((one) => one.type === "aws_vpc_endpoint" && refersTo(id, one));
  if (!endpoint) return [];
  const policy = all.find(
    (one) => one.type === "aws_vpc_endpoint_policy" && refersTo(one.attributes.vpc_endpoint_id, endpoint),
  );
  const leads = statements(policy?.attributes.policy);
  const only =
    leads.length > 0 &&
    leads.every(
      ({ Effect, Resource }) => Effect === "Deny" || Resource === `\${${api.address}.execution_arn}/*`,
    );
  return [
    ...(endpoint.attributes.private_dns_enabled === false
      ? []
      : [
          sentence(
            endpoint.address,
            "private_dns_enabled: everybody's calls of execute-api in the network would come to NGINX's endpoint",
            endpoint.attributes.private_dns_enabled,
            "false",
          ),
        ]),
    ...(only
      ? []
      : [
          sentence(
            endpoint.address,
            "an endpoint that leads to other APIs",
            policy?.attributes.policy,
            "a policy that names this API alone",
          ),
        ]),
  ];
}

/** Of a policy document, whose values may be expressions; none where it is not one. */
function statements(text: unknown): readonly Attributes[] {
  try {
    // Terraform's values stand in it as jsonencode(…): of a text with references, or of one reference.
    const document = JSON.parse(
      String(text)
        .replace(/\$\{jsonencode\(("[^"\\]*")\)\}/g, "$1")
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's, not JavaScript's
        .replace(/\$\{jsonencode\(([^()"]+)\)\}/g, '"${$1}"'),
    );
    return [document.Statement].flat();
  } catch {
    return [];
  }
}
