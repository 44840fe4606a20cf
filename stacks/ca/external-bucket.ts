/**
 * The CA's external bucket: truststore, CRLs and certificates. Other accounts read two kinds of object and
 * nothing else; each object has exactly one writer, and the bucket's policy itself says so.
 */
import type { DataAwsIamPolicyDocumentStatement } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import type { Construct } from "constructs";
import { edgeRoles } from "#config/edge-roles.ts";
import type { Environment } from "#config/environment.ts";
import { externalKeys, readableByApis } from "#contract/external-bucket.ts";
import {
  type CaAccountFunction,
  caFunctionName,
  externalBucketName,
  roleArn,
  roleNames,
} from "#contract/names.ts";
import { PrivateBucket } from "#stacks/shared/private-bucket.ts";

export class ExternalBucket extends PrivateBucket {
  constructor(scope: Construct, id: string, props: { readonly environment: Environment }) {
    const { environment } = props;
    super(scope, id, {
      bucketName: externalBucketName(environment.name, environment.ca.account),
      destroyWithContent: environment.tier === "sandbox",
      neverDestroy: environment.tier === "production",
      statements: (arn) => [
        ...readers(environment, arn),
        ...writers(environment, arn),
        ...(environment.tier === "production" ? [noDeletion(arn)] : []),
      ],
    });
    new S3BucketLifecycleConfiguration(this, "lifecycle", {
      bucket: this.bucket.id,
      rule: [
        {
          // A CRL is published every few minutes; what it replaced is of use to auditors for a while only.
          id: "replaced-crls",
          status: "Enabled",
          filter: [{ prefix: "crl/" }],
          noncurrentVersionExpiration: [{ noncurrentDays: 30 }],
        },
      ],
      dependsOn: this.ready,
    });
  }
}

/** An account as principal and its roles as condition: a role that does not exist yet cannot be a principal. */
function readers({ name, apis }: Environment, arn: string): DataAwsIamPolicyDocumentStatement[] {
  if (apis.length === 0) return [];
  return [
    {
      sid: "ApisRead",
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      resources: readableByApis.map((key) => `${arn}/${key}`),
      principals: [
        { type: "AWS", identifiers: [...new Set(apis.map((api) => `arn:aws:iam::${api.account}:root`))] },
      ],
      condition: [
        {
          test: "ArnEquals",
          variable: "aws:PrincipalArn",
          values: [
            ...new Set(
              apis.flatMap((api) => [
                roleArn(api.account, roleNames.deploy(name)),
                roleArn(api.account, roleNames.plan(name)),
                roleArn(api.account, roleNames.authorizer(name, api.name)),
                ...edgeRoles(name, api),
                ...(api.alarms ? [roleArn(api.account, roleNames.watch(name, api.name))] : []),
              ]),
            ),
          ],
        },
      ],
    },
  ];
}

/** Each object has one writer; which, depends on the engine. */
function writers({ name, ca }: Environment, arn: string): DataAwsIamPolicyDocumentStatement[] {
  const only = (sid: string, role: string, keys: string[]): DataAwsIamPolicyDocumentStatement => ({
    sid,
    effect: "Deny",
    actions: ["s3:PutObject"],
    resources: keys.map((key) => `${arn}/${key}`),
    principals: [{ type: "*", identifiers: ["*"] }],
    condition: [{ test: "ArnNotEquals", variable: "aws:PrincipalArn", values: [roleArn(ca.account, role)] }],
  });
  const own = (slug: CaAccountFunction) => caFunctionName(name, slug);
  const deploy = roleNames.deploy(name);
  const crls = [externalKeys.issuingCrl("*"), externalKeys.rootCrl("*")];
  if (ca.engine.kind === "tls")
    // There are no CRLs: nobody writes one either.
    return [only("OnlyTheDeploymentWrites", deploy, [externalKeys.truststore, ...crls])];
  if (ca.engine.kind === "existing")
    return [
      only("OnlyMirrorWrites", own("ca-mirror"), crls),
      only("OnlyTheDeploymentWrites", deploy, [
        externalKeys.truststore,
        externalKeys.incomingCrl("*", "root"),
        externalKeys.incomingCrl("*", "issuing"),
      ]),
    ];
  return [
    only("OnlyReconcileWrites", own("ca-reconcile"), [
      externalKeys.truststore,
      externalKeys.rootCrl("*"),
      externalKeys.caCertificate("*", "root"),
      externalKeys.caCertificate("*", "issuing"),
      externalKeys.caCertificateDer("*", "root"),
      externalKeys.caCertificateDer("*", "issuing"),
    ]),
    only("OnlyPublishWrites", own("ca-publish"), [externalKeys.issuingCrl("*")]),
    only("OnlyIssueWrites", own("ca-issue"), [externalKeys.leafCertificate("*", "*")]),
    only("OnlyTheDeploymentWrites", deploy, [externalKeys.desiredState]),
  ];
}

function noDeletion(arn: string): DataAwsIamPolicyDocumentStatement {
  return {
    sid: "NothingIsDeleted",
    effect: "Deny",
    actions: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
    resources: [`${arn}/*`],
    principals: [{ type: "*", identifiers: ["*"] }],
  };
}
