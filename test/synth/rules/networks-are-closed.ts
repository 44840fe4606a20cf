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
    ...resources(stack.json, "aws_security_group").flatMap(({ address, attributes }) =>
      unspeakable(address, attributes.description),
    ),
    ...resources(stack.json, "aws_subnet")
      .filter(({ attributes }) => attributes.map_public_ip_on_launch !== false)
      .map(({ address }) => `${address}: public addresses`),
    ...madeNetworks(stack),
    ...balancers(stack),
  ],
  controls: (
    [
      ["everybody may connect", (json) => (client(json).cidr_ipv4 = "0.0.0.0/0")],
      ["a range that the configuration does not name", (json) => (client(json).cidr_ipv4 = "10.0.0.0/9")],
      ["two ends of one opening", (json) => (toServices(json).cidr_ipv4 = "10.0.0.0/8")],
      ["every protocol", (json) => (toServices(json).ip_protocol = "-1")],
      ["a range of ports", (json) => (toServices(json).to_port = 8443)],
      ["an opening without a reason", (json) => delete toServices(json).description],
      ["a reason that EC2 refuses", (json) => (toServices(json).description = "NGINX's")],
      ["a group that EC2 refuses", (json) => (instances(json).description = "NGINX's")],
      ["openings inside a group", (json) => (instances(json).ingress = [{ from_port: 22 }])],
      ["a gateway to the internet", (json) => (json.resource.aws_internet_gateway = { out: {} })],
      ["a default group that lets through", (json) => (defaultGroup(json).ingress = [{}])],
      ["no default group", (json) => delete json.resource.aws_default_security_group],
      [
        "public addresses",
        (json) => (edge(json, "aws_subnet", "network/subnet-1").map_public_ip_on_launch = true),
      ],
      [
        "a load balancer on the internet",
        (json) => (edge(json, "aws_lb", "balancer/balancer").internal = false),
      ],
      [
        "protection left on in a sandbox",
        (json) => (edge(json, "aws_lb", "balancer/balancer").enable_deletion_protection = true),
      ],
      [
        "TLS that ends before NGINX",
        (json) => (edge(json, "aws_lb_listener", "balancer/edge-listener").protocol = "TLS"),
      ],
      ["nobody sees who came", (json) => delete json.resource.aws_flow_log],
      [
        "an endpoint for everybody's accounts",
        (json) => delete edge(json, "aws_vpc_endpoint", "services/secretsmanager").policy,
      ],
    ] as readonly [string, (json: Json) => unknown][]
  ).map(([defect, make]) => ({ defect, kind: "api" as const, make: (json: Json) => void make(json) })),
};

const edge = (json: Json, type: string, path: string): Json => at(json, type, `private-edge/${path}`);
const client = (json: Json) =>
  edge(json, "aws_vpc_security_group_ingress_rule", "balancer/group/from-edge-1");
const toServices = (json: Json) => edge(json, "aws_vpc_security_group_egress_rule", "instances/to-services");
const instances = (json: Json) => edge(json, "aws_security_group", "instances/group");
const defaultGroup = (json: Json) => edge(json, "aws_default_security_group", "network/default-group");

/** What EC2 takes as a description; another character fails the deployment, on AWS and not here. */
const unspeakable = (address: string, text: unknown): string[] =>
  /^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/.test(String(text ?? ""))
    ? []
    : [`${address}: without a reason that EC2 takes`];

function wideOpening({ address, attributes }: { address: string; attributes: Json }): string[] {
  const { cidr_ipv4: range, cidr_ipv6, prefix_list_id, referenced_security_group_id: group } = attributes;
  const ends = [range, cidr_ipv6, prefix_list_id, group].filter((one) => one !== undefined);
  return [
    ...(ends.length === 1 ? [] : [`${address}: open to ${ends.length} ends instead of one`]),
    ...(cidr_ipv6 !== undefined || /\/[0-7]$/.test(String(range)) ? [`${address}: open to everybody`] : []),
    ...(attributes.ip_protocol === "tcp" && attributes.from_port === attributes.to_port
      ? []
      : [`${address}: more than one TCP port`]),
    ...unspeakable(address, attributes.description),
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
