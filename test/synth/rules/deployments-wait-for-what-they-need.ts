/**
 * A deployment is a snapshot: taken before a method, an integration or a gateway response is there, it lacks it;
 * taken before a permission, its first calls are answered 500.
 */
import { at, type Json, resources } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

const parts = [
  "aws_api_gateway_authorizer",
  "aws_api_gateway_gateway_response",
  "aws_api_gateway_integration",
  "aws_api_gateway_method",
  "aws_api_gateway_resource",
];

export const deploymentsWaitForWhatTheyNeed: Rule = {
  name: "deployments wait for what they need",
  check: ({ json }) =>
    resources(json, "aws_api_gateway_deployment").flatMap(({ address, attributes }) => [
      ...[
        ...parts.flatMap((type) => resources(json, type)),
        ...resources(json, "aws_lambda_permission").filter(
          (one) => one.attributes.principal === "apigateway.amazonaws.com",
        ),
      ]
        .filter((part) => apiOf(json, part.attributes) === apiOf(json, attributes))
        .filter((part) => !attributes.depends_on.includes(part.address))
        .map((part) => `${address}: does not wait for ${part.address}`),
      ...(attributes.lifecycle?.create_before_destroy ? [] : [`${address}: destroyed before its successor`]),
      ...(/^[0-9a-f]{64}$/.test(attributes.triggers?.configuration)
        ? []
        : [`${address}: no hash of the configuration as trigger`]),
    ]),
  controls: [
    ...[...parts, "aws_lambda_permission"].map((type) => ({
      defect: `does not wait for ${type}`,
      kind: "api" as const,
      make: (json: Json) => {
        const deployment = at(json, "aws_api_gateway_deployment", "stage/deployment");
        deployment.depends_on = deployment.depends_on.filter((one: string) => !one.startsWith(type));
      },
    })),
    {
      defect: "destroyed first",
      kind: "api",
      make: (json) => {
        delete at(json, "aws_api_gateway_deployment", "stage/deployment").lifecycle;
      },
    },
    {
      defect: "a trigger by time",
      kind: "api",
      make: (json) => {
        at(json, "aws_api_gateway_deployment", "stage/deployment").triggers = { at: `\${timestamp()}` };
      },
    },
  ],
};

/** A stack may hold two REST APIs. An integration names its method, a permission its API in the source. */
function apiOf(json: Json, attributes: Json): string | undefined {
  const named = String(attributes.rest_api_id ?? attributes.source_arn);
  const method = /aws_api_gateway_method\.([\w-]+)/.exec(named)?.[1];
  if (method !== undefined) return apiOf(json, json.resource.aws_api_gateway_method[method]);
  return /aws_api_gateway_rest_api\.[\w-]+/.exec(named)?.[0];
}
