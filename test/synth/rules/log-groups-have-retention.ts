/** A log that nobody ends is a cost and, in time, a store of personal data; a group that AWS makes has no end. */
import { at, resources } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

export const logGroupsHaveRetention: Rule = {
  name: "log groups have a retention",
  check: ({ json }) => {
    const groups = resources(json, "aws_cloudwatch_log_group");
    return [
      ...groups
        .filter(({ attributes }) => !(attributes.retention_in_days >= 1))
        .map(({ address }) => `${address}: no retention`),
      // A function without a group of its own would be given one without retention.
      ...resources(json, "aws_lambda_function")
        .filter(({ attributes }) => {
          const group = groups.find(
            ({ attributes: { name } }) => name === `/aws/lambda/${attributes.function_name}`,
          );
          return !group || attributes.logging_config?.log_group !== `\${${group.address}.name}`;
        })
        .map(({ address }) => `${address}: no log group of its own`),
      // A stage that logs its executions likewise.
      ...resources(json, "aws_api_gateway_stage")
        .filter(({ attributes: { rest_api_id, stage_name } }) => {
          const name = `API-Gateway-Execution-Logs_${rest_api_id}/${stage_name}`;
          return !groups.some(({ attributes }) => attributes.name === name);
        })
        .map(({ address }) => `${address}: no log group for its executions`),
    ];
  },
  controls: [
    {
      defect: "executions logged into a group that API Gateway makes",
      kind: "api",
      make: (json) => {
        at(json, "aws_cloudwatch_log_group", "stage/execution-log").name = "other";
      },
    },
    {
      defect: "kept for ever",
      kind: "api",
      make: (json) => {
        at(json, "aws_cloudwatch_log_group", "stage/access-log").retention_in_days = 0;
      },
    },
    {
      defect: "a function without a group",
      kind: "ca",
      make: (json) => {
        at(json, "aws_lambda_function", "functions/ca-issue/function").logging_config = undefined;
      },
    },
  ],
};
