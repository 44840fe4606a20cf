/**
 * Where NGINX lives: a network that is there, or one made here: two zones, private subnets only, no gateway to the
 * internet, no NAT. Who may call reaches it by peering or a transit gateway, which are the network's owner's.
 *
 * Flow logs of both kinds: a TCP listener writes no access log.
 */
import { DefaultSecurityGroup } from "@cdktf/provider-aws/lib/default-security-group/index.js";
import { RouteTable } from "@cdktf/provider-aws/lib/route-table/index.js";
import { RouteTableAssociation } from "@cdktf/provider-aws/lib/route-table-association/index.js";
import { Subnet } from "@cdktf/provider-aws/lib/subnet/index.js";
import { Vpc } from "@cdktf/provider-aws/lib/vpc/index.js";
import { Construct } from "constructs";
import { halvesOf } from "#config/address-range.ts";
import type { EdgeScope } from "./edge-scope.ts";
import { FlowLogs } from "./flow-logs.ts";

type Made = Extract<EdgeScope["settings"]["network"], { readonly kind: "made" }>;

export class Network extends Construct {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  /** Of a network that was made: its one route table. */
  readonly routeTableId: string | undefined;

  constructor(scope: Construct, id: string, props: EdgeScope) {
    super(scope, id);
    const { network } = props.settings;
    if (network.kind === "given") {
      this.vpcId = network.vpcId;
      this.subnetIds = network.subnetIds;
      // The network is somebody else's: what he logs of the rest is his to say.
      new FlowLogs(this, "flow-logs", { ...props, of: network.subnetIds.map((subnetId) => ({ subnetId })) });
      return;
    }
    const made = this.#make(network, props.name);
    this.vpcId = made.vpc.id;
    this.subnetIds = made.subnets.map((one) => one.id);
    this.routeTableId = made.routes.id;
    new FlowLogs(this, "flow-logs", { ...props, of: [{ vpcId: this.vpcId }] });
  }

  #make({ cidr, zones }: Made, name: string) {
    const tags = { Name: `${name}-edge` };
    const vpc = new Vpc(this, "vpc", {
      cidrBlock: cidr,
      enableDnsSupport: true,
      // Private DNS of the endpoints wants it.
      enableDnsHostnames: true,
      tags,
    });
    // Whoever forgets to name a group gets this one: it lets nothing through.
    new DefaultSecurityGroup(this, "default-group", { vpcId: vpc.id });
    const routes = new RouteTable(this, "routes", { vpcId: vpc.id, tags });
    const halves = halvesOf(cidr);
    const subnets = zones.map((availabilityZone, index) => {
      const subnet = new Subnet(this, `subnet-${index + 1}`, {
        ...{ vpcId: vpc.id, availabilityZone, cidrBlock: halves[index] as string },
        mapPublicIpOnLaunch: false,
        tags: { Name: `${name}-edge-${index + 1}` },
      });
      new RouteTableAssociation(this, `subnet-${index + 1}-routes`, {
        subnetId: subnet.id,
        routeTableId: routes.id,
      });
      return subnet;
    });
    return { vpc, routes, subnets };
  }
}
