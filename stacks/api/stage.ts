/**
 * Deployment and stage: redeployed when, and only when, the API's configuration changes; access log with the
 * client-certificate fields; no payloads in logs.
 */
import { createHash } from "node:crypto";
import { ApiGatewayDeployment } from "@cdktf/provider-aws/lib/api-gateway-deployment/index.js";
import { ApiGatewayMethodSettings } from "@cdktf/provider-aws/lib/api-gateway-method-settings/index.js";
import type { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import { ApiGatewayStage } from "@cdktf/provider-aws/lib/api-gateway-stage/index.js";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { CloudwatchLogMetricFilter } from "@cdktf/provider-aws/lib/cloudwatch-log-metric-filter/index.js";
import type { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { type IResolveContext, type ITerraformDependable, Lazy, type TerraformResource } from "cdktf";
import { Construct } from "constructs";
import type { ApiEnvironment } from "#config/environment.ts";
import { originVariable } from "#contract/cross-origin.ts";
import { gatewayMetrics } from "#contract/metrics.ts";
import { executionLogName } from "#contract/names.ts";

export interface StageProps {
  readonly api: ApiEnvironment;
  readonly name: string;
  readonly restApi: ApiGatewayRestApi;
  /** Everything that is part of the API's configuration. */
  readonly configuration: readonly Configured[];
  readonly ready: readonly ITerraformDependable[];
}

/** A document of a policy is configuration too: the resource that has it only refers to it. */
type Configured = TerraformResource | DataAwsIamPolicyDocument;

export class Stage extends Construct {
  readonly stage: ApiGatewayStage;

  constructor(scope: Construct, id: string, props: StageProps) {
    super(scope, id);
    const { api, restApi } = props;
    const deployment = new ApiGatewayDeployment(this, "deployment", {
      restApiId: restApi.id,
      triggers: { configuration: this.#hash([restApi, ...props.configuration]) },
      lifecycle: { createBeforeDestroy: true },
      dependsOn: [...props.configuration, ...props.ready],
    });
    const kept = {
      retentionInDays: api.logs.retentionDays,
      ...(api.logs.kmsKeyArn ? { kmsKeyId: api.logs.kmsKeyArn } : {}),
    };
    const log = new CloudwatchLogGroup(this, "access-log", {
      name: `/mtls-api/${props.name}/access`,
      ...kept,
    });
    if (api.alarms) this.#countRefused(log);
    // API Gateway would make it itself, without a key and for ever.
    const executionLog = new CloudwatchLogGroup(this, "execution-log", {
      name: executionLogName(restApi.id, api.stage),
      ...kept,
    });
    this.stage = new ApiGatewayStage(this, "stage", {
      restApiId: restApi.id,
      deploymentId: deployment.id,
      stageName: api.stage,
      ...(api.cors ? { variables: { [originVariable]: api.cors.origin } } : {}),
      accessLogSettings: { destinationArn: log.arn, format: accessLogFormat },
      // A trace would carry paths and headers to a place with readers of its own.
      xrayTracingEnabled: false,
    });
    new ApiGatewayMethodSettings(this, "settings", {
      restApiId: restApi.id,
      stageName: this.stage.stageName,
      methodPath: "*/*",
      settings: {
        loggingLevel: "ERROR",
        // Requests and answers in full would put certificates and tokens into the log.
        dataTraceEnabled: false,
        metricsEnabled: true,
        throttlingRateLimit: api.throttle.ratePerSecond,
        throttlingBurstLimit: api.throttle.burst,
      },
      dependsOn: [executionLog],
    });
  }

  /** 429 for a rate or a quota; a backend's own 429 has no error type. */
  #countRefused(accessLog: CloudwatchLogGroup): void {
    const { namespace, dimensions, tooManyRequests, errorTypes } = gatewayMetrics;
    const types = Object.values(errorTypes).map((one) => `($.errorType = "${one}")`);
    new CloudwatchLogMetricFilter(this, "refused", {
      name: "too-many-requests",
      logGroupName: accessLog.name,
      pattern: `{ ($.status = "429") && (${types.join(" || ")}) }`,
      metricTransformation: {
        ...{ namespace, name: tooManyRequests, value: "1", unit: "Count" },
        dimensions: Object.fromEntries(dimensions.map((one) => [one, `$.${one}`])),
      },
    });
  }

  /** Of the resolved configuration, not of ids (they stay) and not of the time (it never does). */
  #hash(resources: readonly Configured[]): string {
    return Lazy.stringValue({
      produce: (context: IResolveContext) => {
        const resolved = resources.map((one) => configurationOf(context.resolve(one.toTerraform())));
        return createHash("sha256").update(JSON.stringify(resolved)).digest("hex");
      },
    });
  }
}

type Blocks = Readonly<Record<string, Readonly<Record<string, object>>>>;

/** Attributes alone: where a resource stands in the code, and how Terraform orders it, is not configuration. */
function configurationOf({ resource, data }: Partial<Record<"resource" | "data", Blocks>>): unknown {
  return Object.entries(resource ?? data ?? {}).map(([type, byName]) => [
    type,
    ...Object.values(byName).map((attributes) =>
      Object.entries(attributes)
        .filter(([name]) => !["//", "depends_on", "lifecycle", "provider"].includes(name))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  ]);
}

/** One JSON line a request, at most 3 KB; absent values are written as `-`. */
export const accessLogFormat = JSON.stringify({
  requestId: "$context.requestId",
  time: "$context.requestTime",
  apiId: "$context.apiId",
  stage: "$context.stage",
  domainName: "$context.domainName",
  httpMethod: "$context.httpMethod",
  resourcePath: "$context.resourcePath",
  status: "$context.status",
  responseLength: "$context.responseLength",
  responseLatency: "$context.responseLatency",
  integrationLatency: "$context.integrationLatency",
  integrationStatus: "$context.integration.status",
  errorType: "$context.error.responseType",
  sourceIp: "$context.identity.sourceIp",
  tlsVersion: "$context.tlsVersion",
  cipherSuite: "$context.cipherSuite",
  waf: {
    // WAF_ALLOW or WAF_BLOCK; which rule decided stands in WAF's own log, under the same request id.
    response: "$context.wafResponseCode",
    status: "$context.waf.status",
    latency: "$context.waf.latency",
    error: "$context.waf.error",
  },
  clientCert: {
    subjectDN: "$context.identity.clientCert.subjectDN",
    issuerDN: "$context.identity.clientCert.issuerDN",
    serialNumber: "$context.identity.clientCert.serialNumber",
    notBefore: "$context.identity.clientCert.validity.notBefore",
    notAfter: "$context.identity.clientCert.validity.notAfter",
  },
  authorizer: {
    principalId: "$context.authorizer.principalId",
    code: "$context.authorizer.code",
    step: "$context.authorizer.step",
    error: "$context.authorizer.error",
    latency: "$context.authorizer.latency",
    status: "$context.authorizer.status",
  },
});
