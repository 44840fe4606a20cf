/**
 * A bucket of this house: versioned, encrypted with SSE-S3 (readable across accounts where its policy says so),
 * TLS only, owner enforced, never public. Callers add policy statements; there is one policy a bucket.
 */
import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
} from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls/index.js";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";

export interface PrivateBucketProps {
  readonly bucketName: string;
  /** Lets `destroy` empty the bucket: sandboxes only. */
  readonly destroyWithContent: boolean;
  /** Terraform refuses a plan that would destroy it: to lift that is a reviewed change of its own. */
  readonly neverDestroy?: boolean;
  readonly statements?: (bucketArn: string) => DataAwsIamPolicyDocumentStatement[];
}

export class PrivateBucket extends Construct {
  readonly bucket: S3Bucket;
  /** What must exist before an object is written: versioning and policy. */
  readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id);
    this.bucket = new S3Bucket(this, "bucket", {
      bucket: props.bucketName,
      forceDestroy: props.destroyWithContent,
      ...(props.neverDestroy ? { lifecycle: { preventDestroy: true } } : {}),
    });
    const bucket = this.bucket.id;
    const versioning = new S3BucketVersioningA(this, "versioning", {
      bucket,
      versioningConfiguration: { status: "Enabled" },
    });
    new S3BucketServerSideEncryptionConfigurationA(this, "encryption", {
      bucket,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    new S3BucketOwnershipControls(this, "ownership", {
      bucket,
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
    const noPublicAccess = new S3BucketPublicAccessBlock(this, "no-public-access", {
      bucket,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const policy = new S3BucketPolicy(this, "policy", {
      bucket,
      policy: this.#policy(props),
      dependsOn: [noPublicAccess],
    });
    this.ready = [versioning, policy];
  }

  #policy(props: PrivateBucketProps): string {
    const { arn } = this.bucket;
    return new DataAwsIamPolicyDocument(this, "policy-document", {
      statement: [
        {
          sid: "TlsOnly",
          effect: "Deny",
          // Every action of everybody: what is not encrypted on its way is refused.
          actions: ["s3:*"],
          principals: [{ type: "*", identifiers: ["*"] }],
          resources: [arn, `${arn}/*`],
          condition: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
        },
        ...(props.statements?.(arn) ?? []),
      ],
    }).json;
  }
}
