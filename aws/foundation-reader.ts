/** Reads what `AccountSeed` makes: how it is now, to compare it with what it should be. */
import { APIGatewayClient, GetAccountCommand } from "@aws-sdk/client-api-gateway";
import { GetRoleCommand, GetRolePolicyCommand, IAMClient } from "@aws-sdk/client-iam";
import { type BucketProtection, bucketProtection } from "./bucket-protection.ts";
import { type Connection, clientConfiguration } from "./connection.ts";

export interface RoleReading {
  readonly trust: unknown;
  /** Of the policy named as the role; undefined when it has none. */
  readonly permissions: unknown;
}

export class FoundationReader {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  bucketProtection(bucket: string, region: string): Promise<BucketProtection | undefined> {
    return bucketProtection({ ...this.#connection, region }, bucket);
  }

  async role(name: string): Promise<RoleReading | undefined> {
    const client = new IAMClient(clientConfiguration(this.#connection));
    const found = await orNone(client.send(new GetRoleCommand({ RoleName: name })));
    if (!found) return undefined;
    const policy = await orNone(client.send(new GetRolePolicyCommand({ RoleName: name, PolicyName: name })));
    return {
      trust: parsed(found.Role?.AssumeRolePolicyDocument),
      permissions: parsed(policy?.PolicyDocument),
    };
  }

  async gatewayLogging(region: string): Promise<string | undefined> {
    const client = new APIGatewayClient(clientConfiguration({ ...this.#connection, region }));
    return (await client.send(new GetAccountCommand({}))).cloudwatchRoleArn || undefined;
  }
}

/** IAM hands documents out URL-encoded. */
const parsed = (text: string | undefined): unknown =>
  text === undefined ? undefined : JSON.parse(decodeURIComponent(text));

async function orNone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (/^NoSuchEntity/.test((error as Error).name)) return undefined;
    throw error;
  }
}
