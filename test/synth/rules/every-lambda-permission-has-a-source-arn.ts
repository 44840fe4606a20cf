/** Only AWS services call functions by a resource policy, each for one source: never "any API of any account". */
import { at, resources } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

const services = ["apigateway.amazonaws.com", "events.amazonaws.com"];

export const everyLambdaPermissionHasASourceArn: Rule = {
  name: "every Lambda permission has a source ARN",
  check: ({ json }) =>
    resources(json, "aws_lambda_permission").flatMap(({ address, attributes }) => [
      ...(isExact(attributes.source_arn)
        ? []
        : [`${address}: source ARN ${JSON.stringify(attributes.source_arn)}`]),
      ...(services.includes(attributes.principal)
        ? []
        : [`${address}: principal ${JSON.stringify(attributes.principal)}`]),
      ...(attributes.action === "lambda:InvokeFunction" ? [] : [`${address}: action ${attributes.action}`]),
    ]),
  controls: [
    {
      defect: "no source ARN",
      kind: "api",
      make: (json) => {
        delete at(json, "aws_lambda_permission", "authorizer/function/gateway").source_arn;
      },
    },
    {
      defect: "any method of the API",
      kind: "api",
      make: (json) => {
        at(json, "aws_lambda_permission", "routes/api-response/post-api").source_arn =
          `\${aws_api_gateway_rest_api.rest-api.execution_arn}/*`;
      },
    },
    {
      defect: "another account as principal",
      kind: "ca",
      make: (json) => {
        at(json, "aws_lambda_permission", "functions/ca-publish/schedule").principal = "222222222222";
      },
    },
  ],
};

/** An event rule; or, of this API, an authorizer, or a stage with method and path. */
function isExact(arn: unknown): boolean {
  return (
    /^\$\{aws_cloudwatch_event_rule\.[\w-]+\.arn\}$/.test(String(arn)) ||
    /^\$\{aws_api_gateway_rest_api\.[\w-]+\.execution_arn\}\/(authorizers\/\$\{aws_api_gateway_authorizer\.[\w-]+\.id\}|[\w-]+\/[A-Z]+\/.+)$/.test(
      String(arn),
    )
  );
}
