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

/** `documents`: of policies, as data sources. */
export function privateApiProblems(
  all: readonly StackResource[],
  documents: readonly StackResource[],
): string[] {
  const of = (type: string) => all.filter((one) => one.type === type);
  const apis = of("aws_api_gateway_rest_api").filter(({ attributes }) =>
    String(attributes.endpoint_configuration?.types).includes("PRIVATE"),
  );
  return [
    ...apis.slice(1).map(({ address }) => sentence(address, "another private API", "PRIVATE", "one")),
    ...of("aws_api_gateway_authorizer").flatMap((one) => wrongFunction(one, all, apis)),
    ...apis.flatMap((api) => [...openToOthers(api, all, documents), ...leadsElsewhere(api, all, documents)]),
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
function openToOthers(
  api: StackResource,
  all: readonly StackResource[],
  documents: readonly StackResource[],
): string[] {
  const [endpoint] = api.attributes.endpoint_configuration?.vpc_endpoint_ids ?? [];
  const policy = all.find(
    (one) => one.type === "aws_api_gateway_rest_api_policy" && refersTo(one.attributes.rest_api_id, api),
  )?.attributes.policy;
  const denied = statements(policy, documents).some(
    ({ effect, principals, actions, resources, condition }) =>
      effect === "Deny" &&
      JSON.stringify(principals) === JSON.stringify([{ identifiers: ["*"], type: "*" }]) &&
      String(actions) === "execute-api:Invoke" &&
      String(resources) === everyMethodOf(api) &&
      condition?.length === 1 &&
      condition[0].test === "StringNotEquals" &&
      condition[0].variable === "aws:SourceVpce" &&
      String(condition[0].values) === endpoint,
  );
  return denied
    ? []
    : [
        sentence(
          api.address,
          "a private API that other endpoints reach",
          policy,
          "a resource policy that denies whoever does not come by its endpoint",
        ),
      ];
}

function leadsElsewhere(
  api: StackResource,
  all: readonly StackResource[],
  documents: readonly StackResource[],
): string[] {
  const [id] = api.attributes.endpoint_configuration?.vpc_endpoint_ids ?? [];
  const endpoint = all.find((one) => one.type === "aws_vpc_endpoint" && refersTo(id, one));
  if (!endpoint) return [];
  const policy = all.find(
    (one) => one.type === "aws_vpc_endpoint_policy" && refersTo(one.attributes.vpc_endpoint_id, endpoint),
  )?.attributes.policy;
  const leads = statements(policy, documents);
  const only =
    leads.length > 0 &&
    leads.every(({ effect, resources }) => effect === "Deny" || String(resources) === everyMethodOf(api));
  const { private_dns_enabled: privateDns } = endpoint.attributes;
  return [
    ...(privateDns === false
      ? []
      : [
          sentence(
            endpoint.address,
            "private_dns_enabled: everybody's calls of execute-api in the network would come to NGINX's endpoint",
            privateDns,
            "false",
          ),
        ]),
    ...(only
      ? []
      : [
          sentence(
            endpoint.address,
            "an endpoint that leads to other APIs",
            policy,
            "a policy that names this API alone",
          ),
        ]),
  ];
}

const everyMethodOf = ({ address }: StackResource) => `\${${address}.execution_arn}/*`;

/** Of the document that an expression refers to; none where it is another. */
function statements(expression: unknown, documents: readonly StackResource[]): readonly Attributes[] {
  const found = documents.find(({ address }) => expression === `\${data.${address}.json}`);
  return found?.attributes.statement ?? [];
}
