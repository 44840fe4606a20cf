/**
 * Engine "existing": the bundle and the CRLs of another authority. Terraform writes the truststore; ca-mirror copies
 * the CRLs, at every deployment (which fails when they will not do) and on schedule, because a copy goes stale.
 */
import { createHash } from "node:crypto";
import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target/index.js";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js";
import type { DataAwsIamPolicyDocumentStatement } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { LambdaInvocation } from "@cdktf/provider-aws/lib/lambda-invocation/index.js";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object/index.js";
import type { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ExistingEnvironment } from "#config/environment.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import type { MirrorConfiguration } from "#contract/mirror.ts";
import { caFunctionName, stackNames } from "#contract/names.ts";
import { compositeAlarm } from "#stacks/shared/composite-alarm.ts";
import { EncryptedTopic } from "#stacks/shared/encrypted-topic.ts";
import { NodeFunction } from "#stacks/shared/node-function.ts";
import { caTopic } from "./ca-topic.ts";
import type { EngineProps, EngineResults } from "./engine.ts";
import type { ExternalBucket } from "./external-bucket.ts";
import { md5, TruststoreObject } from "./truststore-object.ts";

type Props = EngineProps<ExistingEnvironment>;

const logRetentionDays = 180;

export class ExistingEngine extends Construct {
  readonly results: EngineResults;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id);
    const { environment, bucket } = props;
    const { engine } = environment.ca;
    const truststore = new TruststoreObject(this, "truststore", { bucket, content: engine.truststore });
    const files = this.#files(props);
    const mirror = this.#mirror(props, truststore);
    this.#schedule(environment, mirror);
    const { topic } = new EncryptedTopic(this, "notifications", caTopic(environment));
    this.#alarms(environment, mirror, topic);
    const first = this.#run(environment, mirror, truststore, [...files, ...mirror.ready]);
    this.results = {
      truststore: truststore.results,
      issuers: engine.issuers.map(({ generation, issuing, root }) => ({
        ...{ generation, issuingFingerprint: issuing, rootFingerprint: root },
        issuingCrlKey: externalKeys.issuingCrl(generation),
        rootCrlKey: externalKeys.rootCrl(generation),
      })),
      ...{ drift: [], clientNotices: [] },
      ready: [first],
    };
  }

  /** CRLs of the configuration's files lie where only ca-mirror reads, until it has checked them. */
  #files({ environment, bucket }: Props): S3Object[] {
    return environment.ca.engine.crlFiles.map(
      ({ key, content }) =>
        new S3Object(this, key.replace(/[^a-z0-9]+/g, "-"), {
          ...{ bucket: bucket.bucket.bucket, key, content, etag: md5(content) },
          contentType: "application/x-pem-file",
          dependsOn: bucket.ready,
        }),
    );
  }

  #mirror({ environment, bucket }: Props, truststore: TruststoreObject): NodeFunction<"ca-mirror"> {
    return new NodeFunction(this, "ca-mirror", {
      slug: "ca-mirror",
      functionName: caFunctionName(environment.name, "ca-mirror"),
      description: "Copies fresh CRLs of another authority",
      environment: {
        EXTERNAL_BUCKET: bucket.bucket.bucket,
        TRUSTSTORE_SHA256: truststore.results.sha256,
        MIRROR: JSON.stringify(configuration(environment)),
      },
      statements: statements(environment, bucket),
      timeoutSeconds: 120,
      memoryMegabytes: 512,
      logRetentionDays,
    });
  }

  #schedule({ name, ca }: ExistingEnvironment, mirror: NodeFunction): void {
    const minutes = ca.crl.publishEveryMinutes;
    const rate = minutes === 1 ? "rate(1 minute)" : `rate(${minutes} minutes)`;
    const rule = new CloudwatchEventRule(this, "schedule", {
      name: caFunctionName(name, "ca-mirror"),
      description: `Runs ca-mirror: ${rate}`,
      scheduleExpression: rate,
    });
    const permission = mirror.allow("schedule", "events.amazonaws.com", rule.arn);
    new CloudwatchEventTarget(this, "schedule-target", {
      ...{ rule: rule.name, arn: mirror.function.arn, input: "{}", dependsOn: [permission] },
    });
  }

  /** A failed run, or three that never came: CRLs go stale, and stale ones deny everybody. */
  #alarms({ name, ca }: ExistingEnvironment, mirror: NodeFunction, topic: SnsTopic): void {
    const common = {
      namespace: "AWS/Lambda",
      dimensions: { FunctionName: mirror.function.functionName },
      statistic: "Sum",
      threshold: 1,
      alarmActions: [topic.arn],
      okActions: [topic.arn],
    };
    const failed = new CloudwatchMetricAlarm(this, "failed", {
      ...common,
      alarmName: `${name}-ca-mirror-failed`,
      alarmDescription: "ca-mirror failed: a CRL cannot be copied; its log says why (level error)",
      ...{ metricName: "Errors", comparisonOperator: "GreaterThanOrEqualToThreshold" },
      ...{ period: 300, evaluationPeriods: 1, treatMissingData: "notBreaching" },
    });
    const notRun = new CloudwatchMetricAlarm(this, "not-run", {
      ...common,
      alarmName: `${name}-ca-mirror-not-run`,
      alarmDescription: "ca-mirror was not invoked for three of its periods",
      ...{ metricName: "Invocations", comparisonOperator: "LessThanThreshold" },
      ...{ period: ca.crl.publishEveryMinutes * 60, evaluationPeriods: 3, treatMissingData: "breaching" },
    });
    compositeAlarm(this, stackNames.ca(name), [failed, notRun]);
  }

  /** The APIs' pins move only when the bucket holds CRLs that can be believed. */
  #run(
    environment: ExistingEnvironment,
    mirror: NodeFunction,
    truststore: TruststoreObject,
    dependsOn: ITerraformDependable[],
  ): LambdaInvocation {
    return new LambdaInvocation(this, "mirrored", {
      functionName: mirror.function.functionName,
      // A failed update would not be retried; a failed creation is.
      lifecycleScope: "CREATE_ONLY",
      input: "{}",
      triggers: {
        truststore: truststore.results.version,
        configuration: createHash("sha256")
          .update(JSON.stringify([configuration(environment), environment.ca.engine.crlFiles]))
          .digest("hex"),
      },
      dependsOn,
    });
  }
}

function configuration({ ca }: ExistingEnvironment): MirrorConfiguration {
  return {
    issuers: ca.engine.mirrored,
    issuingMaxAgeSeconds: ca.crl.maxAgeMinutes * 60,
    rootMaxAgeSeconds: ca.crl.rootLifetimeDays * 24 * 3600,
  };
}

function statements(
  { ca }: ExistingEnvironment,
  { bucket }: ExternalBucket,
): DataAwsIamPolicyDocumentStatement[] {
  const sources = ca.engine.mirrored.flatMap(({ issuingCrl, rootCrl }) => [issuingCrl, rootCrl]);
  return [
    { sid: "Truststore", actions: ["s3:GetObject"], resources: [`${bucket.arn}/${externalKeys.truststore}`] },
    {
      sid: "Sources",
      actions: ["s3:GetObject"],
      resources: [...new Set(sources.map((one) => `arn:aws:s3:::${one.bucket}/${one.key}`))],
    },
    {
      sid: "Crls",
      actions: ["s3:GetObject", "s3:PutObject"],
      resources: ca.engine.issuers.flatMap(({ generation }) => [
        `${bucket.arn}/${externalKeys.issuingCrl(generation)}`,
        `${bucket.arn}/${externalKeys.rootCrl(generation)}`,
      ]),
    },
  ];
}
