/**
 * Attempts to do something, for tests of permissions: each says "allowed", "denied" or what else happened. A
 * refusal for want of permission is the only thing that counts as denied.
 */
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { KMSClient, type MessageType, SignCommand, type SigningAlgorithmSpec } from "@aws-sdk/client-kms";
import { LambdaClient, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type Connection, clientConfiguration } from "./connection.ts";

export type Attempt = (connection: Connection) => Promise<string>;

export interface SigningKey {
  readonly arn: string;
  readonly algorithm: SigningAlgorithmSpec;
}

export const attempts = {
  getObject: (bucket: string, key: string): Attempt =>
    attempt((connection) => s3(connection).send(new GetObjectCommand({ Bucket: bucket, Key: key }))),

  /** Puts a copy of a harmless text: a denied attempt changes nothing, an allowed one fails its test anyway. */
  putObject: (bucket: string, key: string): Attempt =>
    attempt((connection) =>
      s3(connection).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: "attempt" })),
    ),

  /** RAW would have KMS hash a message of the caller's choice. */
  sign: (key: SigningKey, messageType: MessageType): Attempt =>
    attempt(async (connection) => {
      const kms = new KMSClient(clientConfiguration(connection));
      const Message = Buffer.alloc(key.algorithm.endsWith("384") ? 48 : 32, 1);
      await kms.send(
        new SignCommand({
          KeyId: key.arn,
          Message,
          MessageType: messageType,
          SigningAlgorithm: key.algorithm,
        }),
      );
    }),

  putEvent: (bus: string): Attempt =>
    attempt((connection) =>
      new EventBridgeClient(clientConfiguration(connection)).send(
        new PutEventsCommand({
          Entries: [{ EventBusName: bus, Source: "attempt", DetailType: "Attempt", Detail: "{}" }],
        }),
      ),
    ),

  readSecret: (id: string): Attempt =>
    attempt((connection) =>
      new SecretsManagerClient(clientConfiguration(connection)).send(
        new GetSecretValueCommand({ SecretId: id }),
      ),
    ),

  listFunctions: (): Attempt =>
    attempt((connection) =>
      new LambdaClient(clientConfiguration(connection)).send(new ListFunctionsCommand({})),
    ),
} as const;

export function attempt(run: (connection: Connection) => Promise<unknown>): Attempt {
  return async (connection) => {
    try {
      await run(connection);
      return "allowed";
    } catch (error) {
      const { name, message } = error as Error;
      return /AccessDenied|Forbidden|NotAuthorized/.test(name) ? "denied" : `${name}: ${message}`;
    }
  };
}

const s3 = (connection: Connection): S3Client =>
  new S3Client({ ...clientConfiguration(connection), forcePathStyle: true });
