/**
 * What the deploy role may do besides, in an account with private edges: networks, load balancer, instances. A managed
 * policy of its own, since inline ones have an end; an account without private edges has none.
 *
 * Not in it: a gateway to the internet, a route, a peering, a public address, a key pair, running an instance but by
 * the autoscaling group. What can be named is named; EC2 gives its resources ids, so that region and account are the
 * narrowest scope: give an environment with a private edge an account that holds no other networks.
 */
import type { Environment } from "#config/environment.ts";
import { roleArn, roleNames } from "#contract/names.ts";
import { recordStatements } from "./records.ts";
import { allow, type Statement } from "./statements.ts";

/** Empty: there is no private edge. */
export function edgeDeployPermissions(environment: Environment, account: string): Statement[] {
  const edges = edgesIn(environment, account);
  if (edges.length === 0) return [];
  const { name } = environment;
  const regions = [...new Set(edges.map(({ region }) => region))];
  const own = (service: string, resource: string) =>
    regions.map((region) => `arn:aws:${service}:${region}:${account}:${resource}`);
  const kinds = (...all: string[]) => all.flatMap((kind) => own("ec2", `${kind}/*`));
  const roles = edges.map((api) => roleArn(account, roleNames.edge(name, api.name)));
  return [
    allow(
      "EdgeNetwork",
      changes.network,
      kinds("vpc", "subnet", "route-table", "vpc-endpoint", "vpc-flow-log"),
    ),
    allow("EdgeOpenings", changes.openings, [
      ...kinds("security-group", "security-group-rule", "vpc"),
      // Changing an opening to S3 names AWS's own list of its addresses.
      ...regions.map((region) => `arn:aws:ec2:${region}:aws:prefix-list/*`),
    ]),
    allow("EdgeTemplate", changes.template, kinds("launch-template")),
    // An endpoint is made with groups, subnets and route tables that are there.
    allow(
      "EdgeEndpoints",
      ["ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint"],
      kinds("vpc-endpoint", "vpc", "subnet", "security-group", "route-table"),
    ),
    // Asked of whoever makes a group from a template; the group itself starts instances by a role of AWS's.
    allow(
      "EdgeInstances",
      ["ec2:RunInstances"],
      [
        ...kinds("instance", "volume", "network-interface", "subnet", "security-group", "launch-template"),
        ...regions.map((region) => `arn:aws:ec2:${region}::image/*`),
        ...kinds("image"),
      ],
    ),
    allow("EdgeTags", ["ec2:CreateTags", "ec2:DeleteTags"], own("ec2", "*/*")),
    allow(
      "EdgeImage",
      ["ssm:GetParameters"],
      regions.map((region) => `arn:aws:ssm:${region}::parameter/aws/service/ami-amazon-linux-latest/*`),
    ),
    allow("EdgeBalancer", changes.balancer, [
      ...own("elasticloadbalancing", `loadbalancer/net/${name}-*`),
      ...own("elasticloadbalancing", `targetgroup/${name}-*`),
      ...own("elasticloadbalancing", `listener/net/${name}-*`),
    ]),
    allow(
      "EdgeFleet",
      changes.fleet,
      own("autoscaling", `autoScalingGroup:*:autoScalingGroupName/${name}-*`),
    ),
    allow("EdgeProfile", changes.profile, [`arn:aws:iam::${account}:instance-profile/${name}-*`, ...roles]),
    allow("EdgeRole", ["iam:PassRole"], roles, {
      StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" },
    }),
    allow(
      "EdgeServiceRoles",
      ["iam:CreateServiceLinkedRole"],
      ["autoscaling", "elasticloadbalancing"].map((one) =>
        roleArn(account, `aws-service-role/${one}.amazonaws.com/*`),
      ),
      {
        StringEquals: {
          "iam:AWSServiceName": ["autoscaling.amazonaws.com", "elasticloadbalancing.amazonaws.com"],
        },
      },
    ),
    // CreateHostedZone knows no resource; that a network comes with it makes the zone a private one.
    allow("EdgeZone", ["route53:CreateHostedZone"], ["*"], {
      "ForAnyValue:StringLike": {
        "route53:VPCs": regions.map((region) => `VPCId=vpc-*,VPCRegion=${region}`),
      },
    }),
    // A zone has an id, not a name of ours, and is private only by its network.
    allow("EdgeZones", changes.zones, ["arn:aws:route53:::hostedzone/*", ...kinds("vpc")]),
    ...recordStatements(edges.map(({ privateEdge }) => privateEdge.serverName)).map((one) => ({
      ...one,
      Sid: "EdgeRecords",
    })),
    ...edgePlanPermissions(environment, account),
  ];
}

/** What a plan reads besides. */
export function edgePlanPermissions(environment: Environment, account: string): Statement[] {
  if (edgesIn(environment, account).length === 0) return [];
  return [
    allow(
      "EdgeReadConfiguration",
      [
        ...["autoscaling:Describe*", "ec2:Describe*", "ec2:GetManagedPrefixListEntries"],
        ...["elasticloadbalancing:Describe*"],
      ],
      ["*"],
    ),
  ];
}

type Edge = Environment["apis"][number] & {
  readonly privateEdge: NonNullable<Environment["apis"][number]["privateEdge"]>;
};

const edgesIn = ({ apis }: Environment, account: string): readonly Edge[] =>
  apis.filter((api): api is Edge => api.account === account && api.privateEdge !== undefined);

const service = (name: string, actions: string): string[] =>
  actions.split(" ").map((action) => `${name}:${action}`);

const changes = {
  network: service(
    "ec2",
    "CreateVpc DeleteVpc ModifyVpcAttribute CreateSubnet DeleteSubnet ModifySubnetAttribute CreateRouteTable DeleteRouteTable AssociateRouteTable DisassociateRouteTable DeleteVpcEndpoints CreateFlowLogs DeleteFlowLogs",
  ),
  openings: service(
    "ec2",
    "CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress ModifySecurityGroupRules",
  ),
  template: service(
    "ec2",
    "CreateLaunchTemplate CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplate",
  ),
  balancer: service(
    "elasticloadbalancing",
    "CreateLoadBalancer DeleteLoadBalancer ModifyLoadBalancerAttributes SetSecurityGroups SetSubnets CreateTargetGroup DeleteTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes CreateListener DeleteListener ModifyListener ModifyListenerAttributes AddTags RemoveTags",
  ),
  fleet: service(
    "autoscaling",
    "CreateAutoScalingGroup UpdateAutoScalingGroup DeleteAutoScalingGroup AttachLoadBalancerTargetGroups DetachLoadBalancerTargetGroups CreateOrUpdateTags DeleteTags EnableMetricsCollection DisableMetricsCollection PutScalingPolicy DeletePolicy StartInstanceRefresh CancelInstanceRefresh",
  ),
  profile: service(
    "iam",
    "CreateInstanceProfile DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile TagInstanceProfile UntagInstanceProfile",
  ),
  zones: service(
    "route53",
    "DeleteHostedZone UpdateHostedZoneComment AssociateVPCWithHostedZone DisassociateVPCFromHostedZone ChangeTagsForResource",
  ),
} as const;
