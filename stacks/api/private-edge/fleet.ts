/**
 * NGINX's instances: one template, one group over the zones, grown by load and replaced one after the other when the
 * template changes. What an instance is told stands in its user data, in clear: there is no secret in it.
 */
import { AutoscalingGroup } from "@cdktf/provider-aws/lib/autoscaling-group/index.js";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { CloudwatchLogMetricFilter } from "@cdktf/provider-aws/lib/cloudwatch-log-metric-filter/index.js";
import { LaunchTemplate } from "@cdktf/provider-aws/lib/launch-template/index.js";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object/index.js";
import { Fn, type ITerraformDependable, TerraformLocal } from "cdktf";
import { Construct } from "constructs";
import {
  defaultEdgeLimits,
  type EdgeSettings,
  type EdgeUpstream,
  edgeLogGroup,
  edgeLogs,
  edgeMetricNamespace,
  edgeMetrics,
  edgePorts,
  edgeProgramKey,
  edgeRefreshSeconds,
} from "#contract/private-edge.ts";
import { cloudConfig, userDataHead } from "#edge/instance/user-data.ts";
import { jsonDocument } from "#stacks/shared/json-document.ts";
import type { PinnedPolicy } from "../authorizer.ts";
import type { CaTrust } from "../ca-trust.ts";
import type { EdgeScope } from "./edge-scope.ts";
import type { EdgeSecret } from "./edge-secret.ts";
import { InstanceRole } from "./instance-role.ts";
import type { LoadBalancer } from "./load-balancer.ts";
import type { Network } from "./network.ts";
import type { ClosedGroup } from "./security-group.ts";
import { upstreamOf } from "./upstream.ts";

export interface FleetProps extends EdgeScope {
  readonly network: Network;
  readonly instances: ClosedGroup;
  readonly balancer: LoadBalancer;
  readonly secret: EdgeSecret;
  readonly trust: CaTrust;
  /** Its bucket holds the refresh program too. */
  readonly policy: PinnedPolicy;
  readonly upstream: EdgeUpstream;
  readonly ready: readonly ITerraformDependable[];
}

export class Fleet extends Construct {
  readonly group: AutoscalingGroup;

  readonly #props: FleetProps;

  constructor(scope: Construct, id: string, props: FleetProps) {
    super(scope, id);
    this.#props = props;
    const { name, network, balancer, settings, environment, api } = props;
    const logs = edgeLogs.map(
      (log) =>
        new CloudwatchLogGroup(this, `log-${log}`, {
          name: edgeLogGroup(environment.name, api.name, log),
          retentionInDays: api.logs.retentionDays,
          ...(api.logs.kmsKeyArn ? { kmsKeyId: api.logs.kmsKeyArn } : {}),
        }),
    );
    if (api.alarms) this.#measure(logs);
    const role = new InstanceRole(this, "role", props);
    const template = this.#template(role.profileArn);
    const { min, max } = settings.instances;
    this.group = new AutoscalingGroup(this, "group", {
      name: `${name}-edge`,
      ...{ minSize: min, maxSize: max },
      vpcZoneIdentifier: [...network.subnetIds],
      targetGroupArns: balancer.targets.map((one) => one.arn),
      healthCheckType: "ELB",
      // Packages are installed before NGINX answers.
      ...{ healthCheckGracePeriod: 300, defaultInstanceWarmup: 180 },
      launchTemplate: { id: template.id, version: Fn.tostring(template.latestVersion) },
      instanceRefresh: {
        strategy: "Rolling",
        // A new one is well before an old one goes; a template that brings up none that is, is taken back.
        preferences: { minHealthyPercentage: 100, maxHealthyPercentage: 200, autoRollback: true },
      },
      enabledMetrics: ["GroupInServiceInstances"],
      // The template has the rest; a group takes tags of its own.
      tag: [{ key: "Name", value: `${name}-edge`, propagateAtLaunch: true }],
      dependsOn: [...props.ready, ...role.ready, ...logs],
    });
  }

