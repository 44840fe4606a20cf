/** How a bucket is protected: versions, encryption, no public access, TLS only. */
import {
  GetBucketEncryptionCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { type Connection, clientConfiguration } from "./connection.ts";

export interface BucketProtection {
  readonly versioned: boolean;
  readonly encrypted: boolean;
  readonly notPublic: boolean;
  readonly tlsOnly: boolean;
}

/** Undefined when there is no such bucket. */
export async function bucketProtection(
  connection: Connection,
  bucket: string,
): Promise<BucketProtection | undefined> {
  const client = new S3Client({ ...clientConfiguration(connection), forcePathStyle: true });
  const Bucket = bucket;
  try {
    const versioning = await client.send(new GetBucketVersioningCommand({ Bucket }));
    const [encryption, access, policy] = await Promise.all([
      orNone(client.send(new GetBucketEncryptionCommand({ Bucket }))),
      orNone(client.send(new GetPublicAccessBlockCommand({ Bucket }))),
      orNone(client.send(new GetBucketPolicyCommand({ Bucket }))),
    ]);
    const block = access?.PublicAccessBlockConfiguration;
    const rules = encryption?.ServerSideEncryptionConfiguration?.Rules ?? [];
    return {
      versioned: versioning.Status === "Enabled",
      encrypted: rules.some((one) => one.ApplyServerSideEncryptionByDefault?.SSEAlgorithm !== undefined),
      notPublic: [
        block?.BlockPublicAcls,
        block?.BlockPublicPolicy,
        block?.IgnorePublicAcls,
        block?.RestrictPublicBuckets,
      ].every((one) => one === true),
      tlsOnly: isTlsOnly(policy?.Policy, bucket),
    };
  } catch (error) {
    if ((error as Error).name === "NoSuchBucket") return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}

interface Statement {
  readonly Effect?: string;
  readonly Principal?: unknown;
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: { readonly Bool?: Readonly<Record<string, unknown>> };
}

/** A Deny of everything for everybody, on the bucket and on its objects, under that one condition and no other. */
export function isTlsOnly(policy: string | undefined, bucket: string): boolean {
  if (policy === undefined) return false;
  const { Statement: found = [] } = JSON.parse(policy) as { Statement?: Statement | Statement[] };
  const covered = [found]
    .flat()
    .filter(deniesPlainHttp)
    .flatMap(({ Resource = [] }) => [Resource].flat());
  const arn = `arn:aws:s3:::${bucket}`;
  return covered.includes(arn) && covered.includes(`${arn}/*`);
}

function deniesPlainHttp({ Effect, Principal, Action, Condition }: Statement): boolean {
  const everybody =
    Principal === "*" || (typeof Principal === "object" && (Principal as { AWS?: unknown })?.AWS === "*");
  const conditions = Object.entries(Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys ?? {}).map(([key, value]) => `${operator} ${key} ${[value].flat().join()}`),
  );
  return (
    Effect === "Deny" &&
    everybody &&
    [Action].flat().includes("s3:*") &&
    conditions.length === 1 &&
    conditions[0] === "Bool aws:SecureTransport false"
  );
}

/** AWS answers what was never set with an error. */
async function orNone<T>(answer: Promise<T>): Promise<T | undefined> {
  const none = [
    "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchBucketPolicy",
  ];
  try {
    return await answer;
  } catch (error) {
    if (none.includes((error as Error).name)) return undefined;
    throw error;
  }
}
