/** What a network is described as, so that a plan after a deployment is empty: endpoints, rules, flow logs. */
import {
  AuthorizeSecurityGroupEgressCommand,
  CreateFlowLogsCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  DescribeFlowLogsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
  ModifyVpcEndpointCommand,
  RevokeSecurityGroupEgressCommand,
} from "@aws-sdk/client-ec2";
import { client, owner, region, root } from "./support/accounts.ts";

const ec2 = () => client(EC2Client, root(owner));

async function network(): Promise<{ VpcId: string; subnets: string[] }> {
  const { Vpc } = await ec2().send(new CreateVpcCommand({ CidrBlock: "10.64.0.0/24" }));
  const VpcId = Vpc?.VpcId ?? "";
  const subnets: string[] = [];
  for (const [index, zone] of ["b", "a"].entries()) {
    const { Subnet } = await ec2().send(
      new CreateSubnetCommand({
        ...{ VpcId, CidrBlock: `10.64.0.${64 * index}/26`, AvailabilityZone: region + zone },
      }),
    );
    subnets.push(Subnet?.SubnetId ?? "");
  }
  return { VpcId, subnets };
}

async function group(VpcId: string, GroupName: string): Promise<string> {
  const Description = "of a test";
  const { GroupId } = await ec2().send(new CreateSecurityGroupCommand({ VpcId, GroupName, Description }));
  return GroupId ?? "";
}

describe("vpc_endpoint", () => {
  const described = async (id: string) => {
    const { VpcEndpoints } = await ec2().send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }));
    return VpcEndpoints?.[0];
  };
  const groupsOf = async (id: string) => (await described(id))?.Groups?.map(({ GroupId }) => GroupId);
  const statement = { Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: "a&<b>/*" };
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const everything = { Statement: [{ Action: "*", Effect: "Allow", Principal: "*", Resource: "*" }] };
  const made = async (service: string, more: object) => {
    const ServiceName = `com.amazonaws.${region}.${service}`;
    const command = new CreateVpcEndpointCommand({ ServiceName, ...more } as never);
    const { VpcEndpoint } = await ec2().send(command);
    return VpcEndpoint?.VpcEndpointId ?? "";
  };
  const Interface = { VpcEndpointType: "Interface" };

  test("an interface endpoint keeps its groups and its policy, and changes them", async () => {
    const { VpcId, subnets } = await network();
    const [first, second] = [await group(VpcId, "first"), await group(VpcId, "second")];
    const groups = { SecurityGroupIds: [first] };
    const id = await made("execute-api", {
      ...Interface,
      ...{ VpcId, SubnetIds: subnets, ...groups, PolicyDocument },
    });
    expect(await described(id)).toMatchObject({ PolicyDocument, PrivateDnsEnabled: false });
    expect((await described(id))?.Groups).toEqual([{ GroupId: first, GroupName: "first" }]);

    const exchange = { AddSecurityGroupIds: [second], RemoveSecurityGroupIds: [first] };
    await ec2().send(
      new ModifyVpcEndpointCommand({ VpcEndpointId: id, ...exchange, PrivateDnsEnabled: true }),
    );
    expect(await groupsOf(id)).toEqual([second]);
    expect(await described(id)).toMatchObject({ PolicyDocument, PrivateDnsEnabled: true });

    await ec2().send(new ModifyVpcEndpointCommand({ VpcEndpointId: id, ResetPolicy: true }));
    expect(JSON.parse((await described(id))?.PolicyDocument ?? "")).toEqual(everything);
  });

  test("its names: the region's first, the zones', and the service's own with private DNS only", async () => {
    const { VpcId, subnets } = await network();
    const id = await made("execute-api", { ...Interface, VpcId, SubnetIds: subnets });
    const names = (await described(id))?.DnsEntries?.map(({ DnsName = "" }) => DnsName) ?? [];
    const [regional = "", ...zonal] = names;
    expect(regional).toMatch(new RegExp(`^${id}-\\w{8}\\.execute-api\\.${region}\\.vpce\\.amazonaws\\.com$`));
    const own = regional.split(".")[0] ?? "";
    expect(zonal).toEqual(["a", "b"].map((zone) => regional.replace(own, `${own}-${region}${zone}`)));

    const other = await made("logs", { ...Interface, VpcId, SubnetIds: subnets, PrivateDnsEnabled: true });
    const { DnsEntries } = (await described(other)) ?? {};
    expect(DnsEntries?.map(({ DnsName }) => DnsName).slice(3)).toEqual([`logs.${region}.amazonaws.com`]);
  });

  test("what was left out: the network's default group, the policy that allows everything", async () => {
    const { VpcId, subnets } = await network();
    const id = await made("execute-api", { ...Interface, VpcId, SubnetIds: subnets });
    expect(JSON.parse((await described(id))?.PolicyDocument ?? "")).toEqual(everything);
    expect((await described(id))?.Groups?.map(({ GroupName }) => GroupName)).toEqual(["default"]);
  });

  test("a gateway endpoint has a policy, and neither groups nor names", async () => {
    const { VpcId } = await network();
    const id = await made("s3", { VpcId, PolicyDocument });
    expect(await described(id)).toMatchObject({ PolicyDocument, VpcEndpointType: "Gateway" });
    expect([(await described(id))?.Groups, (await described(id))?.DnsEntries]).toEqual([[], []]);
  });
});

