/**
 * Reads what is deployed in one account, for those who compare it with what it should be. It changes nothing; what
 * does not exist is `undefined`, every other failure the SDK's error.
 */
import { ACMClient, DescribeCertificateCommand } from "@aws-sdk/client-acm";
import {
  APIGatewayClient,
  GetAccountCommand,
  GetDomainNameCommand,
  paginateGetDeployments,
} from "@aws-sdk/client-api-gateway";
import { CloudWatchLogsClient, paginateDescribeLogGroups } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeRuleCommand,
  EventBridgeClient,
  ListTargetsByRuleCommand,
} from "@aws-sdk/client-eventbridge";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { accountTrails, type TrailReading } from "./account-trails.ts";
import { type BucketProtection, bucketProtection } from "./bucket-protection.ts";
import { type Connection, clientConfiguration } from "./connection.ts";
import { deployedAlarms } from "./deployed-alarms.ts";
import { DeployedApi } from "./deployed-api.ts";
import type { DeployedDomain } from "./deployed-api-model.ts";
import { DeployedFirewalls } from "./deployed-firewall.ts";
import { DeployedRoles, type RoleReading } from "./deployed-roles.ts";
import { stateOutputs } from "./terraform-state.ts";

export interface DomainReading extends DeployedDomain {
  readonly regionalDomainName?: string;
  readonly certificateArn?: string;
  readonly ownershipCertificateArn?: string;
}
export interface ServerCertificate {
  readonly status: string;
  readonly notAfter?: Date;
}
export interface ObjectReading {
  readonly body: Buffer;
  readonly version?: string;
}
export interface LogGroupReading {
  readonly name: string;
  /** Left out: kept for ever. */
  readonly retentionDays?: number;
}
export interface AlarmsReading {
  /** Names of the metric alarms that ring. */
  readonly ringing: readonly string[];
}
export interface ScheduleReading {
  readonly enabled: boolean;
  readonly expression: string;
  readonly targets: readonly string[];
}

