/**
 * Every role of the stacks carries its environment's boundary, and needs nothing that the boundary does not let
 * through: on AWS such a permission would be there to read, and denied.
 */
import { atoms, covers } from "#cli/review/policies/cover.ts";
import { fromDocument, fromJson, type Statement } from "#cli/review/policies/statement.ts";
import type { JsonObject } from "#cli/review/stack.ts";
import { boundaryArn } from "#contract/names.ts";
import { boundaryStatements } from "#stacks/foundation/boundary.ts";
import { at, dataSources, resources, type Synthesized } from "../synthesized.ts";
import { resolvedArn } from "./resolved-arns.ts";
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
    {
      defect: "an action of another service's on its own resource",
      kind: "ca",
      make: (json) => {
        at(json, "aws_iam_policy_document", "functions/ca-issue/permissions").statement[0].actions.push(
          "kms:Sign",
        );
      },
    },
    {
      defect: "another bucket",
      kind: "api",
      make: (json) => {
        at(json, "aws_iam_policy_document", "authorizer/function/permissions").statement.push({
          ...{ sid: "Theirs", actions: ["s3:GetObject"], resources: ["arn:aws:s3:::somebody-elses/*"] },
        });
      },
    },
    {
      defect: "everything",
      kind: "ca",
      make: (json) => {
        at(json, "aws_iam_policy_document", "functions/ca-revoke/permissions").statement[0].resources = ["*"];
      },
    },
    {
      defect: "a resource that nobody can tell",
      kind: "ca",
      make: (json) => {
        at(json, "aws_iam_policy_document", "functions/ca-revoke/permissions").statement[0].resources = [
          `\${aws_sqs_queue.x.arn}`,
        ];
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

/** Each action on each resource is reached by one statement of the boundary, whatever conditions the role adds. */
function beyond(stack: Synthesized): string[] {
  const boundary = fromJson({
    Version: "2012-10-17",
    Statement: boundaryStatements(stack.environment, accountOf(stack)) as unknown as JsonObject[],
  });
  if ("opaque" in boundary) return [`the boundary cannot be read: ${boundary.opaque}`];
  return dataSources(stack.json, "aws_iam_policy_document")
    .filter(({ attributes }) => attributes["//"].metadata.path.endsWith("/permissions"))
    .flatMap(({ address, attributes: { "//": _, ...document } }) => {
      const policy = fromDocument(document);
      if ("opaque" in policy) return [`${address}: cannot be read: ${policy.opaque}`];
      return policy.statements.flatMap((one) => outside(stack, one, boundary.statements, address));
    });
}

function outside(
  stack: Synthesized,
  statement: Statement,
  boundary: readonly Statement[],
  address: string,
): string[] {
  const values = statement.resources.values.map((one) => resolvedArn(stack, one) ?? one);
  const unknown = values.filter((one) => /\$\{/.test(one));
  if (unknown.length > 0)
    return unknown.map((one) => `${address}: ${one} cannot be compared: resolved-arns.ts`);
  const all = atoms({ ...statement, resources: { ...statement.resources, values } });
  if (!all) return [`${address}: too large to compare`];
  return all
    .filter((atom) => !boundary.some((one) => covers(one, atom)))
    .map(
      ({ action, resource }) =>
        `${address}: ${action.values} on ${resource.values} is not within stacks/foundation/boundary.ts`,
    );
}

const accountOf = ({ json }: Synthesized): string => json.provider.aws[0].allowed_account_ids[0];
