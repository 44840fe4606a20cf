/**
 * What an account holds before Terraform first comes: a bucket for its state, a hosted zone, on this machine a role of
 * somebody else's. May run again: what is missing is made, what differs is put right, what somebody added to a
 * bucket's policy stays.
 */
import {
  CreateRoleCommand,
  EntityAlreadyExistsException,
  IAMClient,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import {
  CreateHostedZoneCommand,
  ListHostedZonesByNameCommand,
  Route53Client,
} from "@aws-sdk/client-route-53";
import {
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  GetBucketPolicyCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { isTlsOnly } from "./bucket-protection.ts";
import { type Connection, clientConfiguration } from "./connection.ts";

/** A policy document of IAM, as an object. */
export type PolicyDocument = { readonly Version: "2012-10-17"; readonly Statement: readonly object[] };

export interface SeededRole {
  readonly name: string;
  readonly description: string;
  readonly trust: PolicyDocument;
  readonly permissions: PolicyDocument;
}

export class AccountSeed {
  readonly #region: string;
  readonly #s3: S3Client;
  readonly #iam: IAMClient;
  readonly #route53: Route53Client;

  constructor(connection: Connection) {
    const configuration = clientConfiguration(connection);
    this.#region = connection.region;
    this.#s3 = new S3Client({ ...configuration, forcePathStyle: true });
    this.#iam = new IAMClient(configuration);
    this.#route53 = new Route53Client(configuration);
  }

  /** Versioned, encrypted, not public, TLS only. */
  async stateBucket(bucket: string): Promise<void> {
    // The oldest region is the one that must not be named.
    const here =
      this.#region === "us-east-1"
        ? {}
        : { CreateBucketConfiguration: { LocationConstraint: this.#region as "eu-west-2" } };
    try {
      await this.#s3.send(new CreateBucketCommand({ Bucket: bucket, ...here }));
    } catch (error) {
      if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
    }
    await this.#s3.send(
      new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }),
    );
    await this.#s3.send(
      new PutBucketEncryptionCommand({
        Bucket: bucket,
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
        },
      }),
    );
    await this.#s3.send(
      new PutPublicAccessBlockCommand({
        Bucket: bucket,
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      }),
    );
    await this.#tlsOnly(bucket);
  }

  async #tlsOnly(bucket: string): Promise<void> {
    const before = await this.#bucketPolicy(bucket);
    if (isTlsOnly(before, bucket)) return;
    const { Statement } = before ? (JSON.parse(before) as PolicyDocument) : { Statement: [] };
    const policy = { Version: "2012-10-17", Statement: [...[Statement].flat(), tlsOnly(bucket)] };
    await this.#s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }));
  }

  async #bucketPolicy(bucket: string): Promise<string | undefined> {
    try {
      return (await this.#s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))).Policy;
    } catch (error) {
      if ((error as Error).name === "NoSuchBucketPolicy") return undefined;
      throw error;
    }
  }

  /** A role with one policy of its own, named as the role. */
  async role(role: SeededRole): Promise<void> {
    const { name, description, trust, permissions } = role;
    const AssumeRolePolicyDocument = JSON.stringify(trust);
    try {
      await this.#iam.send(
        new CreateRoleCommand({ RoleName: name, Description: description, AssumeRolePolicyDocument }),
      );
    } catch (error) {
      if (!(error instanceof EntityAlreadyExistsException)) throw error;
      await this.#iam.send(
        new UpdateAssumeRolePolicyCommand({ RoleName: name, PolicyDocument: AssumeRolePolicyDocument }),
      );
    }
    await this.#iam.send(
      new PutRolePolicyCommand({
        RoleName: name,
        PolicyName: name,
        PolicyDocument: JSON.stringify(permissions),
      }),
    );
  }

  /** A public hosted zone. */
  async hostedZone(name: string): Promise<void> {
    const { HostedZones } = await this.#route53.send(new ListHostedZonesByNameCommand({ DNSName: name }));
    if (HostedZones?.some((zone) => zone.Name === `${name}.`)) return;
    await this.#route53.send(new CreateHostedZoneCommand({ Name: name, CallerReference: name }));
  }
}

function tlsOnly(bucket: string): object {
  const arn = `arn:aws:s3:::${bucket}`;
  return {
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [arn, `${arn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
}
