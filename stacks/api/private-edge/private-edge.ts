/**
 * The private edge: NGINX with mutual TLS for callers inside a network, in front of the private API (or of a server of
 * the configuration). In this order a request goes: name, load balancer, fleet, private API.
 */
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record/index.js";
import { Route53Zone } from "@cdktf/provider-aws/lib/route53-zone/index.js";
import { Construct } from "constructs";
import { portOf } from "#config/private-edge.ts";
import { roleNames } from "#contract/names.ts";
import type { EdgeUpstream } from "#contract/private-edge.ts";
import type { Alarm, WatchedApi } from "../alarm-rows.ts";
import type { CaTrust } from "../ca-trust.ts";
import { edgeAlarms } from "./edge-alarms.ts";
import type { EdgeScope } from "./edge-scope.ts";
import { EdgeSecret } from "./edge-secret.ts";
import { Fleet } from "./fleet.ts";
import { LoadBalancer } from "./load-balancer.ts";
import { Network } from "./network.ts";
import { PrivateApi, type SharedWithPublic } from "./private-api.ts";
import { Scaling } from "./scaling.ts";
import { ClosedGroup } from "./security-group.ts";
import { ServiceEndpoints } from "./service-endpoints.ts";
import { upstreamOf } from "./upstream.ts";

export interface PrivateEdgeProps extends EdgeScope, SharedWithPublic {
  readonly trust: CaTrust;
}

export class PrivateEdge extends Construct {
  /** Undefined with `urlToProxy`. */
  readonly api: PrivateApi | undefined;
  readonly alarms: readonly Alarm[];
  readonly watched: readonly WatchedApi[];

  constructor(scope: Construct, id: string, props: PrivateEdgeProps) {
    super(scope, id);
    const { name, settings, authorizer } = props;
    const network = new Network(this, "network", props);
    const instances = new ClosedGroup(this, "instances", {
      ...{ name: `${name}-edge-instances`, vpcId: network.vpcId },
      description: "Instances of NGINX",
    });
    const services = new ServiceEndpoints(this, "services", { ...props, network, instances });
    const secret = new EdgeSecret(this, "secret", props);
    this.api = settings.urlToProxy
      ? undefined
      : new PrivateApi(this, "api", { ...props, network, instances, secret });
    this.#reachServers(instances, props);
    const balancer = new LoadBalancer(this, "balancer", { ...props, network, instances });
    const fleet = new Fleet(this, "fleet", {
      ...{ ...props, network, instances, secret, balancer },
      policy: authorizer.policy,
      upstream: this.#upstream(props),
      ready: [...services.ready, ...secret.ready, ...(this.api?.ready ?? [])],
    });
    new Scaling(this, "scaling", { ...props, fleet, balancer });
    this.#name(props, network, balancer);
    this.alarms = edgeAlarms({ ...props, balancer });
    this.watched = this.#watched(props);
  }

  #watched({ environment, api }: PrivateEdgeProps): WatchedApi[] {
    if (!this.api) return [];
    const authorizer = roleNames.privateAuthorizer(environment.name, api.name);
    return [{ idPrefix: "private-", restApi: this.api.restApi, stage: api.stage, authorizer }];
  }

  #upstream({ settings, api }: PrivateEdgeProps): EdgeUpstream {
    if (settings.urlToProxy) return upstreamOf(settings.urlToProxy.url);
    const { address, host } = this.api as PrivateApi;
    return { address, port: 443, host, pathPrefix: `/${api.stage}` };
  }

  /** Servers of the configuration, where it says they lie. */
  #reachServers(instances: ClosedGroup, { settings }: PrivateEdgeProps): void {
    for (const [id, server] of Object.entries({
      proxied: settings.urlToProxy,
      "token-server": settings.tokenEndpoint,
    }))
      server?.ranges.forEach((range, index) => {
        instances.reaches(`${id}-${index + 1}`, { port: portOf(server.url), why: server.url, range });
      });
  }

  /** Known inside the network only. */
  #name({ settings }: PrivateEdgeProps, network: Network, { balancer }: LoadBalancer): void {
    const zone = new Route53Zone(this, "zone", {
      name: settings.zone.name,
      comment: "mtls-api, private edge",
      vpc: [{ vpcId: network.vpcId }],
    });
    new Route53Record(this, "record", {
      zoneId: zone.zoneId,
      name: settings.serverName,
      ...{ type: "CNAME", ttl: 60 },
      records: [balancer.dnsName],
    });
  }
}
