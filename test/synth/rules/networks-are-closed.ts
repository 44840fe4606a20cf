/** A network of ours has no way to the internet, and lets through what somebody has written a reason beside. */
import { at, insideStack, type Json, resources, type Synthesized } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

/** Ways out, ways in, and openings that stand inside a group, where no reason is asked for. */
const never = [
  ...["aws_internet_gateway", "aws_nat_gateway", "aws_egress_only_internet_gateway", "aws_eip", "aws_route"],
  ...["aws_vpc_peering_connection", "aws_vpn_gateway", "aws_security_group_rule", "aws_key_pair"],
];

const openings = ["aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"];

export const networksAreClosed: Rule = {
  name: "networks are closed",
  kinds: ["api"],
  check: (stack) => [
    ...never
      .flatMap((type) => resources(stack.json, type))
      .map(({ address }) => `${address}: no network of ours has it`),
    ...openings.flatMap((type) => resources(stack.json, type)).flatMap(wideOpening),
    ...[
      ...resources(stack.json, "aws_security_group"),
      ...resources(stack.json, "aws_default_security_group"),
    ]
      .filter(({ attributes }) => attributes.ingress || attributes.egress)
      .map(({ address }) => `${address}: openings inside the group`),
    ...resources(stack.json, "aws_subnet")
      .filter(({ attributes }) => attributes.map_public_ip_on_launch !== false)
      .map(({ address }) => `${address}: public addresses`),
    ...madeNetworks(stack),
    ...balancers(stack),
  ],
  controls: [
    {
      defect: "everybody may connect",
      kind: "api",
      make: (json) => {
        at(json, openings[0] as string, "private-edge/balancer/group/from-edge-1").cidr_ipv4 = "0.0.0.0/0";
      },
    },
    {
      defect: "a range that the configuration does not name",
      kind: "api",
      make: (json) => {
        at(json, openings[0] as string, "private-edge/balancer/group/from-edge-1").cidr_ipv4 = "10.0.0.0/9";
      },
    },
    {
      defect: "instances reach everything",
      kind: "api",
      make: (json) => {
        const rule = at(json, openings[1] as string, "private-edge/instances/to-services");
        delete rule.referenced_security_group_id;
        rule.cidr_ipv4 = "0.0.0.0/0";
      },
    },
    {
      defect: "every protocol",
      kind: "api",
      make: (json) => {
        at(json, openings[1] as string, "private-edge/instances/to-services").ip_protocol = "-1";
      },
    },
    {
      defect: "an opening without a reason",
      kind: "api",
      make: (json) => {
        delete at(json, openings[1] as string, "private-edge/instances/to-services").description;
      },
    },
    {
      defect: "a gateway to the internet",
      kind: "api",
      make: (json) => {
        json.resource.aws_internet_gateway = { out: { vpc_id: "vpc-1" } };
      },
    },
    {
      defect: "openings inside a group",
      kind: "api",
      make: (json) => {
        at(json, "aws_security_group", "private-edge/instances/group").ingress = [{ from_port: 22 }];
      },
    },
    {
      defect: "a default group that lets through",
      kind: "api",
      make: (json) => {
        at(json, "aws_default_security_group", "private-edge/network/default-group").ingress = [{}];
      },
    },
    {
      defect: "no default group",
      kind: "api",
      make: (json) => {
        delete json.resource.aws_default_security_group;
      },
    },
    {
      defect: "public addresses",
      kind: "api",
      make: (json) => {
        at(json, "aws_subnet", "private-edge/network/subnet-1").map_public_ip_on_launch = true;
      },
    },
    {
      defect: "a load balancer on the internet",
      kind: "api",
      make: (json) => {
        at(json, "aws_lb", "private-edge/balancer/balancer").internal = false;
      },
    },
    {
      defect: "TLS that ends before NGINX",
      kind: "api",
      make: (json) => {
        at(json, "aws_lb_listener", "private-edge/balancer/edge-listener").protocol = "TLS";
      },
    },
    {
      defect: "nobody sees who came",
      kind: "api",
      make: (json) => {
        delete json.resource.aws_flow_log;
      },
    },
    {
      defect: "an endpoint for everybody's accounts",
      kind: "api",
      make: (json) => {
        delete at(json, "aws_vpc_endpoint", "private-edge/services/secretsmanager").policy;
      },
    },
  ],
};

function wideOpening({ address, attributes }: { address: string; attributes: Json }): string[] {
  const { cidr_ipv4: range, cidr_ipv6, prefix_list_id, referenced_security_group_id: group } = attributes;
  const ends = [range, cidr_ipv6, prefix_list_id, group].filter((one) => one !== undefined);
  return [
    ...(ends.length === 1 ? [] : [`${address}: open to ${ends.length} ends instead of one`]),
    ...(cidr_ipv6 !== undefined || /\/[0-7]$/.test(String(range)) ? [`${address}: open to everybody`] : []),
    ...(attributes.ip_protocol === "tcp" && attributes.from_port === attributes.to_port
      ? []
      : [`${address}: more than one TCP port`]),
    ...(attributes.description ? [] : [`${address}: without a reason`]),
  ];
}

function madeNetworks({ json }: Synthesized): string[] {
  return resources(json, "aws_vpc").flatMap(({ address }) => {
    const refers = (value: unknown) => value === `\${${address}.id}`;
    const of = (type: string) => resources(json, type).filter(({ attributes }) => refers(attributes.vpc_id));
    return [
      ...(of("aws_default_security_group").length === 1
        ? []
        : [`${address}: its default group is not closed`]),
      ...(of("aws_flow_log").length === 1 ? [] : [`${address}: no flow log`]),
      ...of("aws_vpc_endpoint")
        // NGINX's own endpoint has its policy apart, because its API names it.
        .filter(({ attributes }) => insideStack(attributes) !== "private-edge/api/endpoint")
        .filter(({ attributes }) => !attributes.policy)
        .map((one) => `${one.address}: for everybody, of every account`),
    ];
  });
}

function balancers({ json, environment, name }: Synthesized): string[] {
  const edge = environment.apis.find((api) => `${environment.name}-${api.name}` === name)?.privateEdge;
  const ranges = resources(json, "aws_vpc_security_group_ingress_rule")
    .filter(({ attributes }) => insideStack(attributes).startsWith("private-edge/balancer/"))
    .map(({ attributes }) => attributes.cidr_ipv4);
  const strange = ranges.filter((one) => !edge?.accessFrom.includes(one));
  const production = environment.tier === "production";
  return [
    ...strange.map((range) => `the load balancer admits ${range}, which the configuration does not name`),
    ...resources(json, "aws_lb").flatMap(({ address, attributes }) => [
      ...(attributes.internal === true ? [] : [`${address}: on the internet`]),
      ...(attributes.enable_deletion_protection === production ? [] : [`${address}: deletion protection`]),
    ]),
    ...resources(json, "aws_lb_listener")
      .filter(({ attributes }) => attributes.protocol !== "TCP")
      .map(({ address }) => `${address}: TLS would end before NGINX`),
  ];
}
