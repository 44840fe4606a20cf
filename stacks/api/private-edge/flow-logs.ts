/** Who came, and who was turned away: flow logs in the default format, to a bucket, as long as other logs are kept. */
import type { DataAwsIamPolicyDocumentStatement } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { FlowLog } from "@cdktf/provider-aws/lib/flow-log/index.js";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { Construct } from "constructs";
import { flowLogBucketName } from "#contract/names.ts";
import { PrivateBucket } from "#stacks/shared/private-bucket.ts";
import type { EdgeScope } from "./edge-scope.ts";

export interface FlowLogsProps extends EdgeScope {
  readonly of: readonly ({ readonly vpcId: string } | { readonly subnetId: string })[];
}

export class FlowLogs extends Construct {
  constructor(scope: Construct, id: string, props: FlowLogsProps) {
    super(scope, id);
    const { environment, api, name } = props;
    const store = new PrivateBucket(this, "store", {
      bucketName: flowLogBucketName(environment.name, api.name, api.account),
      destroyWithContent: environment.tier === "sandbox",
      statements: (arn) => delivery(arn, api),
    });
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket: store.bucket.id,
      rule: [
        {
          id: "kept",
          status: "Enabled",
          filter: [{ prefix: "" }],
          expiration: [{ days: api.logs.retentionDays }],
          noncurrentVersionExpiration: [{ noncurrentDays: 1 }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 1 }],
        },
      ],
      dependsOn: store.ready,
    });
    props.of.forEach((where, index) => {
      new FlowLog(this, `log-${index + 1}`, {
        ...where,
        ...{ trafficType: "ALL", logDestinationType: "s3", logDestination: store.bucket.arn },
        tags: { Name: `${name}-edge` },
        dependsOn: store.ready,
      });
    });
  }
}

/** AWS's log delivery writes; it would add these statements itself if they were not there. */
function delivery(
  bucket: string,
  { account, region }: EdgeScope["api"],
): DataAwsIamPolicyDocumentStatement[] {
  const principals = [{ type: "Service", identifiers: ["delivery.logs.amazonaws.com"] }];
  const ours = [
    { test: "StringEquals", variable: "aws:SourceAccount", values: [account] },
    // A delivery has an id, not a name of ours.
    { test: "ArnLike", variable: "aws:SourceArn", values: [`arn:aws:logs:${region}:${account}:*`] },
  ];
  return [
    {
      ...{ sid: "AWSLogDeliveryWrite", principals, actions: ["s3:PutObject"] },
      resources: [`${bucket}/AWSLogs/${account}/*`],
      condition: [
        ...ours,
        { test: "StringEquals", variable: "s3:x-amz-acl", values: ["bucket-owner-full-control"] },
      ],
    },
    {
      ...{ sid: "AWSLogDeliveryAclCheck", principals, actions: ["s3:GetBucketAcl"] },
      resources: [bucket],
      condition: ours,
    },
  ];
}
