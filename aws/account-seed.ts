/**
 * What an account holds before Terraform first comes: a bucket for its state, roles that Terraform assumes, a
 * hosted zone. Made only where missing; what exists is left as it is.
 */
import {
  CreateRoleCommand,
  EntityAlreadyExistsException,
  IAMClient,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import {
  CreateHostedZoneCommand,
  ListHostedZonesByNameCommand,
  Route53Client,
} from "@aws-sdk/client-route-53";
import {
  BucketAlreadyOwnedByYou,
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { type Connection, clientConfiguration } from "./connection.ts";

/** A policy document of IAM, as an object. */
export type PolicyDocument = { readonly Version: "2012-10-17"; readonly Statement: readonly object[] };

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
    const here = { LocationConstraint: this.#region as "eu-west-2" };
    try {
      await this.#s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: here }));
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
    await this.#s3.send(
      new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(tlsOnly(bucket)) }),
    );
  }

  /** A role with one policy of its own. */
  async role(name: string, trust: PolicyDocument, permissions: PolicyDocument): Promise<void> {
    try {
      await this.#iam.send(
        new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }),
      );
    } catch (error) {
      if (!(error instanceof EntityAlreadyExistsException)) throw error;
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

function tlsOnly(bucket: string): PolicyDocument {
  const arn = `arn:aws:s3:::${bucket}`;
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  };
}
