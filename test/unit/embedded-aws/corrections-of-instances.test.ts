/** What stands behind and around instances is described as: templates, load balancers, Auto Scaling groups. */
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { client, owner, query, region, root } from "./support/accounts.ts";

const ec2 = () => client(EC2Client, root(owner));
const signer = { accessKeyId: owner, secretAccessKey: "test" };

/** The action's answer, XML as it is. */
function ask(service: string, Action: string, parameters: Record<string, string>): Promise<string> {
  const Version = service === "autoscaling" ? "2011-01-01" : "2015-12-01";
  return query(signer, new URLSearchParams({ Action, Version, ...parameters }).toString(), service);
}
const balancing = (action: string, parameters: Record<string, string>) =>
  ask("elasticloadbalancing", action, parameters);
/** The texts of all elements of the name. */
const all = (xml: string, element: string) =>
  [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, "g"))].map(([, text]) => text);

async function network(): Promise<{ vpc: string; subnets: string[] }> {
  const { Vpc } = await ec2().send(new CreateVpcCommand({ CidrBlock: "10.64.0.0/24" }));
  const vpc = Vpc?.VpcId ?? "";
  const subnets: string[] = [];
  for (const [index, zone] of ["b", "c"].entries()) {
    const place = { CidrBlock: `10.64.0.${64 * index}/26`, AvailabilityZone: region + zone };
    const { Subnet } = await ec2().send(new CreateSubnetCommand({ VpcId: vpc, ...place }));
    subnets.push(Subnet?.SubnetId ?? "");
  }
  return { vpc, subnets };
}

async function template(LaunchTemplateName: string, data: object): Promise<string> {
  const { LaunchTemplate } = await ec2().send(
    new CreateLaunchTemplateCommand({ LaunchTemplateName, LaunchTemplateData: data }),
  );
  return LaunchTemplate?.LaunchTemplateId ?? "";
}

describe("launch_template", () => {
  test("network interfaces keep their groups and whether they go with the instance", async () => {
    const NetworkInterfaces = [
      {
        ...{ DeviceIndex: 0, AssociatePublicIpAddress: false, DeleteOnTermination: true },
        ...{ Groups: ["sg-11111111", "sg-22222222"], Description: "first & only" },
      },
      { DeviceIndex: 1, DeleteOnTermination: false, SubnetId: "subnet-11111111" },
    ];
    const LaunchTemplateId = await template("interfaces", { InstanceType: "t4g.small", NetworkInterfaces });
    const { LaunchTemplateVersions } = await ec2().send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId }),
    );
    expect(LaunchTemplateVersions?.[0]?.LaunchTemplateData).toMatchObject({
      ...{ InstanceType: "t4g.small", NetworkInterfaces },
    });
  });

  test("a template without them has none", async () => {
    const LaunchTemplateId = await template("groups", { SecurityGroupIds: ["sg-11111111"] });
    const command = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId });
    const { LaunchTemplateVersions } = await ec2().send(command);
    const data = LaunchTemplateVersions?.[0]?.LaunchTemplateData;
    expect(data).toMatchObject({ SecurityGroupIds: ["sg-11111111"] });
    expect(data).not.toHaveProperty("NetworkInterfaces");
  });
});

