/**
 * The truststore, where Terraform itself writes it (engines "tls" and "existing"). Version and hash are those of what
 * this stack wrote: content that somebody else put there shows as a change, and is replaced by a version of ours.
 */
import { createHash } from "node:crypto";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object/index.js";
import { Fn, Token } from "cdktf";
import { Construct } from "constructs";
import { externalKeys } from "#contract/external-bucket.ts";
import type { EngineResults } from "./engine.ts";
import type { ExternalBucket } from "./external-bucket.ts";

export interface TruststoreObjectProps {
  readonly bucket: ExternalBucket;
  /** PEM. */
  readonly content: string;
}

export class TruststoreObject extends Construct {
  readonly object: S3Object;
  readonly results: EngineResults["truststore"];

  constructor(scope: Construct, id: string, { bucket, content }: TruststoreObjectProps) {
    super(scope, id);
    this.object = new S3Object(this, "object", {
      bucket: bucket.bucket.bucket,
      key: externalKeys.truststore,
      content,
      // Without it a refresh would take over the version of whatever lies there. With SSE-S3 the ETag is the MD5.
      etag: md5(content),
      contentType: "application/x-pem-file",
      dependsOn: bucket.ready,
    });
    this.results = {
      uri: `s3://${bucket.bucket.bucket}/${externalKeys.truststore}`,
      version: this.object.versionId,
      sha256: Fn.sha256(this.object.content),
    };
  }
}

/** Terraform's own function takes no literal with line breaks. */
export const md5 = (content: string): string =>
  Token.isUnresolved(content) ? Fn.md5(content) : createHash("md5").update(content).digest("hex");
