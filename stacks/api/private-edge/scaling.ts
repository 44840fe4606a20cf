/** The fleet grows by processor time and by open connections, and shrinks again. */
import { AutoscalingPolicy } from "@cdktf/provider-aws/lib/autoscaling-policy/index.js";
import { Construct } from "constructs";
import type { EdgeScope } from "./edge-scope.ts";
import type { Fleet } from "./fleet.ts";
import type { LoadBalancer } from "./load-balancer.ts";

export interface ScalingProps extends EdgeScope {
  readonly fleet: Fleet;
  readonly balancer: LoadBalancer;
}

export class Scaling extends Construct {
  constructor(scope: Construct, id: string, props: ScalingProps) {
    super(scope, id);
    const { name, settings, fleet, balancer } = props;
    const target = { autoscalingGroupName: fleet.group.name, policyType: "TargetTrackingScaling" };
    new AutoscalingPolicy(this, "processor", {
      ...{ ...target, name: `${name}-edge-processor` },
      targetTrackingConfiguration: {
        // Handshakes cost processor time: half is left for a burst of them.
        targetValue: 50,
        predefinedMetricSpecification: { predefinedMetricType: "ASGAverageCPUUtilization" },
      },
    });
    new AutoscalingPolicy(this, "connections", {
      ...{ ...target, name: `${name}-edge-connections` },
      targetTrackingConfiguration: {
        targetValue: settings.instances.connections,
        customizedMetricSpecification: {
          metrics: [
            this.#measure("connections", "AWS/NetworkELB", "ActiveFlowCount", {
              LoadBalancer: balancer.balancer.arnSuffix,
            }),
            this.#measure("instances", "AWS/AutoScaling", "GroupInServiceInstances", {
              AutoScalingGroupName: fleet.group.name,
            }),
            {
              ...{ id: "each", expression: "connections / instances" },
              ...{ label: "connections of an instance", returnData: true },
            },
          ],
        },
      },
    });
  }

  #measure(id: string, namespace: string, metricName: string, dimensions: Record<string, string>) {
    return {
      id,
      metricStat: {
        metric: {
          ...{ namespace, metricName },
          dimensions: Object.entries(dimensions).map(([name, value]) => ({ name, value })),
        },
        stat: "Average",
      },
      returnData: false,
    };
  }
}
