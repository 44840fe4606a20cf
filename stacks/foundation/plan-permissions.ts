/**
 * What the plan role may do in one account: read what a plan compares and what `doctor` examines. It changes and
 * calls nothing, and reads no item of the ledger, no secret, no log line.
 */
import type { Environment } from "#config/environment.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { externalBucketName, jwksBucketName, policyBucketName, roleArn, roleNames } from "#contract/names.ts";
import { statesIn } from "./state-access.ts";
import { allow, bucketArn, type Statement } from "./statements.ts";

export function planPermissions(environment: Environment, account: string): Statement[] {
  const { name, ca, apis } = environment;
  const states = statesIn(environment, account);
  const external = bucketArn(externalBucketName(name, ca.account));
  const policies = apis
    .filter((api) => api.account === account)
    .flatMap((api) => [
      `${bucketArn(policyBucketName(name, api.name, account))}/*`,
      ...(api.backend ? [`${bucketArn(jwksBucketName(name, api.name, account))}/*`] : []),
    ]);
  return [
    allow("ReadConfiguration", readActions, ["*"]),
    allow(
      "ReadStates",
      ["s3:GetObject"],
      states.flatMap((state) => [state, `${state}.tflock`]),
    ),
    ...(apis.length > 0
      ? [allow("ReadCaOutputs", ["sts:AssumeRole"], [roleArn(ca.account, roleNames.stateReader(name))])]
      : []),
    allow("ReadPublished", readObject, [
      `${external}/${externalKeys.truststore}`,
      `${external}/crl/*`,
      ...(account === ca.account ? [`${external}/certs/*`, `${external}/${externalKeys.desiredState}`] : []),
      ...policies,
    ]),
  ];
}

const readObject = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging"];

export const readActions = [
  ...["acm:Describe*", "acm:List*", "apigateway:GET"],
  ...["cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrailStatus"],
  ...["cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*"],
  ...["dynamodb:Describe*", "dynamodb:List*", "events:Describe*", "events:List*", "iam:Get*", "iam:List*"],
  ...[
    "kms:Describe*",
    "kms:Get*",
    "kms:List*",
    "lambda:Get*",
    "lambda:List*",
    "logs:Describe*",
    "logs:List*",
  ],
  ...["route53:Get*", "route53:List*"],
  ...["s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration"],
  ...[
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
    "s3:ListTagsForResource",
  ],
  ...["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
  ...["sns:Get*", "sns:List*", "sqs:GetQueueAttributes", "sqs:ListQueueTags", "wafv2:Get*", "wafv2:List*"],
];
