/**
 * A function that decides on every request, and its place in a REST API.
 *
 * No caching and no identity source: with either, AWS would answer some requests without asking the function,
 * or answer one client's request with another's decision.
 */
import { ApiGatewayAuthorizer } from "@cdktf/provider-aws/lib/api-gateway-authorizer/index.js";
import type { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { ApiEnvironment } from "#config/environment.ts";
import { NodeFunction, type NodeFunctionProps } from "#stacks/shared/node-function.ts";

export interface RequestAuthorizerProps<S extends "authorizer" | "private-authorizer">
  extends Pick<NodeFunctionProps<S>, "slug" | "functionName" | "description" | "environment" | "statements"> {
  readonly api: ApiEnvironment;
  readonly restApi: ApiGatewayRestApi;
}

/** Into `scope`; `ready` is what a deployment of the API waits for. */
export function addRequestAuthorizer<S extends "authorizer" | "private-authorizer">(
  scope: Construct,
  { api, restApi, ...own }: RequestAuthorizerProps<S>,
): { readonly authorizer: ApiGatewayAuthorizer; readonly ready: ITerraformDependable[] } {
  const target = new NodeFunction(scope, "function", {
    ...own,
    // With tokens: a secret and the token server's answer besides.
    timeoutSeconds: api.authorizer.tokens ? 15 : 10,
    memoryMegabytes: 1024,
    logRetentionDays: api.logs.retentionDays,
    logKmsKeyArn: api.logs.kmsKeyArn,
  });
  const authorizer = new ApiGatewayAuthorizer(scope, "authorizer", {
    name: "client-certificate",
    restApiId: restApi.id,
    type: "REQUEST",
    authorizerUri: target.function.invokeArn,
    authorizerResultTtlInSeconds: 0,
    // The provider fills in Authorization when this is left out, and requests without it would get 401.
    identitySource: "",
  });
  const permission = target.allow(
    "gateway",
    "apigateway.amazonaws.com",
    `${restApi.executionArn}/authorizers/${authorizer.id}`,
  );
  return { authorizer, ready: [permission, ...target.ready] };
}
