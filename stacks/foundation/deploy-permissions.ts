/**
 * What the deploy role may do in one account: make, change and destroy what the environment's stacks hold, by their
 * names (`<environment>-…`). It cannot sign, read or write the ledger's items, call a function but ca-reconcile,
 * write truststore or CRLs, touch another environment's resources, or anything of the foundation (`mtls-api-…`).
 * The roles that it makes carry the boundary, which it can neither take off nor change.
 *
 * Not closed: within the boundary it decides what its roles may do, who may assume them and what their functions
 * run, and it writes the policies of its keys. Whoever deploys the CA could sign with it; what is deployed is held by
 * review of the committed Terraform.
 */
import { hasPrivateApi } from "#config/edge-roles.ts";
import type { Environment } from "#config/environment.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import {
  boundaryArn,
  caFunctionName,
  executionLogName,
  externalBucketName,
  roleArn,
  roleNames,
} from "#contract/names.ts";
import { readActions } from "./plan-permissions.ts";
import { recordStatements } from "./records.ts";
import { statesIn } from "./state-access.ts";
import { allow, bucketArn, type Statement } from "./statements.ts";

export function deployPermissions(environment: Environment, account: string): Statement[] {
  const { name, ca, apis } = environment;
  const own = (service: string, resource: string) => `arn:aws:${service}:*:${account}:${resource}`;
  const external = bucketArn(externalBucketName(name, ca.account));
  const state = statesIn(environment, account);
  return [
    allow("ReadConfiguration", readActions, ["*"]),
    allow("States", ["s3:GetObject", "s3:PutObject"], state),
    allow(
      "StateLocks",
      ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      state.map((key) => `${key}.tflock`),
    ),
    allow("Functions", changes.lambda, [own("lambda", `function:${name}-*`)]),
    allow("Roles", changes.iam, [roleArn(account, `${name}-*`)]),
    allow("RolesWithinBoundary", changes.boundedIam, [roleArn(account, `${name}-*`)], {
      StringEquals: { "iam:PermissionsBoundary": boundaryArn(account, name) },
    }),
    allow("RolesOfFunctions", ["iam:PassRole"], [roleArn(account, `${name}-*`)], {
      StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" },
    }),
    allow("LogGroups", changes.logs, [
      own("logs", `log-group:/aws/lambda/${name}-*`),
      own("logs", `log-group:/mtls-api/${name}-*`),
      own("logs", `log-group:aws-waf-logs-${name}-*`),
    ]),
    allow("Buckets", changes.s3, [`${bucketArn(name)}-*`]),
    allow("Alarms", changes.cloudwatch, [
      own("cloudwatch", `alarm:${name}-*`),
      `arn:aws:cloudwatch::${account}:dashboard/${name}-*`,
    ]),
    allow("Rules", changes.events, [own("events", `rule/${name}-*`), own("events", `event-bus/${name}-*`)]),
    allow("Topics", changes.sns, [own("sns", `${name}-*`)]),
    // AWS knows no resource for it.
    allow("Unsubscribe", ["sns:Unsubscribe"], ["*"]),
    // A key has no name of ours: who signs with it is said by its policy, which gives the account no Sign.
    allow("Keys", ["kms:CreateKey"], ["*"]),
    allow("KeyAdministration", changes.kms, [own("kms", "key/*"), own("kms", `alias/${name}-*`)]),
    ...(account === ca.account ? caStatements(environment, own, external) : []),
    ...(apis.some((api) => api.account === account)
      ? apiStatements(environment, account, own, external)
      : []),
  ];
}

type Own = (service: string, resource: string) => string;

/** What Terraform itself puts into the external bucket, by engine; everything else there has another writer. */
const writtenByTerraform = {
  kms: [externalKeys.desiredState],
  tls: [externalKeys.truststore],
  existing: [
    externalKeys.truststore,
    externalKeys.incomingCrl("*", "root"),
    externalKeys.incomingCrl("*", "issuing"),
  ],
} as const;

function caStatements({ name, ca }: Environment, own: Own, external: string): Statement[] {
  const invoked = ca.engine.kind === "existing" ? "ca-mirror" : "ca-reconcile";
  const reconcile = own("lambda", `function:${caFunctionName(name, invoked)}`);
  return [
    allow("Reconcile", ["lambda:InvokeFunction"], [reconcile, `${reconcile}:*`]),
    allow("Ledger", changes.dynamodb, [own("dynamodb", `table/${name}-*`)]),
    allow(
      "WrittenByTerraform",
      [...readObject, "s3:PutObject", "s3:PutObjectTagging"],
      writtenByTerraform[ca.engine.kind].map((key) => `${external}/${key}`),
    ),
    allow("PublishedTruststore", readObject, [`${external}/${externalKeys.truststore}`]),
    // A sandbox is destroyed with what its buckets hold; elsewhere the bucket's policy or Terraform refuses it.
    allow("EmptyBuckets", ["s3:DeleteObject", "s3:DeleteObjectVersion"], [`${external}/*`]),
  ];
}

