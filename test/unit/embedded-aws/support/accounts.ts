/**
 * What the tests of the corrections need in few words: an embedded AWS for each file that imports this, two accounts
 * of it with their roles, and a bucket.
 */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  GetObjectCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import aws4 from "aws4";
import { AccountSeed } from "#aws/account-seed.ts";
import { asRole } from "#aws/assume-role.ts";
import { type Connection, clientConfiguration } from "#aws/connection.ts";
import { accountRoot } from "#local/aws/seed.ts";
import { embeddedAws, region } from "../../../support/embedded-aws.ts";

export { region };
export const [owner, other] = ["111111111111", "222222222222"] as const;
/** The owner's; `file` in it has `content`. */
export const bucket = "corrections-111111111111";
export const embedded = embeddedAws(() => makeBucket(bucket));

// Accounts, roles, policies

export const root = (account: string): Connection => accountRoot(embedded.aws, account, region);
export const arnOf = (account: string, name: string) => `arn:aws:iam::${account}:role/${name}`;

export function as(account: string, name: string): Connection {
  return asRole(root(account), arnOf(account, name));
}

export function client<C>(make: new (configuration: never) => C, connection: Connection): C {
  return new make({ ...clientConfiguration(connection), forcePathStyle: true } as never);
}
export const s3 = (account: string) => client(S3Client, root(account));

export const allow = (...Action: string[]) => ({ Effect: "Allow", Action, Resource: "*" });
export const deny = (Action: string, Condition: object) => ({
  Effect: "Deny",
  Principal: "*",
  Action,
  Resource: `arn:aws:s3:::${bucket}/*`,
  Condition,
});

export async function role(
  account: string,
  name: string,
  permission: object,
  principal?: object,
): Promise<void> {
  const trust = {
    Effect: "Allow",
    Action: "sts:AssumeRole",
    Principal: principal ?? { AWS: `arn:aws:iam::${account}:root` },
  };
  const document = (statement: object) => ({ Version: "2012-10-17" as const, Statement: [statement] });
  await new AccountSeed(root(account)).role({
    ...{ name, description: "of a test" },
    ...{ trust: document(trust), permissions: document(permission) },
  });
}

export async function withPolicy(name: string, statement: object, work: () => Promise<void>): Promise<void> {
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await s3(owner).send(new PutBucketPolicyCommand({ Bucket: name, Policy }));
  try {
    await work();
  } finally {
    await s3(owner).send(new DeleteBucketPolicyCommand({ Bucket: name }));
  }
}

// Objects

async function makeBucket(Bucket: string): Promise<void> {
  const here = { LocationConstraint: region } as const;
  await s3(owner).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: here }));
  const versioning = { Status: "Enabled" } as const;
  await s3(owner).send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: versioning }));
  const OwnershipControls = { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" as const }] };
  await s3(owner).send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
  await put("file", "content");
}

export async function put(Key: string, Body: string): Promise<string> {
  const { VersionId } = await s3(owner).send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  return VersionId as string;
}

/** The object's content, or the error's name. */
export async function read(connection: Connection, Bucket: string, Key: string): Promise<string> {
  try {
    const { Body } = await client(S3Client, connection).send(new GetObjectCommand({ Bucket, Key }));
    return (await Body?.transformToString()) ?? "";
  } catch (error) {
    return (error as Error).name;
  }
}

export async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "ok";
  } catch (error) {
    return (error as Error).name;
  }
}

export interface Signer {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** By the Query protocol: CloudWatch, whose SDK for JavaScript no longer speaks it, and services whose SDK is no package here. */
export function query(signer: Signer, body: string, service = "monitoring"): Promise<string> {
  const { hostname, port } = new URL(embedded.aws.endpoint);
  const signed = aws4.sign(
    {
      ...{ hostname, port, path: "/", method: "POST", service, region, body },
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    },
    signer,
  );
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ hostname, port, path: "/", method: "POST", ca: readFileSync(embedded.aws.ca) },
        headers: signed.headers as Record<string, string>,
      },
      (incoming) => {
        let text = "";
        incoming.on("data", (chunk) => {
          text += chunk;
        });
        incoming.on("end", () => resolve(text));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
