/**
 * Every role of the stacks carries its environment's boundary, and needs nothing that the boundary does not let
 * through: on AWS such a permission would be there to read, and denied.
 */
import { boundaryArn } from "#contract/names.ts";
import { boundaryStatements } from "#stacks/foundation/boundary.ts";
import { at, dataSources, resources, type Synthesized, statements } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

export const rolesStayWithinTheBoundary: Rule = {
  name: "roles stay within the boundary",
  kinds: ["ca", "api"],
  check: (stack) => [...unbounded(stack), ...beyond(stack)],
  controls: [
    {
      defect: "a role without it",
      kind: "ca",
      make: (json) => {
        delete at(json, "aws_iam_role", "functions/ca-issue/role").permissions_boundary;
      },
    },
    {
      defect: "the boundary of another environment",
      kind: "api",
      make: (json) => {
        at(json, "aws_iam_role", "authorizer/function/role").permissions_boundary =
          "arn:aws:iam::222222222222:policy/mtls-api-dev-boundary";
      },
    },
    {
      defect: "a role that makes roles",
      kind: "ca",
      make: (json) => {
        at(json, "aws_iam_policy_document", "functions/ca-issue/permissions").statement[1].actions.push(
          "iam:CreateRole",
        );
      },
    },
  ],
};

function unbounded(stack: Synthesized): string[] {
  const boundary = boundaryArn(accountOf(stack), stack.environment.name);
  return resources(stack.json, "aws_iam_role")
    .filter(({ attributes }) => attributes.permissions_boundary !== boundary)
    .map(({ address }) => `${address}: not within ${boundary}`);
}

function beyond(stack: Synthesized): string[] {
  const within = boundaryStatements(stack.environment, accountOf(stack)).flatMap(({ Action }) => Action);
  return dataSources(stack.json, "aws_iam_policy_document")
    .filter(({ attributes }) => attributes["//"].metadata.path.endsWith("/permissions"))
    .flatMap(({ address, attributes }) =>
      statements(attributes)
        .flatMap(({ actions }) => actions)
        .filter((action) => !within.includes(action))
        .map((action) => `${address}: ${action} is not within stacks/foundation/boundary.ts`),
    );
}

const accountOf = ({ json }: Synthesized): string => json.provider.aws[0].allowed_account_ids[0];