describe("network_load_balancer", () => {
  const made = async (Name: string, Type: string) => {
    const { vpc, subnets } = await network();
    const parameters = { "Subnets.member.1": subnets[0] ?? "", "Subnets.member.2": subnets[1] ?? "" };
    const xml = await balancing("CreateLoadBalancer", {
      ...{ Name, Type, Scheme: "internal", "Tags.member.1.Key": "project", "Tags.member.1.Value": Name },
      ...parameters,
    });
    return { xml, vpc, arn: all(xml, "LoadBalancerArn")[0] ?? "" };
  };

  test("its ARN and its name are a network load balancer's, and it is in the network of its subnets", async () => {
    const { xml, vpc, arn } = await made("net", "network");
    const prefix = `arn:aws:elasticloadbalancing:${region}:${owner}:loadbalancer/net/net/`;
    expect(arn.startsWith(prefix)).toBe(true);
    const name = `net-${arn.slice(prefix.length)}.elb.${region}.amazonaws.com`;
    for (const answer of [
      xml,
      await balancing("DescribeLoadBalancers", { "LoadBalancerArns.member.1": arn }),
    ]) {
      expect([all(answer, "LoadBalancerArn"), all(answer, "DNSName")]).toEqual([[arn], [name]]);
      expect(all(answer, "VpcId")).toEqual([vpc]);
    }
    const tags = await balancing("DescribeTags", { "ResourceArns.member.1": arn });
    expect(all(tags, "Value")).toEqual(["net"]);
    const attributes = await balancing("DescribeLoadBalancerAttributes", { LoadBalancerArn: arn });
    expect(all(attributes, "Key")).toContain("deletion_protection.enabled");
  });

  test("an application load balancer stays one", async () => {
    expect((await made("app", "application")).arn).toContain(":loadbalancer/app/app/");
  });

  test("a listener's ARN goes on from it, changes and goes with it", async () => {
    const { arn } = await made("listened", "network");
    const port = { LoadBalancerArn: arn, Protocol: "TCP", Port: "443" };
    const action = { "DefaultActions.member.1.Type": "forward" };
    const tag = { "Tags.member.1.Key": "project", "Tags.member.1.Value": "edge" };
    const listener = await balancing("CreateListener", { ...port, ...action, ...tag });
    const ListenerArn = all(listener, "ListenerArn")[0] ?? "";
    expect(ListenerArn.startsWith(`${arn.replace(":loadbalancer/", ":listener/")}/`)).toBe(true);
    const tags = await balancing("DescribeTags", { "ResourceArns.member.1": ListenerArn });
    expect(all(tags, "Value")).toEqual(["edge"]);
    const rules = all(await balancing("DescribeRules", { ListenerArn }), "RuleArn");
    expect(rules[0]).toContain(ListenerArn.replace(":listener/", ":listener-rule/"));
    const attributes = await balancing("DescribeListenerAttributes", { ListenerArn });
    expect(all(attributes, "Key")).not.toEqual([]);

    await balancing("ModifyListener", { ListenerArn, Port: "8443" });
    const ports = async () => all(await balancing("DescribeListeners", { LoadBalancerArn: arn }), "Port");
    expect(await ports()).toEqual(["8443"]);
    await balancing("DeleteListener", { ListenerArn });
    expect(await ports()).toEqual([]);
  });

  test("it goes when it is not protected from deletion, and only then", async () => {
    const { arn } = await made("protected", "network");
    const protect = (value: string) =>
      balancing("ModifyLoadBalancerAttributes", {
        LoadBalancerArn: arn,
        "Attributes.member.1.Key": "deletion_protection.enabled",
        "Attributes.member.1.Value": value,
      });
    const remove = () => balancing("DeleteLoadBalancer", { LoadBalancerArn: arn });
    const there = async () =>
      all(await balancing("DescribeLoadBalancers", {}), "LoadBalancerArn").includes(arn);
    await protect("true");
    expect(all(await remove(), "Code")).toEqual(["OperationNotPermitted"]);
    expect(await there()).toBe(true);
    await protect("false");
    await remove();
    expect(await there()).toBe(false);
  });
});

