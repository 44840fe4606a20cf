/**
 * What the configuration wants of single certificates, as an object of the external bucket: the plan shows the client
 * that is added, not a payload of all of them. ca-reconcile is told its hash and believes nothing else.
 */
import { createHash } from "node:crypto";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object/index.js";
import { Construct } from "constructs";
import type { Environment } from "#config/environment.ts";
import type { DesiredState as Content } from "#contract/desired-state.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import type { ExternalBucket } from "./external-bucket.ts";

export interface DesiredStateProps {
  readonly environment: Environment;
  readonly bucket: ExternalBucket;
}

export class DesiredState extends Construct {
  readonly object: S3Object;
  readonly sha256: string;

  constructor(scope: Construct, id: string, { environment, bucket }: DesiredStateProps) {
    super(scope, id);
    const content = JSON.stringify(desiredState(environment));
    this.sha256 = createHash("sha256").update(content).digest("hex");
    this.object = new S3Object(this, "object", {
      bucket: bucket.bucket.bucket,
      key: externalKeys.desiredState,
      content,
      contentType: "application/json",
      dependsOn: bucket.ready,
    });
  }
}

function desiredState({ ca }: Environment): Content {
  return {
    clients: Object.fromEntries(
      ca.clients.map(({ name, request, profile, validDays, released }) => [
        name,
        {
          csr: request.replace(/\r\n/g, "\n"),
          profile,
          ...(validDays === undefined ? {} : { validDays }),
          ...(released ? { released: true as const } : {}),
        },
      ]),
    ),
    revoked: ca.revoked.map(({ generation, serial, reason, invalidSince }) => ({
      ...{ generation, serial, reason },
      ...(invalidSince === undefined ? {} : { invalidSince }),
    })),
  };
}
