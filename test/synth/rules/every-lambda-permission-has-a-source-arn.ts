/**
 * AWS services call functions by a resource policy, each for one source: never "any API of any account". People and
 * programs are named, and call an alias, never the function itself.
 */
import { at, type Json, resources } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

const services = ["apigateway.amazonaws.com", "events.amazonaws.com"];

export const everyLambdaPermissionHasASourceArn: Rule = {
  name: "every Lambda permission has a source ARN",
  check: ({ json }) =>
    resources(json, "aws_lambda_permission").flatMap(({ address, attributes }) => [
      ...(isNamedCaller(attributes) ? [] : ofService(address, attributes)),
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
        at(json, "aws_lambda_permission", "functions/api-response/routes-post-api").source_arn =
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
    {
      defect: "an operator may call the function itself",
      kind: "ca",
      make: (json) => {
        delete at(json, "aws_lambda_permission", "functions/ca-issue/alias-operator-1").qualifier;
      },
    },
    {
      defect: "everybody may call an alias",
      kind: "ca",
      make: (json) => {
        at(json, "aws_lambda_permission", "functions/ca-issue/alias-operator-1").principal = "*";
      },
    },
  ],
};

function ofService(address: string, { principal, source_arn: source }: Json): string[] {
  return [
    ...(isExact(source) ? [] : [`${address}: source ARN ${JSON.stringify(source)}`]),
    ...(services.includes(principal) ? [] : [`${address}: principal ${JSON.stringify(principal)}`]),
  ];
}

/** One role, user or account's root, on one alias; a source would mean nothing. */
function isNamedCaller({ principal, qualifier, source_arn: source }: Json): boolean {
  return (
    /^arn:aws:iam::\d{12}:(root|(role|user)\/[\w+=,.@/-]+)$/.test(String(principal)) &&
    /^\$\{aws_lambda_alias\.[\w-]+\.name\}$/.test(String(qualifier)) &&
    source === undefined
  );
}

/** An event rule; or, of this API, an authorizer, or a stage with method and path. */
function isExact(arn: unknown): boolean {
  return (
    /^\$\{aws_cloudwatch_event_rule\.[\w-]+\.arn\}$/.test(String(arn)) ||
    /^\$\{aws_api_gateway_rest_api\.[\w-]+\.execution_arn\}\/(authorizers\/\$\{aws_api_gateway_authorizer\.[\w-]+\.id\}|[\w-]+\/[A-Z]+\/.+)$/.test(
      String(arn),
    )
  );
}
