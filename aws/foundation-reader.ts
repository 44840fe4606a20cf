/** Reads what an account holds beside Terraform's states: what a foundation would meet there. */
import { APIGatewayClient, GetAccountCommand } from "@aws-sdk/client-api-gateway";
import {
  GetOpenIDConnectProviderCommand,
  GetPolicyCommand,
  GetRoleCommand,
  IAMClient,
} from "@aws-sdk/client-iam";
import { type BucketProtection, bucketProtection } from "./bucket-protection.ts";
import { type Connection, clientConfiguration } from "./connection.ts";
import { type StateLock, stateLock } from "./terraform-state.ts";

export class FoundationReader {
  readonly #connection: Connection;
  readonly #iam: IAMClient;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#iam = new IAMClient(clientConfiguration(connection));
  }

  bucketProtection(bucket: string, region: string): Promise<BucketProtection | undefined> {
    return bucketProtection({ ...this.#connection, region }, bucket);
  }

  lock(bucket: string, region: string, key: string): Promise<StateLock | undefined> {
    return stateLock({ ...this.#connection, region }, bucket, key);
  }

  hasRole(RoleName: string): Promise<boolean> {
    return isThere(this.#iam.send(new GetRoleCommand({ RoleName })));
  }

  hasPolicy(PolicyArn: string): Promise<boolean> {
    return isThere(this.#iam.send(new GetPolicyCommand({ PolicyArn })));
  }

  hasOidcProvider(OpenIDConnectProviderArn: string): Promise<boolean> {
    return isThere(this.#iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn })));
  }

  /** The role by which API Gateway of a region writes logs. */
  async gatewayLogging(region: string): Promise<string | undefined> {
    const client = new APIGatewayClient(clientConfiguration({ ...this.#connection, region }));
    return (await client.send(new GetAccountCommand({}))).cloudwatchRoleArn || undefined;
  }
}

async function isThere(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (/^NoSuchEntity/.test((error as Error).name)) return false;
    throw error;
  }
}
