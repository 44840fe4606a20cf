/**
 * What each role may do at most, written a second time: a permission that is added in stacks/ must be added here,
 * and is seen twice by whoever reviews it.
 */
import { at, dataSources, resources, type Synthesized, statements } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

const ownLog = ["logs:CreateLogStream", "logs:PutLogEvents"];

/** By the construct's path inside its stack. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  "functions/ca-reconcile": [
    ...ownLog,
    "events:PutEvents",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "s3:GetObject",
    "s3:PutObject",
    "kms:Sign",
    "kms:GetPublicKey",
    "lambda:InvokeFunction",
  ],
  "functions/ca-issue": [
    ...ownLog,
    "events:PutEvents",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "s3:GetObject",
    "s3:PutObject",
    "kms:Sign",
  ],
  "functions/ca-revoke": [
    ...ownLog,
    "events:PutEvents",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "lambda:InvokeFunction",
  ],
  "functions/ca-publish": [
    ...ownLog,
    "events:PutEvents",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
    "s3:GetObject",
    "s3:PutObject",
    "kms:Sign",
  ],
  "engine/ca-mirror": [...ownLog, "s3:GetObject", "s3:PutObject"],
  "state-reader": ["s3:GetObject"],
  "authorizer/function": [...ownLog, "s3:GetObject", "s3:GetObjectVersion"],
  "private-edge/api/function": [
    ...ownLog,
    "s3:GetObject",
    "s3:GetObjectVersion",
    "secretsmanager:GetSecretValue",
  ],
  "private-edge/fleet/role": [
    "s3:GetObject",
    "s3:GetObjectVersion",
    "secretsmanager:GetSecretValue",
    ...ownLog,
    "logs:DescribeLogStreams",
    "cloudwatch:PutMetricData",
    "ssm:UpdateInstanceInformation",
    ...["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"].map(
      (one) => `ssmmessages:${one}`,
    ),
    ...["GetEndpoint", "GetMessages", "AcknowledgeMessage"].map((one) => `ec2messages:${one}`),
  ],
  "watch/function": [
    ...ownLog,
    "apigateway:GET",
    "acm:DescribeCertificate",
    "s3:GetObject",
    "s3:GetObjectVersion",
  ],
  "functions/api-response": [...ownLog],
  "functions/customer-info": [...ownLog],
  "functions/time": [...ownLog],
};

export const rolesAreLeastPrivilege: Rule = {
  name: "roles are least privilege",
  // What the foundation's roles may do: test/unit/foundation.
  kinds: ["ca", "api"],
  check: (stack) => [...tooMuch(stack), ...otherWays(stack)],
  controls: [
    {
      defect: "the authorizer may write",
      kind: "api",
      make: (json) => {
        at(json, "aws_iam_policy_document", "authorizer/function/permissions").statement[1].actions.push(
          "s3:PutObject",
        );
      },
    },
    {
      defect: "ca-revoke may delete from the ledger",
      kind: "ca",
      make: (json) => {
        at(json, "aws_iam_policy_document", "functions/ca-revoke/permissions").statement[1].actions.push(
          "dynamodb:DeleteItem",
        );
      },
    },
    {
      defect: "a managed policy",
      kind: "ca",
      make: (json) => {
        json.resource.aws_iam_role_policy_attachment = {
          extra: { role: "x", policy_arn: "arn:aws:iam::aws:policy/AdministratorAccess" },
        };
      },
    },
    {
      defect: "a role that this table does not know",
      kind: "api",
      make: (json) => {
        at(json, "aws_iam_policy_document", "functions/api-response/permissions")["//"].metadata.path =
          "local-api/routes/other/permissions";
      },
    },
  ],
};

function tooMuch({ json, name }: Synthesized): string[] {
  return dataSources(json, "aws_iam_policy_document").flatMap(({ address, attributes }) => {
    const path: string = attributes["//"].metadata.path;
    if (!path.endsWith("/permissions")) return [];
    const construct = path.slice(name.length + 1, -"/permissions".length);
    const may = [
      ...(allowed[construct] ?? []),
      // The key of backend tokens; which key: kms-sign-only-by-functions.
      ...(/^(authorizer|private-edge\/api)\/function$/.test(construct) &&
      resources(json, "aws_kms_key").length > 0
        ? ["kms:Sign"]
        : []),
    ];
    const does = statements(attributes).flatMap(({ actions }) => actions);
    return [
      ...does.filter((action) => !may.includes(action)).map((action) => `${address}: ${action}`),
      ...may.filter((action) => !does.includes(action)).map((action) => `${address}: ${action} is not used`),
    ];
  });
}

/** Permissions come in one way only: a policy document beside the role. */
function otherWays({ json }: Synthesized): string[] {
  return [
    ...[
      "aws_iam_role_policy_attachment",
      "aws_iam_policy",
      "aws_iam_user",
      "aws_iam_access_key",
      "aws_kms_grant",
    ]
      .flatMap((type) => resources(json, type))
      .map(({ address }) => `${address}: permissions are given beside their role only`),
    ...resources(json, "aws_iam_role")
      .filter(({ attributes }) => attributes.managed_policy_arns || attributes.inline_policy)
      .map(({ address }) => `${address}: permissions inside the role`),
  ];
}