function apiStatements(environment: Environment, account: string, own: Own, external: string): Statement[] {
  const { name, ca } = environment;
  const apis = environment.apis.filter((api) => api.account === account);
  const domains = apis.filter((api) => api.zone.account === undefined).map((api) => api.domain);
  const regions = [...new Set(apis.map((api) => api.region))];
  return [
    allow(
      "Gateway",
      [
        ...["POST", "PUT", "PATCH", "DELETE", "SetWebACL"],
        ...(apis.some(hasPrivateApi) ? ["UpdateRestApiPolicy"] : []),
      ].map((one) => `apigateway:${one}`),
      // API Gateway gives its resources ids, not names. Not `/account`: its logging role is the foundation's.
      regions.flatMap((region) =>
        gatewayResources.flatMap((one) => [
          `arn:aws:apigateway:${region}::/${one}`,
          `arn:aws:apigateway:${region}::/${one}/*`,
        ]),
      ),
    ),
    // Setting a domain's truststore is permission of its own.
    allow(
      "MutualTls",
      ["apigateway:AddCertificateToDomain", "apigateway:RemoveCertificateFromDomain"],
      ["*"],
    ),
    // Named by API Gateway, after an id and the stage.
    allow("ExecutionLogs", changes.logs, [
      ...new Set(apis.map((api) => own("logs", `log-group:${executionLogName("*", api.stage)}*`))),
    ]),
    allow("Certificates", changes.acm, ["*"]),
    ...recordStatements(domains),
    allow("Firewall", changes.wafv2, [
      own("wafv2", "*"),
      ...regions.map((region) => `arn:aws:apigateway:${region}::/restapis/*/stages/*`),
    ]),
    // WAF has its log group admit it, in the name of whoever asks for the log.
    allow(
      "FirewallLog",
      ["logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:PutResourcePolicy"],
      ["*"],
    ),
    allow(
      "FirewallLogRole",
      ["iam:CreateServiceLinkedRole"],
      [roleArn(account, "aws-service-role/wafv2.amazonaws.com/*")],
      { StringEquals: { "iam:AWSServiceName": "wafv2.amazonaws.com" } },
    ),
    allow("Secrets", changes.secretsmanager, [own("secretsmanager", `secret:${name}-*`)]),
    allow(
      "Policies",
      ["s3:*Object", "s3:*ObjectTagging", "s3:GetObjectVersion", "s3:DeleteObjectVersion"],
      [...apis.map((api) => `${bucketArn(`${name}-${api.name}`)}-*/*`)],
    ),
    allow("CaTruststore", readObject, [`${external}/${externalKeys.truststore}`]),
    allow("CaOutputs", ["sts:AssumeRole"], [roleArn(ca.account, roleNames.stateReader(name))]),
  ];
}

const gatewayResources = ["restapis", "domainnames", "usageplans", "apikeys", "vpclinks", "tags"];

const readObject = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging"];

const service = (name: string, actions: string): string[] =>
  actions.split(" ").map((action) => `${name}:${action}`);

/** By service: what makes, changes and destroys; reading is in `readActions`. */
const changes = {
  acm: service("acm", "RequestCertificate DeleteCertificate AddTagsToCertificate RemoveTagsFromCertificate"),
  cloudwatch: service(
    "cloudwatch",
    "PutMetricAlarm PutCompositeAlarm DeleteAlarms PutDashboard DeleteDashboards TagResource UntagResource",
  ),
  dynamodb: service(
    "dynamodb",
    "CreateTable UpdateTable DeleteTable UpdateContinuousBackups UpdateTimeToLive TagResource UntagResource",
  ),
  events: service(
    "events",
    "PutRule DeleteRule EnableRule DisableRule PutTargets RemoveTargets CreateEventBus DeleteEventBus TagResource UntagResource",
  ),
  iam: service("iam", "DeleteRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy TagRole UntagRole"),
  /** Only for roles that carry the boundary; to put it on again is no way to take it off. */
  boundedIam: service("iam", "CreateRole PutRolePolicy DeleteRolePolicy PutRolePermissionsBoundary"),
  kms: service(
    "kms",
    "CreateAlias UpdateAlias DeleteAlias PutKeyPolicy UpdateKeyDescription EnableKey DisableKey EnableKeyRotation DisableKeyRotation ScheduleKeyDeletion CancelKeyDeletion TagResource UntagResource",
  ),
  lambda: service(
    "lambda",
    "CreateFunction DeleteFunction UpdateFunctionCode UpdateFunctionConfiguration PublishVersion CreateAlias UpdateAlias DeleteAlias AddPermission RemovePermission PutFunctionConcurrency DeleteFunctionConcurrency TagResource UntagResource",
  ),
  logs: service(
    "logs",
    "CreateLogGroup DeleteLogGroup AssociateKmsKey DisassociateKmsKey PutRetentionPolicy DeleteRetentionPolicy PutMetricFilter DeleteMetricFilter TagResource UntagResource",
  ),
  s3: service(
    "s3",
    "CreateBucket DeleteBucket ListBucketVersions PutBucketVersioning PutEncryptionConfiguration PutBucketOwnershipControls PutBucketPublicAccessBlock PutBucketPolicy DeleteBucketPolicy PutLifecycleConfiguration PutBucketTagging",
  ),
  secretsmanager: service(
    "secretsmanager",
    "CreateSecret DeleteSecret UpdateSecret PutResourcePolicy DeleteResourcePolicy TagResource UntagResource",
  ),
  sns: service("sns", "CreateTopic DeleteTopic SetTopicAttributes Subscribe TagResource UntagResource"),
  wafv2: service(
    "wafv2",
    "CreateWebACL UpdateWebACL DeleteWebACL CreateIPSet UpdateIPSet DeleteIPSet AssociateWebACL DisassociateWebACL PutLoggingConfiguration DeleteLoggingConfiguration TagResource UntagResource",
  ),
} as const;
