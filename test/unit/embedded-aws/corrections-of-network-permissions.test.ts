/** By which resources requests about networks and what stands in them are judged. */
import {
  AssociateRouteTableCommand,
  AuthorizeSecurityGroupEgressCommand,
  CreateFlowLogsCommand,
  CreateLaunchTemplateCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  DeleteLaunchTemplateCommand,
  DeleteVpcEndpointsCommand,
  DisassociateRouteTableCommand,
  EC2Client,
  ModifySecurityGroupRulesCommand,
  ModifyVpcEndpointCommand,
} from "@aws-sdk/client-ec2";
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  GetInstanceProfileCommand,
  IAMClient,
} from "@aws-sdk/client-iam";
import { as, client, outcome, owner, query, region, role, root, type Signer } from "./support/accounts.ts";

const arn = (service: string, resource: string, account: string = owner) =>
  `arn:aws:${service}:${service === "iam" ? "" : region}:${account}:${resource}`;
const may = (Action: string, Resource: string[]) => ({ Effect: "Allow", Action, Resource });

describe("network_resources", () => {
  /** Of the whole network, made by root; later cases name what earlier ones have made. */
  const ids: Record<string, string> = {};
  const keep = (name: string, id: string | undefined) => {
    ids[name] = id ?? "";
  };
  type Work = (ec2: EC2Client) => Promise<unknown>;
  const port = { IpProtocol: "tcp", FromPort: 443, ToPort: 443 };
  const s3List = `com.amazonaws.${region}.s3`;
  const endpoint = (service: string) => ({
    VpcId: ids.vpc,
    ServiceName: `com.amazonaws.${region}.${service}`,
  });

  const cases: readonly [string, readonly string[], Work][] = [
    [
      "CreateVpc",
      ["vpc"],
      async (ec2) =>
        keep("vpc", (await ec2.send(new CreateVpcCommand({ CidrBlock: "10.64.0.0/24" }))).Vpc?.VpcId),
    ],
    [
      "CreateSubnet",
      ["subnet", "vpc"],
      async (ec2) => {
        const command = new CreateSubnetCommand({ VpcId: ids.vpc, CidrBlock: "10.64.0.0/26" });
        keep("subnet", (await ec2.send(command)).Subnet?.SubnetId);
      },
    ],
    [
      "CreateRouteTable",
      ["route-table", "vpc"],
      async (ec2) => {
        const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId: ids.vpc }));
        keep("table", RouteTable?.RouteTableId);
      },
    ],
    [
      "AssociateRouteTable",
      ["route-table", "subnet"],
      async (ec2) => {
        const place = { RouteTableId: ids.table, SubnetId: ids.subnet };
        keep("association", (await ec2.send(new AssociateRouteTableCommand(place))).AssociationId);
      },
    ],
    [
      "CreateSecurityGroup",
      ["security-group", "vpc"],
      async (ec2) => {
        const group = { VpcId: ids.vpc, GroupName: "group", Description: "of a test" };
        keep("group", (await ec2.send(new CreateSecurityGroupCommand(group))).GroupId);
      },
    ],
    [
      "AuthorizeSecurityGroupEgress",
      ["security-group", "security-group-rule"],
      async (ec2) => {
        const IpPermissions = [{ ...port, UserIdGroupPairs: [{ GroupId: ids.group }] }];
        const command = new AuthorizeSecurityGroupEgressCommand({ GroupId: ids.group, IpPermissions });
        keep("rule", (await ec2.send(command)).SecurityGroupRules?.[0]?.SecurityGroupRuleId);
      },
    ],
    [
      "ModifySecurityGroupRules",
      ["security-group", "security-group-rule"],
      (ec2) => {
        const SecurityGroupRule = { ...port, ReferencedGroupId: ids.group, Description: "changed" };
        const SecurityGroupRules = [{ SecurityGroupRuleId: ids.rule, SecurityGroupRule }];
        return ec2.send(new ModifySecurityGroupRulesCommand({ GroupId: ids.group, SecurityGroupRules }));
      },
    ],
    [
      "CreateVpcEndpoint",
      ["vpc-endpoint", "vpc", "subnet", "security-group"],
      async (ec2) => {
        const place = { SubnetIds: [ids.subnet ?? ""], SecurityGroupIds: [ids.group ?? ""] };
        const type = { VpcEndpointType: "Interface" as const };
        const command = new CreateVpcEndpointCommand({ ...endpoint("logs"), ...type, ...place });
        keep("endpoint", (await ec2.send(command)).VpcEndpoint?.VpcEndpointId);
      },
    ],
    [
      "ModifyVpcEndpoint",
      ["vpc-endpoint", "security-group", "route-table"],
      (ec2) =>
        ec2.send(
          new ModifyVpcEndpointCommand({
            VpcEndpointId: ids.endpoint,
            RemoveSecurityGroupIds: [ids.group ?? ""],
            AddRouteTableIds: [ids.table ?? ""],
          }),
        ),
    ],
    [
      "DeleteVpcEndpoints",
      ["vpc-endpoint"],
      (ec2) => ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [ids.endpoint ?? ""] })),
    ],
    [
      "CreateFlowLogs",
      ["vpc-flow-log", "subnet"],
      (ec2) => {
        const what = { ResourceIds: [ids.subnet ?? ""], ResourceType: "Subnet" as const };
        const where = { LogDestinationType: "s3" as const, LogDestination: "arn:aws:s3:::logs" };
        return ec2.send(new CreateFlowLogsCommand({ ...what, ...where, TrafficType: "ALL" }));
      },
    ],
    [
      "CreateTags",
      ["subnet", "security-group"],
      (ec2) => {
        const Resources = [ids.subnet ?? "", ids.group ?? ""];
        return ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: "project", Value: "edge" }] }));
      },
    ],
    [
      "DisassociateRouteTable",
      ["route-table"],
      (ec2) => ec2.send(new DisassociateRouteTableCommand({ AssociationId: ids.association })),
    ],
    [
      "CreateLaunchTemplate",
      ["launch-template"],
      async (ec2) => {
        const data = { LaunchTemplateData: { InstanceType: "t4g.small" as const } };
        const command = new CreateLaunchTemplateCommand({ LaunchTemplateName: "edge", ...data });
        keep("template", (await ec2.send(command)).LaunchTemplate?.LaunchTemplateId);
      },
    ],
    [
      "DeleteLaunchTemplate",
      ["launch-template"],
      (ec2) => ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId: ids.template })),
    ],
  ];

  test.each(cases)("%s asks for each of %j", async (action, kinds, work) => {
    const attempt = async (allowed: readonly string[]) => {
      await role(
        owner,
        "networker",
        may(
          `ec2:${action}`,
          allowed.map((kind) => arn("ec2", `${kind}/*`)),
        ),
      );
      return outcome(work(client(EC2Client, as(owner, "networker"))));
    };
    for (const missing of kinds) {
      const rest = kinds.filter((kind) => kind !== missing);
      expect([missing, await attempt([...rest, "another-kind"])]).toEqual([missing, "UnauthorizedOperation"]);
    }
    expect(await attempt(kinds)).toBe("ok");
  });

  test("a rule about a prefix list of AWS asks for the list, which is AWS's", async () => {
    const ec2 = client(EC2Client, root(owner));
    const { SecurityGroupRules: made } = await ec2.send(
      new AuthorizeSecurityGroupEgressCommand({
        GroupId: ids.group,
        IpPermissions: [{ ...port, PrefixListIds: [{ PrefixListId: await listOf(s3List) }] }],
      }),
    );
    const { SecurityGroupRuleId, PrefixListId } = made?.[0] ?? {};
    const describe = async (...lists: string[]) => {
      const group = [arn("ec2", "security-group/*"), arn("ec2", "security-group-rule/*")];
      await role(owner, "describer", may("ec2:ModifySecurityGroupRules", [...group, ...lists]));
      const SecurityGroupRule = { ...port, PrefixListId, Description: "to S3" };
      const SecurityGroupRules = [{ SecurityGroupRuleId, SecurityGroupRule }];
      const command = new ModifySecurityGroupRulesCommand({ GroupId: ids.group, SecurityGroupRules });
      return outcome(client(EC2Client, as(owner, "describer")).send(command));
    };
    expect(await describe(arn("ec2", "prefix-list/*"))).toBe("UnauthorizedOperation");
    expect(await describe(arn("ec2", "prefix-list/*", "aws"))).toBe("ok");
  });

  async function listOf(name: string): Promise<string> {
    const xml = await query(
      { accessKeyId: owner, secretAccessKey: "test" },
      `Action=DescribePrefixLists&Version=2016-11-15&Filter.1.Name=prefix-list-name&Filter.1.Value.1=${name}`,
      "ec2",
    );
    return /<prefixListId>([^<]+)</.exec(xml)?.[1] ?? "";
  }

  /** Whether each of the requests was refused, by a role that may do everything with what is called `ours-…`. */
  async function refused(service: string, own: string[], bodies: readonly string[]): Promise<boolean[]> {
    await role(owner, "ours", may(`${service}:*`, own));
    const { credentials } = as(owner, "ours");
    const signer = (typeof credentials === "function" ? await credentials() : credentials) as Signer;
    const answers: boolean[] = [];
    for (const body of bodies) answers.push((await query(signer, body, service)).includes("AccessDenied"));
    return answers;
  }

  test("load balancers, target groups and their tags are judged by name", async () => {
    const own = ["loadbalancer/net/ours-*", "targetgroup/ours-*"].map((one) =>
      arn("elasticloadbalancing", one),
    );
    const version = "&Version=2015-12-01";
    const tags = (resource: string) =>
      `Action=AddTags${version}&ResourceArns.member.1=${arn("elasticloadbalancing", resource)}&Tags.member.1.Key=a`;
    const balancer = (name: string, type: string) =>
      `Action=CreateLoadBalancer${version}&Name=${name}&Type=${type}&Subnets.member.1=${ids.subnet}`;
    const answers = await refused("elasticloadbalancing", own, [
      balancer("ours-edge", "network"),
      balancer("theirs-edge", "network"),
      balancer("ours-app", "application"),
      `Action=CreateTargetGroup${version}&Name=ours-tls&Protocol=TCP&Port=443`,
      `Action=CreateTargetGroup${version}&Name=theirs-tls&Protocol=TCP&Port=443`,
      tags("loadbalancer/net/ours-edge/1"),
      tags("loadbalancer/net/theirs-edge/1"),
    ]);
    expect(answers).toEqual([false, true, true, false, true, false, true]);
  });

  test("tags of an Auto Scaling group are judged by the group", async () => {
    const tag = (name: string) =>
      `Action=CreateOrUpdateTags&Version=2011-01-01&Tags.member.1.ResourceId=${name}&Tags.member.1.Key=a`;
    const own = [arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/ours-*")];
    expect(await refused("autoscaling", own, ["ours-edge", "theirs-edge"].map(tag))).toEqual([false, true]);
  });

  test("an instance profile is judged by its own name, whatever its role is called", async () => {
    await role(owner, "profiler", may("iam:*InstanceProfile", [arn("iam", "instance-profile/ours-*")]));
    await role(owner, "instance", may("s3:GetObject", ["*"]));
    const iam = client(IAMClient, as(owner, "profiler"));
    const each = async (InstanceProfileName: string) => [
      await outcome(iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }))),
      await outcome(
        iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName: "instance" })),
      ),
      await outcome(iam.send(new GetInstanceProfileCommand({ InstanceProfileName }))),
    ];
    expect(await each("ours-profile")).toEqual(["ok", "ok", "ok"]);
    expect(await each("theirs-profile")).toEqual(Array(3).fill("AccessDenied"));
  });
});
