/**
 * Attempts of the roles that deploy, plan and enter, for tests of permissions: what none of them may do, and one
 * harmless change a service for whoever reads only. An attempt that is allowed fails its test, so that what it
 * changes does not matter.
 */
import { ACMClient, RequestCertificateCommand } from "@aws-sdk/client-acm";
import {
  APIGatewayClient,
  CreateRestApiCommand,
  DeleteRestApiCommand,
  UpdateAccountCommand,
} from "@aws-sdk/client-api-gateway";
import { CloudWatchClient, PutDashboardCommand } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  FilterLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutRuleCommand } from "@aws-sdk/client-eventbridge";
import {
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { InvokeCommand, LambdaClient, PublishVersionCommand } from "@aws-sdk/client-lambda";
import { ChangeResourceRecordSetsCommand, Route53Client } from "@aws-sdk/client-route-53";
import { DeleteBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { CreateIPSetCommand, WAFV2Client } from "@aws-sdk/client-wafv2";
import { assumeRole } from "./assume-role.ts";
import { type Attempt, attempt } from "./attempts.ts";
import { type Connection, clientConfiguration } from "./connection.ts";

const everything = policy({ Effect: "Allow", Action: "*", Resource: "*" });
const trustIn = (arn: string) =>
  policy({ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: arn } });

function policy(statement: object): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

const iam = (connection: Connection) => new IAMClient(clientConfiguration(connection));

export const roleAttempts = {
  assume: (arn: string): Attempt => attempt((connection) => assumeRole(connection, arn)),

  /** By a token with these claims; on AWS it is GitHub's signature that makes it one. */
  enter: (RoleArn: string, claims: object): Attempt =>
    attempt((connection) => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
      return new STSClient(clientConfiguration(connection)).send(
        new AssumeRoleWithWebIdentityCommand({
          ...{ RoleArn, RoleSessionName: "attempt" },
          WebIdentityToken: `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.c2lnbmF0dXJl`,
        }),
      );
    }),

  createRole: (RoleName: string, PermissionsBoundary: string | undefined, trusted: string): Attempt =>
    attempt((connection) =>
      iam(connection).send(
        new CreateRoleCommand({ RoleName, PermissionsBoundary, AssumeRolePolicyDocument: trustIn(trusted) }),
      ),
    ),
  giveEverything: (RoleName: string): Attempt =>
    attempt((connection) =>
      iam(connection).send(
        new PutRolePolicyCommand({ RoleName, PolicyName: RoleName, PolicyDocument: everything }),
      ),
    ),
  trust: (RoleName: string, trusted: string): Attempt =>
    attempt((connection) =>
      iam(connection).send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trustIn(trusted) })),
    ),
  takeOffBoundary: (RoleName: string): Attempt =>
    attempt((connection) => iam(connection).send(new DeleteRolePermissionsBoundaryCommand({ RoleName }))),
  exchangeBoundary: (RoleName: string, PermissionsBoundary: string): Attempt =>
    attempt((connection) =>
      iam(connection).send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary })),
    ),
  widenPolicy: (PolicyArn: string): Attempt =>
    attempt((connection) =>
      iam(connection).send(
        new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: everything, SetAsDefault: true }),
      ),
    ),
  createUser: (UserName: string): Attempt =>
    attempt((connection) => iam(connection).send(new CreateUserCommand({ UserName }))),
  removeRole: (RoleName: string): Attempt =>
    attempt(async (connection) => {
      await iam(connection).send(new DeleteRolePolicyCommand({ RoleName, PolicyName: RoleName }));
      await iam(connection).send(new DeleteRoleCommand({ RoleName }));
    }),

  readItem: (TableName: string): Attempt =>
    attempt((connection) =>
      new DynamoDBClient(clientConfiguration(connection)).send(
        new GetItemCommand({ TableName, Key: { pk: { S: "x" }, sk: { S: "x" } } }),
      ),
    ),
  writeItem: (TableName: string): Attempt =>
    attempt((connection) =>
      new DynamoDBClient(clientConfiguration(connection)).send(
        new PutItemCommand({ TableName, Item: { pk: { S: "x" }, sk: { S: "x" } } }),
      ),
    ),
  invoke: (FunctionName: string): Attempt =>
    attempt((connection) =>
      new LambdaClient(clientConfiguration(connection)).send(
        new InvokeCommand({ FunctionName, Payload: Buffer.from("{}") }),
      ),
    ),
  publishVersion: (FunctionName: string): Attempt =>
    attempt((connection) =>
      new LambdaClient(clientConfiguration(connection)).send(new PublishVersionCommand({ FunctionName })),
    ),
  readLog: (logGroupName: string): Attempt =>
    attempt((connection) =>
      new CloudWatchLogsClient(clientConfiguration(connection)).send(
        new FilterLogEventsCommand({ logGroupName }),
      ),
    ),
  createLogGroup: (logGroupName: string): Attempt =>
    attempt((connection) =>
      new CloudWatchLogsClient(clientConfiguration(connection)).send(
        new CreateLogGroupCommand({ logGroupName }),
      ),
    ),
  removeBucketPolicy: (Bucket: string): Attempt =>
    attempt((connection) =>
      new S3Client({ ...clientConfiguration(connection), forcePathStyle: true }).send(
        new DeleteBucketPolicyCommand({ Bucket }),
      ),
    ),
  createKey: (): Attempt =>
    attempt((connection) => new KMSClient(clientConfiguration(connection)).send(new CreateKeyCommand({}))),
  putRule: (Name: string): Attempt =>
    attempt((connection) =>
      new EventBridgeClient(clientConfiguration(connection)).send(
        new PutRuleCommand({ Name, ScheduleExpression: "rate(1 day)", State: "DISABLED" }),
      ),
    ),
  putDashboard: (DashboardName: string): Attempt =>
    attempt((connection) =>
      new CloudWatchClient(clientConfiguration(connection)).send(
        new PutDashboardCommand({ DashboardName, DashboardBody: '{"widgets":[]}' }),
      ),
    ),
  createRestApi: (name: string): Attempt =>
    attempt((connection) =>
      new APIGatewayClient(clientConfiguration(connection)).send(new CreateRestApiCommand({ name })),
    ),
  makeAndRemoveRestApi: (name: string): Attempt =>
    attempt(async (connection) => {
      const gateway = new APIGatewayClient(clientConfiguration(connection));
      const { id: restApiId } = await gateway.send(new CreateRestApiCommand({ name }));
      await gateway.send(new DeleteRestApiCommand({ restApiId }));
    }),
  setLoggingRole: (value: string): Attempt =>
    attempt((connection) =>
      new APIGatewayClient(clientConfiguration(connection)).send(
        new UpdateAccountCommand({ patchOperations: [{ op: "replace", path: "/cloudwatchRoleArn", value }] }),
      ),
    ),
  requestCertificate: (DomainName: string): Attempt =>
    attempt((connection) =>
      new ACMClient(clientConfiguration(connection)).send(new RequestCertificateCommand({ DomainName })),
    ),
  createIpSet: (Name: string): Attempt =>
    attempt((connection) =>
      new WAFV2Client(clientConfiguration(connection)).send(
        new CreateIPSetCommand({ Name, Scope: "REGIONAL", IPAddressVersion: "IPV4", Addresses: [] }),
      ),
    ),
  changeRecord: (HostedZoneId: string, Name: string): Attempt =>
    attempt((connection) =>
      new Route53Client(clientConfiguration(connection)).send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId,
          ChangeBatch: {
            Changes: [
              {
                Action: "UPSERT",
                ResourceRecordSet: {
                  ...{ Name, Type: "CNAME", TTL: 60 },
                  ResourceRecords: [{ Value: "elsewhere.example.org" }],
                },
              },
            ],
          },
        }),
      ),
    ),
} as const;