describe("Auto Scaling", () => {
  const scaling = (action: string, name: string, parameters: Record<string, string> = {}) =>
    ask("autoscaling", action, { AutoScalingGroupName: name, ...parameters });
  const described = (name: string) =>
    ask("autoscaling", "DescribeAutoScalingGroups", { "AutoScalingGroupNames.member.1": name });
  const members = (name: string, values: readonly string[]) =>
    Object.fromEntries(values.map((value, index) => [`${name}.member.${index + 1}`, value]));
  const targets = ["tls", "token"].map(
    (name) => `arn:aws:elasticloadbalancing:${region}:${owner}:targetgroup/${name}/1`,
  );
  /** The first of the elements is the group's own template, the others its instances'. */
  const versionOf = async (name: string) => {
    const xml = await described(name);
    return {
      instances: all(xml.replace(/<\/Instances>.*/, ""), "Version"),
      group: all(xml, "Version").at(-1),
    };
  };

  async function made(name: string): Promise<string> {
    const { subnets } = await network();
    const LaunchTemplateId = await template(name, { InstanceType: "t4g.small" });
    await scaling("CreateAutoScalingGroup", name, {
      ...{ MinSize: "2", MaxSize: "4", VPCZoneIdentifier: subnets.join(","), DefaultInstanceWarmup: "120" },
      ...{ "LaunchTemplate.LaunchTemplateId": LaunchTemplateId, "LaunchTemplate.Version": "1" },
      ...members("TargetGroupARNs", targets),
    });
    return LaunchTemplateId;
  }

  describe("auto_scaling_group", () => {
    test("template, target groups, warm-up and the subnets' zones are kept", async () => {
      const id = await made("kept");
      const xml = await described("kept");
      expect(xml).toContain(
        `<LaunchTemplateId>${id}</LaunchTemplateId><LaunchTemplateName>kept</LaunchTemplateName><Version>1</Version>`,
      );
      const zones = ["b", "c"].map((zone) => `<member>${region}${zone}</member>`).join("");
      expect(xml).toContain(`<AvailabilityZones>${zones}</AvailabilityZones>`);
      const both = targets.map((arn) => `<member>${arn}</member>`).join("");
      expect(xml).toContain(`<TargetGroupARNs>${both}</TargetGroupARNs>`);
      expect(all(xml, "DefaultInstanceWarmup")).toEqual(["120"]);
    });

    test("another version of the template is the group's at once, its instances' after a refresh", async () => {
      const LaunchTemplateId = await made("changed");
      await ec2().send(
        new CreateLaunchTemplateVersionCommand({
          LaunchTemplateId,
          LaunchTemplateData: { UserData: "Mg==" },
        }),
      );
      const version = { "LaunchTemplate.LaunchTemplateId": LaunchTemplateId, "LaunchTemplate.Version": "2" };
      await scaling("UpdateAutoScalingGroup", "changed", version);
      expect(await versionOf("changed")).toEqual({ group: "2", instances: ["1", "1"] });
      await scaling("UpdateAutoScalingGroup", "changed", { DefaultInstanceWarmup: "60" });
      expect(all(await described("changed"), "DefaultInstanceWarmup")).toEqual(["60"]);
      await scaling("StartInstanceRefresh", "changed");
      expect(await versionOf("changed")).toEqual({ group: "2", instances: ["2", "2"] });
    });

    test("target groups are attached and detached", async () => {
      await made("targets");
      const attached = async () =>
        all(await scaling("DescribeLoadBalancerTargetGroups", "targets"), "LoadBalancerTargetGroupARN");
      await scaling(
        "DetachLoadBalancerTargetGroups",
        "targets",
        members("TargetGroupARNs", targets.slice(0, 1)),
      );
      expect(await attached()).toEqual(targets.slice(1));
      await scaling("AttachLoadBalancerTargetGroups", "targets", members("TargetGroupARNs", targets));
      expect((await attached()).sort()).toEqual(targets);
    });

    test("metrics are collected when they are enabled: those named, or all", async () => {
      await made("metrics");
      const enabled = async () => all(await described("metrics"), "Metric");
      expect(await enabled()).toEqual([]);
      const two = ["GroupDesiredCapacity", "GroupInServiceInstances"];
      const how = { Granularity: "1Minute", ...members("Metrics", two) };
      await scaling("EnableMetricsCollection", "metrics", how);
      expect(await enabled()).toEqual(two);
      await scaling("DisableMetricsCollection", "metrics", members("Metrics", two.slice(1)));
      expect(await enabled()).toEqual(two.slice(0, 1));
      await scaling("EnableMetricsCollection", "metrics", { Granularity: "1Minute" });
      expect(await enabled()).toHaveLength(8);
      await scaling("DisableMetricsCollection", "metrics");
      expect(await enabled()).toEqual([]);
    });

    test("a group that is not there has nothing to attach or to collect", async () => {
      for (const action of ["EnableMetricsCollection", "AttachLoadBalancerTargetGroups"]) {
        expect(all(await scaling(action, "missing"), "Code")).toEqual(["ValidationError"]);
      }
    });
  });

  describe("scaling_policy", () => {
    test("those that were asked for are described, whole", async () => {
      await made("tracking");
      const put = (PolicyName: string, more: Record<string, string>) =>
        scaling("PutScalingPolicy", "tracking", { PolicyName, PolicyType: "TargetTrackingScaling", ...more });
      const prefix = "TargetTrackingConfiguration";
      const predefined = `${prefix}.PredefinedMetricSpecification.PredefinedMetricType`;
      await put("cpu", { [predefined]: "ASGAverageCPUUtilization", [`${prefix}.TargetValue`]: "50" });
      await put("network", { [predefined]: "ASGAverageNetworkOut", [`${prefix}.TargetValue`]: "1000" });
      const asked = (parameters: Record<string, string>) =>
        scaling("DescribePolicies", "tracking", parameters);
      const one = await asked(members("PolicyNames", ["network"]));
      expect([all(one, "PolicyName"), all(one, "TargetValue")]).toEqual([["network"], ["1000.0"]]);
      expect(all(one, "PredefinedMetricType")).toEqual(["ASGAverageNetworkOut"]);
      expect(all(await asked({}), "PolicyName")).toEqual(["cpu", "network"]);
      expect(all(await asked(members("PolicyTypes", ["StepScaling"])), "PolicyName")).toEqual([]);
      const other = await scaling("DescribePolicies", "other", members("PolicyNames", ["cpu"]));
      expect(all(other, "PolicyName")).toEqual([]);
    });
  });
});