export class DeploymentReader {
  readonly #connection: Connection;
  readonly #gateway: APIGatewayClient;
  readonly #s3: S3Client;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#gateway = new APIGatewayClient(clientConfiguration(connection));
    // An API may be in another region than the bucket of its CA.
    const reading = { forcePathStyle: true, followRegionRedirects: true };
    this.#s3 = new S3Client({ ...clientConfiguration(connection), ...reading });
  }

  /** A stack's outputs, from its state. */
  outputs(bucket: string, key: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    return stateOutputs(this.#connection, bucket, key);
  }

  bucketProtection(bucket: string): Promise<BucketProtection | undefined> {
    return bucketProtection(this.#connection, bucket);
  }

  /** The latest version when none is named. */
  async object(bucket: string, key: string, version?: string): Promise<ObjectReading | undefined> {
    return orNone(["NoSuchKey", "NoSuchVersion", "NoSuchBucket"], async () => {
      const { Body, VersionId } = await this.#s3.send(
        new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: version }),
      );
      const body = Body ? Buffer.from(await Body.transformToByteArray()) : Buffer.alloc(0);
      return { body, ...(VersionId ? { version: VersionId } : {}) };
    });
  }

  domain(domainName: string, account: string): Promise<DomainReading | undefined> {
    return orNone(["NotFoundException"], async () => {
      const domain = await this.#gateway.send(new GetDomainNameCommand({ domainName }));
      const { regionalDomainName, regionalCertificateArn, ownershipVerificationCertificateArn } = domain;
      return {
        ...(await new DeployedApi(this.#connection).read(domainName, account)),
        ...(regionalDomainName ? { regionalDomainName } : {}),
        ...(regionalCertificateArn ? { certificateArn: regionalCertificateArn } : {}),
        ...(ownershipVerificationCertificateArn
          ? { ownershipCertificateArn: ownershipVerificationCertificateArn }
          : {}),
      };
    });
  }

  /** Of a stack whose composite alarm bears its name; its parts, the name and a hyphen. */
  async alarms(stack: string): Promise<AlarmsReading | undefined> {
    const { metrics, composites } = await deployedAlarms(this.#connection, stack);
    if (!composites.some(({ AlarmName }) => AlarmName === stack)) return undefined;
    const ringing = metrics.filter(({ StateValue }) => StateValue === "ALARM");
    return { ringing: ringing.flatMap(({ AlarmName }) => AlarmName ?? []) };
  }

  /** The id of an API's newest deployment. */
  async newestDeployment(restApiId: string): Promise<string | undefined> {
    const all: { id?: string | undefined; createdDate?: Date | undefined }[] = [];
    for await (const page of paginateGetDeployments({ client: this.#gateway }, { restApiId, limit: 500 }))
      all.push(...(page.items ?? []));
    const time = (date: Date | undefined) => date?.getTime() ?? 0;
    return all.sort((a, b) => time(b.createdDate) - time(a.createdDate))[0]?.id;
  }

  /** The web ACL in front of a stage, by its ARN. */
  async webAcl(stageArn: string): Promise<string | undefined> {
    return (await new DeployedFirewalls(this.#connection).read(stageArn))?.arn;
  }

  /** The role by which API Gateway writes execution logs: one an account and region. */
  async loggingRole(): Promise<string | undefined> {
    return (await this.#gateway.send(new GetAccountCommand({}))).cloudwatchRoleArn || undefined;
  }

  serverCertificate(arn: string): Promise<ServerCertificate | undefined> {
    return orNone(["ResourceNotFoundException"], async () => {
      const { Certificate } = await new ACMClient(clientConfiguration(this.#connection)).send(
        new DescribeCertificateCommand({ CertificateArn: arn }),
      );
      return {
        status: Certificate?.Status ?? "unknown",
        ...(Certificate?.NotAfter ? { notAfter: Certificate.NotAfter } : {}),
      };
    });
  }

  /** Where a name's CNAME record points, in a public zone of this account. */
  async cname(zone: string, name: string): Promise<string | undefined> {
    const client = new Route53Client(clientConfiguration(this.#connection));
    const { HostedZones } = await client.send(new ListHostedZonesByNameCommand({ DNSName: zone }));
    const found = HostedZones?.find((one) => one.Name === `${zone}.` && one.Config?.PrivateZone !== true);
    if (!found) return undefined;
    const { ResourceRecordSets } = await client.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: found.Id,
        StartRecordName: name,
        StartRecordType: "CNAME",
      }),
    );
    const record = ResourceRecordSets?.find((one) => one.Name === `${name}.` && one.Type === "CNAME");
    return record?.ResourceRecords?.[0]?.Value?.replace(/\.$/, "");
  }

  functionEnvironment(name: string): Promise<Readonly<Record<string, string>> | undefined> {
    return orNone(["ResourceNotFoundException"], async () => {
      const { Environment } = await new LambdaClient(clientConfiguration(this.#connection)).send(
        new GetFunctionConfigurationCommand({ FunctionName: name }),
      );
      return Environment?.Variables ?? {};
    });
  }

  async logGroups(prefix: string): Promise<readonly LogGroupReading[]> {
    const client = new CloudWatchLogsClient(clientConfiguration(this.#connection));
    const found: LogGroupReading[] = [];
    for await (const page of paginateDescribeLogGroups({ client }, { logGroupNamePrefix: prefix }))
      for (const { logGroupName, retentionInDays } of page.logGroups ?? [])
        found.push({
          name: logGroupName as string,
          ...(retentionInDays ? { retentionDays: retentionInDays } : {}),
        });
    return found;
  }

  role(name: string): Promise<RoleReading | undefined> {
    return new DeployedRoles(this.#connection).role(name);
  }

  managedPolicy(arn: string): Promise<string | undefined> {
    return new DeployedRoles(this.#connection).policy(arn);
  }

  oidcAudiences(provider: string): Promise<readonly string[] | undefined> {
    return new DeployedRoles(this.#connection).oidcAudiences(provider);
  }

  trails(): Promise<readonly TrailReading[]> {
    return accountTrails(this.#connection);
  }

  schedule(rule: string): Promise<ScheduleReading | undefined> {
    return orNone(["ResourceNotFoundException"], async () => {
      const client = new EventBridgeClient(clientConfiguration(this.#connection));
      const { State, ScheduleExpression } = await client.send(new DescribeRuleCommand({ Name: rule }));
      const { Targets } = await client.send(new ListTargetsByRuleCommand({ Rule: rule }));
      return {
        enabled: State === "ENABLED",
        expression: ScheduleExpression ?? "",
        targets: (Targets ?? []).map((one) => one.Arn as string),
      };
    });
  }
}

async function orNone<T>(names: readonly string[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (names.includes((error as Error).name)) return undefined;
    throw error;
  }
}
