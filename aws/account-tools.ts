/**
 * What the checks of `npm start -- --check` do to an account besides calling the API: look into buckets, logs and
 * policies, call functions directly, play the attacker who has got hold of a bucket. Never part of a bundle.
 */
import {
  APIGatewayClient,
  DeleteBasePathMappingCommand,
  UpdateRestApiCommand,
} from "@aws-sdk/client-api-gateway";
import {
  CloudWatchLogsClient,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { DisableRuleCommand, EnableRuleCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import {
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import {
  AddPermissionCommand,
  DeleteFunctionCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  RemovePermissionCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { assumeRole } from "./assume-role.ts";
import type { SigningKey } from "./attempts.ts";
import { type Connection, clientConfiguration } from "./connection.ts";

export interface ObjectVersion {
  readonly key: string;
  readonly version: string;
  readonly latest: boolean;
}

export class AccountTools {
  readonly connection: Connection;
  readonly #s3: S3Client;
  readonly #lambda: LambdaClient;
  readonly #logs: CloudWatchLogsClient;
  readonly #iam: IAMClient;
  readonly #events: EventBridgeClient;
  readonly #kms: KMSClient;
  readonly #gateway: APIGatewayClient;

  constructor(connection: Connection) {
    const configuration = clientConfiguration(connection);
    this.connection = connection;
    this.#s3 = new S3Client({ ...configuration, forcePathStyle: true });
    this.#lambda = new LambdaClient(configuration);
    this.#logs = new CloudWatchLogsClient(configuration);
    this.#iam = new IAMClient(configuration);
    this.#events = new EventBridgeClient(configuration);
    this.#kms = new KMSClient(configuration);
    this.#gateway = new APIGatewayClient(configuration);
  }

  // Buckets

  async buckets(): Promise<string[]> {
    const { Buckets } = await this.#s3.send(new ListBucketsCommand({}));
    return (Buckets ?? []).map((one) => one.Name as string);
  }

  async versions(bucket: string, prefix = ""): Promise<ObjectVersion[]> {
    const found: ObjectVersion[] = [];
    let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
    while (from) {
      const page: ListObjectVersionsCommandOutput = await this.#s3.send(
        new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, ...from }),
      );
      for (const one of page.Versions ?? [])
        found.push({
          key: one.Key as string,
          version: one.VersionId as string,
          latest: one.IsLatest === true,
        });
      from = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker as string, VersionIdMarker: page.NextVersionIdMarker as string }
        : undefined;
    }
    return found;
  }

  async read(bucket: string, key: string, version?: string): Promise<Buffer> {
    const { Body } = await this.#s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: version }),
    );
    return Body ? Buffer.from(await Body.transformToByteArray()) : Buffer.alloc(0);
  }

  /** The new version's id, of a versioned bucket. */
  async write(bucket: string, key: string, body: Buffer | string): Promise<string | undefined> {
    const { VersionId } = await this.#s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    return VersionId;
  }

  /** One version for good, or the object behind a marker. */
  async remove(bucket: string, key: string, version?: string): Promise<void> {
    await this.#s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: version }));
  }

  /** As an attacker who has got rid of the bucket's policy; it is put back afterwards. */
  async withoutBucketPolicy<T>(bucket: string, work: () => Promise<T>): Promise<T> {
    const { Policy } = await this.#s3.send(new GetBucketPolicyCommand({ Bucket: bucket }));
    await this.#s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
    try {
      return await work();
    } finally {
      await this.#s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    }
  }

  // Functions

  /** The function's answer, and the error's type when it threw. */
  async invoke(
    name: string,
    payload: unknown,
  ): Promise<{ readonly answer: unknown; readonly error?: string }> {
    const { Payload, FunctionError } = await this.#lambda.send(
      new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(payload)) }),
    );
    const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString("utf8") || "null");
    return FunctionError ? { answer, error: FunctionError } : { answer };
  }

  /** A configuration that is written anew makes Lambda start the next call in a fresh process. */
  async restartFunction(name: string): Promise<void> {
    const { Description } = await this.#lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: name }),
    );
    await this.#lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Description }));
  }

  async functionEnvironment(name: string): Promise<Readonly<Record<string, string>>> {
    const { Environment } = await this.#lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: name }),
    );
    return Environment?.Variables ?? {};
  }

  /** Other values for some variables, for the time of the work; each change starts fresh processes. */
  async withFunctionEnvironment<T>(
    name: string,
    changes: Readonly<Record<string, string>>,
    work: () => Promise<T>,
  ): Promise<T> {
    const before = await this.functionEnvironment(name);
    const set = (Variables: Readonly<Record<string, string>>) =>
      this.#lambda.send(
        new UpdateFunctionConfigurationCommand({ FunctionName: name, Environment: { Variables } }),
      );
    await set({ ...before, ...changes });
    try {
      return await work();
    } finally {
      await set(before);
    }
  }

  /** Takes away every permission to invoke the function that one service has, for the time of the work. */
  async withoutPermission<T>(name: string, service: string, work: () => Promise<T>): Promise<T> {
    const { Policy } = await this.#lambda.send(new GetPolicyCommand({ FunctionName: name }));
    const statements = (JSON.parse(Policy as string) as { Statement: PolicyStatement[] }).Statement.filter(
      (one) => one.Principal?.Service === service,
    );
    for (const one of statements)
      await this.#lambda.send(new RemovePermissionCommand({ FunctionName: name, StatementId: one.Sid }));
    try {
      return await work();
    } finally {
      for (const one of statements)
        await this.#lambda.send(
          new AddPermissionCommand({
            FunctionName: name,
            StatementId: one.Sid,
            Action: "lambda:InvokeFunction",
            Principal: service,
            SourceArn: one.Condition?.ArnLike?.["AWS:SourceArn"],
          }),
        );
    }
  }

  /** A schedule sleeps for the time of the work. */
  async withoutSchedule<T>(rule: string, work: () => Promise<T>): Promise<T> {
    await this.#events.send(new DisableRuleCommand({ Name: rule }));
    try {
      return await work();
    } finally {
      await this.#events.send(new EnableRuleCommand({ Name: rule }));
    }
  }

  async deleteFunction(name: string): Promise<void> {
    await this.#lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
  }

  // The API

  /** The domain leads nowhere any more. */
  async deleteMapping(domainName: string): Promise<void> {
    await this.#gateway.send(new DeleteBasePathMappingCommand({ domainName, basePath: "(none)" }));
  }

  /** The execute-api address answers for the time of the work. */
  async withOpenExecuteApi<T>(restApiId: string, work: () => Promise<T>): Promise<T> {
    const disabled = (value: "true" | "false") =>
      this.#gateway.send(
        new UpdateRestApiCommand({
          restApiId,
          patchOperations: [{ op: "replace", path: "/disableExecuteApiEndpoint", value }],
        }),
      );
    await disabled("false");
    try {
      return await work();
    } finally {
      await disabled("true");
    }
  }

  // Keys

  /** The key behind an alias, and the algorithm that it signs with. */
  async signingKey(alias: string): Promise<SigningKey> {
    const { KeyMetadata } = await this.#kms.send(new DescribeKeyCommand({ KeyId: alias }));
    const algorithm = KeyMetadata?.SigningAlgorithms?.[0];
    if (!KeyMetadata?.Arn || !algorithm) throw new Error(`${alias} is no key that signs`);
    return { arn: KeyMetadata.Arn, algorithm };
  }

  // Logs

  async logGroups(): Promise<string[]> {
    const names: string[] = [];
    for await (const page of paginateDescribeLogGroups({ client: this.#logs }, {}))
      for (const one of page.logGroups ?? []) names.push(one.logGroupName as string);
    return names;
  }

  /** Every message of a group, oldest first. */
  async logMessages(group: string): Promise<string[]> {
    const messages: string[] = [];
    for await (const page of paginateFilterLogEvents({ client: this.#logs }, { logGroupName: group }))
      for (const one of page.events ?? []) messages.push(one.message as string);
    return messages;
  }

  // Roles

  /** A role that trusts the caller; fails now when it does not. */
  async assume(roleArn: string): Promise<Connection> {
    const credentials = await assumeRole(this.connection, roleArn);
    return { ...this.connection, credentials };
  }

  /** The role's own policy, named as the role, lacks one statement for the time of the work. */
  async withoutStatement<T>(role: string, sid: string, work: () => Promise<T>): Promise<T> {
    const named = { RoleName: role, PolicyName: role };
    const { PolicyDocument } = await this.#iam.send(new GetRolePolicyCommand(named));
    const before = decodeURIComponent(PolicyDocument as string);
    const put = (document: string) =>
      this.#iam.send(new PutRolePolicyCommand({ ...named, PolicyDocument: document }));
    const { Statement, ...rest } = JSON.parse(before) as { Statement: PolicyStatement[] };
    await put(JSON.stringify({ ...rest, Statement: Statement.filter((one) => one.Sid !== sid) }));
    try {
      return await work();
    } finally {
      await put(before);
    }
  }

  /** Credentials of a function's role: its trust is widened for a moment, as only the account's root can. */
  async assumeFunctionRole(account: string, role: string): Promise<Connection> {
    const { Role } = await this.#iam.send(new GetRoleCommand({ RoleName: role }));
    const before = decodeURIComponent(Role?.AssumeRolePolicyDocument as string);
    const open = {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: `arn:aws:iam::${account}:root` } },
      ],
    };
    const trust = (document: string) =>
      this.#iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: role, PolicyDocument: document }));
    await trust(JSON.stringify(open));
    try {
      return await this.assume(Role?.Arn as string);
    } finally {
      await trust(before);
    }
  }
}

interface PolicyStatement {
  readonly Sid: string;
  readonly Principal?: { readonly Service?: string };
  readonly Condition?: { readonly ArnLike?: Readonly<Record<string, string>> };
}
