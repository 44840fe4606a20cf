/**
 * The load balancer: internal, TCP, so that the TLS of a client ends at NGINX and nowhere before. It keeps the client's
 * address, and asks instances for `/health` on a port that is open for it alone.
 */
import { Lb } from "@cdktf/provider-aws/lib/lb/index.js";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener/index.js";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group/index.js";
import { Construct } from "constructs";
import { edgePorts } from "#contract/private-edge.ts";
import type { EdgeScope } from "./edge-scope.ts";
import type { Network } from "./network.ts";
import { ClosedGroup } from "./security-group.ts";

export interface LoadBalancerProps extends EdgeScope {
  readonly network: Network;
  readonly instances: ClosedGroup;
}

export class LoadBalancer extends Construct {
  readonly balancer: Lb;
  /** That of the API first. */
  readonly targets: readonly LbTargetGroup[];

  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id);
    const { name, network, environment, settings } = props;
    const group = new ClosedGroup(this, "group", {
      ...{ name: `${name}-edge-balancer`, vpcId: network.vpcId },
      description: "Load balancer before NGINX",
    });
    this.balancer = new Lb(this, "balancer", {
      name: `${name}-edge`,
      ...{ loadBalancerType: "network", internal: true },
      subnets: [...network.subnetIds],
      securityGroups: [group.id],
      enableCrossZoneLoadBalancing: true,
      enableDeletionProtection: environment.tier === "production",
    });
    const { tokenEndpoint } = settings;
    const ports = [
      { id: "edge", port: edgePorts.https, why: "Clients" },
      ...(tokenEndpoint ? [{ id: "token", port: tokenEndpoint.port, why: "Clients, for tokens" }] : []),
    ];
    this.targets = ports.map(({ id: which, port, why }) => {
      settings.accessFrom.forEach((range, index) => {
        group.admits(`${which}-${index + 1}`, { port, why, range });
      });
      group.reaches(which, { port, why: "NGINX", group: props.instances.id });
      props.instances.admits(which, { port, why: "Load balancer", group: group.id });
      return this.#listener(which, port, props);
    });
    group.reaches("health", { port: edgePorts.health, why: "Health of NGINX", group: props.instances.id });
    props.instances.admits("health", { port: edgePorts.health, why: "Health of NGINX", group: group.id });
  }

  #listener(id: string, port: number, { name, network }: LoadBalancerProps): LbTargetGroup {
    const targets = new LbTargetGroup(this, `${id}-targets`, {
      name: `${name}-${id}`,
      ...{ port, protocol: "TCP", targetType: "instance", vpcId: network.vpcId },
      preserveClientIp: "true",
      // NGINX ends connections after a minute by itself.
      deregistrationDelay: "90",
      healthCheck: {
        ...{ protocol: "HTTP", port: String(edgePorts.health), path: "/health", matcher: "200" },
        ...{ interval: 10, timeout: 5, healthyThreshold: 2, unhealthyThreshold: 2 },
      },
    });
    new LbListener(this, `${id}-listener`, {
      loadBalancerArn: this.balancer.arn,
      ...{ port, protocol: "TCP" },
      defaultAction: [{ type: "forward", targetGroupArn: targets.arn }],
    });
    return targets;
  }
}
