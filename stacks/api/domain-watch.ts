/**
 * domain-watch: the function that looks at domain, truststore and CRLs every five minutes, and what it may read. Its
 * role is named in the CA's bucket policy, like the authorizer's.
 */
import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target/index.js";
import { Construct } from "constructs";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { publishedArns } from "#contract/external-bucket.ts";
import { policyBucketName, roleNames } from "#contract/names.ts";
import { NodeFunction } from "#stacks/shared/node-function.ts";
import type { PinnedPolicy } from "./authorizer.ts";

export interface DomainWatchProps {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
  readonly policy: PinnedPolicy;
  readonly certificateArn: string;
}

export class DomainWatch extends Construct {
  constructor(scope: Construct, id: string, { environment, api, policy, certificateArn }: DomainWatchProps) {
    super(scope, id);
    const functionName = roleNames.watch(environment.name, api.name);
    const watch = new NodeFunction(this, "function", {
      slug: "domain-watch",
      functionName,
      description:
        "Measures how much time certificates and CRLs have left, and whether the domain is as deployed",
      environment: {
        DOMAIN_NAME: api.domain,
        POLICY_BUCKET: policy.bucket,
        POLICY_KEY: policy.key,
        POLICY_VERSION: policy.versionId,
        POLICY_SHA256: policy.sha256,
      },
      statements: [
        {
          sid: "OwnDomain",
          actions: ["apigateway:GET"],
          resources: [`arn:aws:apigateway:${api.region}::/domainnames/${api.domain}`],
        },
        { sid: "OwnCertificate", actions: ["acm:DescribeCertificate"], resources: [certificateArn] },
        {
          sid: "AuthorizerPolicy",
          actions: ["s3:GetObject", "s3:GetObjectVersion"],
          resources: [
            `arn:aws:s3:::${policyBucketName(environment.name, api.name, api.account)}/${policy.key}`,
          ],
        },
        {
          sid: "CaPublicFiles",
          actions: ["s3:GetObject", "s3:GetObjectVersion"],
          resources: publishedArns(environment.name, environment.ca.account),
        },
      ],
      timeoutSeconds: 60,
      memoryMegabytes: 512,
      logRetentionDays: api.logs.retentionDays,
      logKmsKeyArn: api.logs.kmsKeyArn,
    });
    const rule = new CloudwatchEventRule(this, "schedule", {
      name: functionName,
      description: "Runs domain-watch every five minutes",
      scheduleExpression: "rate(5 minutes)",
    });
    const permission = watch.allow("schedule-permission", "events.amazonaws.com", rule.arn);
    new CloudwatchEventTarget(this, "target", {
      rule: rule.name,
      arn: watch.function.arn,
      input: "{}",
      dependsOn: [permission],
    });
  }
}
