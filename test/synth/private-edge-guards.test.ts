/** Guards at synthesis of the private edge: who believes a header, which endpoint leads where. */
import { ApiGatewayAuthorizer } from "@cdktf/provider-aws/lib/api-gateway-authorizer/index.js";
import { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import { ApiGatewayRestApiPolicy } from "@cdktf/provider-aws/lib/api-gateway-rest-api-policy/index.js";
import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint/index.js";
import { VpcEndpointPolicy } from "@cdktf/provider-aws/lib/vpc-endpoint-policy/index.js";
import type { TerraformResource } from "cdktf";
import type { ApiStack } from "#stacks/api-stack.ts";
import { isRefused, type Kind, only, type Row } from "./refused-rows.ts";

const inEdge = (kind: Kind, path: string, value: unknown) => (stack: ApiStack) =>
  only(stack, kind, "/private-edge/api/").addOverride(path, value);

const endpoints = (configuration: { types: string[]; vpcEndpointIds?: string[] }) => (stack: ApiStack) =>
  (only(stack, ApiGatewayRestApi, "/private-edge/api/") as ApiGatewayRestApi).putEndpointConfiguration(
    configuration,
  );

const rows: readonly Row[] = [
  {
    mistake: "a private API with somebody's endpoint",
    make: endpoints({ types: ["PRIVATE"], vpcEndpointIds: ["vpce-0123456789abcdef0"] }),
    says: '"vpc_endpoint_ids":["vpce-0123456789abcdef0"]}; allowed: types ["REGIONAL"], or ["PRIVATE"] with one vpc_endpoint_id of this stack',
    mistakes: 2,
  },
  {
    mistake: "a private API that is regional: its authorizer believes a header",
    make: (stack) => {
      endpoints({ types: ["REGIONAL"] })(stack);
      inEdge(ApiGatewayRestApi, "disable_execute_api_endpoint", true)(stack);
    },
    says: "authorizer_uri: the function that takes a certificate from a header belongs to the private API, and it alone",
  },
  {
    mistake: "the public API with the private authorizer",
    make: (stack) => {
      const other = only(stack, ApiGatewayAuthorizer, "/private-edge/api/") as ApiGatewayAuthorizer;
      (only(stack, ApiGatewayAuthorizer) as ApiGatewayAuthorizer).authorizerUri =
        other.authorizerUriInput as string;
    },
    says: "belongs to the private API, and it alone; got",
  },
  {
    mistake: "the private API with the public authorizer",
    make: (stack) => {
      const other = only(stack, ApiGatewayAuthorizer) as ApiGatewayAuthorizer;
      (only(stack, ApiGatewayAuthorizer, "/private-edge/api/") as ApiGatewayAuthorizer).authorizerUri =
        other.authorizerUriInput as string;
    },
    says: "allowed: the private authorizer",
  },
  {
    mistake: "a private API that denies nobody",
    make: inEdge(ApiGatewayRestApiPolicy, "policy", '{"Statement":[]}'),
    says: 'a private API that other endpoints reach; got "{\\"Statement\\":[]}"; allowed: a resource policy that denies whoever does not come by its endpoint',
  },
  {
    mistake: "a private API that denies those who come by its endpoint",
    make: (stack) =>
      (
        only(stack, DataAwsIamPolicyDocument, "/resource-policy-document") as never as TerraformResource
      ).addOverride("statement.1.condition.0.test", "StringEquals"),
    says: "a private API that other endpoints reach",
  },
  {
    mistake: "a private API that denies one route only",
    make: (stack) =>
      (
        only(stack, DataAwsIamPolicyDocument, "/resource-policy-document") as never as TerraformResource
      ).addOverride("statement.1.resources", [
        "arn:aws:execute-api:eu-west-2:222222222222:abc/local/GET/time",
      ]),
    says: "a private API that other endpoints reach",
  },
  {
    mistake: "an endpoint that leads to every API",
    make: (stack) =>
      (
        only(stack, DataAwsIamPolicyDocument, "/endpoint-policy-document") as never as TerraformResource
      ).addOverride("statement.0.resources", ["*"]),
    says: "an endpoint that leads to other APIs",
  },
  {
    mistake: "an endpoint without a policy",
    make: inEdge(VpcEndpointPolicy, "vpc_endpoint_id", "vpce-0123456789abcdef0"),
    says: "an endpoint that leads to other APIs; got null; allowed: a policy that names this API alone",
  },
  {
    mistake: "an endpoint that takes over the network's names",
    make: (stack) => only(stack, VpcEndpoint, "/private-edge/api/").addOverride("private_dns_enabled", true),
    says: "private_dns_enabled: everybody's calls of execute-api in the network would come to NGINX's endpoint; got true; allowed: false",
  },
  {
    mistake: "a second private API",
    make: (stack) =>
      new ApiGatewayRestApi(stack, "second", {
        name: "second",
        endpointConfiguration: { types: ["PRIVATE"], vpcEndpointIds: ["vpce-0123456789abcdef0"] },
      }),
    says: 'another private API; got "PRIVATE"; allowed: one',
    mistakes: 3,
  },
];

test.each(rows)("$mistake stops synthesis, and nothing is written", isRefused);