describe("security_group_rule", () => {
  const tcp = { IpProtocol: "tcp", FromPort: 443, ToPort: 443 };
  const rulesOf = async (id: string) => {
    const Filters = [{ Name: "group-id", Values: [id] }];
    const { SecurityGroupRules } = await ec2().send(new DescribeSecurityGroupRulesCommand({ Filters }));
    return SecurityGroupRules ?? [];
  };
  const authorize = async (GroupId: string, permission: object) => {
    const IpPermissions = [{ ...tcp, ...permission }];
    const command = new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions });
    return (await ec2().send(command)).SecurityGroupRules?.[0];
  };
  const emptied = async (name: string) => {
    const { VpcId } = await network();
    const GroupId = await group(VpcId, name);
    // As the provider asks: all protocols, and ports that mean nothing then.
    const all = { IpProtocol: "-1", FromPort: 0, ToPort: 0, IpRanges: [{ CidrIp: "0.0.0.0/0" }] };
    await ec2().send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: [all] }));
    return GroupId;
  };

  test("the rule of a new group, which lets out everything, can be revoked", async () => {
    expect(await rulesOf(await emptied("closed"))).toEqual([]);
  });

  test("a revocation of other ports, or of another range, takes nothing", async () => {
    const GroupId = await emptied("twin");
    await authorize(GroupId, { IpRanges: [{ CidrIp: "10.0.0.0/8" }] });
    for (const [port, CidrIp] of [
      [444, "10.0.0.0/8"],
      [443, "10.0.0.0/9"],
    ] as const) {
      const IpPermissions = [{ IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: [{ CidrIp }] }];
      await ec2().send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions }));
    }
    expect(await rulesOf(GroupId)).toHaveLength(1);
  });

  test("a prefix list is kept, with its description, and is no other list", async () => {
    const GroupId = await emptied("lists");
    const to = (PrefixListId: string, Description?: string) => ({
      PrefixListIds: [{ PrefixListId, Description }],
    });
    const first = await authorize(GroupId, to("pl-11111111", "to S3"));
    const second = await authorize(GroupId, to("pl-22222222"));
    expect(first).toMatchObject({
      ...tcp,
      PrefixListId: "pl-11111111",
      Description: "to S3",
      IsEgress: true,
    });
    expect(second?.SecurityGroupRuleId).not.toBe(first?.SecurityGroupRuleId);
    expect((await rulesOf(GroupId)).map(({ PrefixListId }) => PrefixListId)).toEqual([
      "pl-11111111",
      "pl-22222222",
    ]);
    const { SecurityGroups } = await ec2().send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
    expect(SecurityGroups?.[0]?.IpPermissionsEgress?.[0]?.PrefixListIds).toEqual([
      { PrefixListId: "pl-11111111", Description: "to S3" },
    ]);
  });

  test("rules that differ in their description only are one, for groups and lists as for ranges", async () => {
    const GroupId = await emptied("described");
    for (const Description of ["one", "two"]) {
      await authorize(GroupId, { UserIdGroupPairs: [{ GroupId, Description }] });
      await authorize(GroupId, { PrefixListIds: [{ PrefixListId: "pl-11111111", Description }] });
    }
    expect((await rulesOf(GroupId)).map(({ Description }) => Description)).toEqual(["one", "one"]);
  });
});

describe("flow_log", () => {
  const LogDestination = "arn:aws:s3:::logs/flow";
  const made = async (more: object) => {
    const { VpcId } = await network();
    const common = { ResourceIds: [VpcId], ResourceType: "VPC" as const, TrafficType: "ALL" as const };
    const { FlowLogIds } = await ec2().send(
      new CreateFlowLogsCommand({ ...common, LogDestinationType: "s3", LogDestination, ...more }),
    );
    const { FlowLogs } = await ec2().send(new DescribeFlowLogsCommand({ FlowLogIds }));
    return FlowLogs?.[0];
  };

  test("form, interval, options and tags are kept", async () => {
    const options = {
      FileFormat: "parquet",
      HiveCompatiblePartitions: true,
      PerHourPartition: false,
    } as const;
    const Tags = [{ Key: "project", Value: "edge" }];
    const more = {
      MaxAggregationInterval: 60,
      LogFormat: `\${srcaddr} \${action}`,
      DestinationOptions: options,
    };
    expect(
      await made({ ...more, TagSpecifications: [{ ResourceType: "vpc-flow-log", Tags }] }),
    ).toMatchObject({
      ...{ ...more, Tags, LogDestination },
    });
  });

  test("what was left out is AWS's default; another log's settings are not its own", async () => {
    const log = await made({});
    expect(log).toMatchObject({ MaxAggregationInterval: 600, Tags: [] });
    expect(log?.LogFormat).toMatch(/^\$\{version\} \$\{account-id\} .* \$\{log-status\}$/);
    expect(log).not.toHaveProperty("DestinationOptions");
  });
});