  /** What alarms look at, out of the logs. */
  #measure(logs: readonly CloudwatchLogGroup[]): void {
    const { environment, api } = this.#props;
    for (const metric of Object.values(edgeMetrics))
      new CloudwatchLogMetricFilter(this, `metric-${metric.name.toLowerCase()}`, {
        name: metric.name,
        logGroupName: edgeLogGroup(environment.name, api.name, metric.log),
        pattern: metric.pattern,
        metricTransformation: {
          name: metric.name,
          namespace: edgeMetricNamespace(environment.name, api.name),
          value: metric.value,
        },
        dependsOn: [...logs],
      });
  }

  #template(profileArn: string): LaunchTemplate {
    const { name, settings, instances, environment } = this.#props;
    const tags = { ...environment.tags, Name: `${name}-edge` };
    const local = new TerraformLocal(this, "user-data", this.#userData());
    return new LaunchTemplate(this, "template", {
      name: `${name}-edge`,
      description: "NGINX before the private API",
      imageId: settings.instances.image ?? `resolve:ssm:${amazonLinux}`,
      instanceType: settings.instances.type,
      iamInstanceProfile: { arn: profileArn },
      metadataOptions: {
        // IMDSv2 only, and not for whatever might be routed through the instance.
        ...{ httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
        instanceMetadataTags: "disabled",
      },
      blockDeviceMappings: [
        {
          deviceName: "/dev/xvda",
          ebs: { encrypted: "true", volumeType: "gp3", volumeSize: 8, deleteOnTermination: "true" },
        },
      ],
      networkInterfaces: [
        {
          ...{ associatePublicIpAddress: "false", deleteOnTermination: "true" },
          securityGroups: [instances.id],
        },
      ],
      monitoring: { enabled: true },
      userData: Fn.base64encode(local.asString),
      tagSpecifications: ["instance", "volume"].map((resourceType) => ({ resourceType, tags })),
      updateDefaultVersion: true,
    });
  }

  #userData(): string {
    const { environment, api, settings } = this.#props;
    const local = new TerraformLocal(this, "settings", jsonDocument(this.#settings()));
    const config = cloudConfig({
      ...{ environment: environment.name, api: api.name, refreshSeconds: edgeRefreshSeconds },
      settingsBase64: Fn.base64encode(local.asString),
      program: this.#program(),
      ownImage: settings.instances.image !== undefined,
    });
    return `${userDataHead}${jsonDocument(config)}`;
  }

  #program() {
    const { policy, api } = this.#props;
    // The path is relative to the stack's folder; hashes are taken by Terraform when it plans.
    const source = `\${path.module}/../../../build/edge/refresh.cjs`;
    const object = new S3Object(this, "program", {
      ...{ bucket: policy.bucket, key: edgeProgramKey, source },
      sourceHash: `\${filemd5("${source}")}`,
      contentType: "text/javascript",
      dependsOn: [...policy.ready],
    });
    return {
      ...{ bucket: policy.bucket, key: edgeProgramKey, region: api.region },
      version: object.versionId,
      sha256: new TerraformLocal(this, "program-sha256", `\${filesha256("${source}")}`).asString,
    };
  }

  #settings(): Omit<EdgeSettings, "issuers"> & { readonly issuers: unknown } {
    const { environment, api, settings, trust, secret, upstream } = this.#props;
    const { crl } = environment.ca;
    const { tokenEndpoint } = settings;
    return {
      region: api.region,
      serverNames: [settings.serverName],
      ...{ port: edgePorts.https, healthPort: edgePorts.health },
      truststore: trust.truststore,
      issuers: trust.output("issuers"),
      maxAge: { issuingSeconds: crl.maxAgeMinutes * 60, rootSeconds: crl.rootLifetimeDays * 24 * 3600 },
      serverCertificateSecretArn: settings.serverCertificate.secret,
      edgeSecretArn: secret.arn,
      upstream,
      limits: defaultEdgeLimits,
      refreshSeconds: edgeRefreshSeconds,
      ...(tokenEndpoint
        ? { tokenEndpoint: { port: tokenEndpoint.port, upstream: upstreamOf(tokenEndpoint.url) } }
        : {}),
    };
  }
}

/** The newest image of Amazon Linux 2023 for ARM, looked up whenever an instance starts. */
const amazonLinux = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64";
