/**
 * How instances reach AWS without a way to the internet: interface endpoints for Systems Manager, Secrets Manager and
 * CloudWatch, a gateway endpoint for S3. Those of a given network are somebody else's, or are made here for everybody
 * in it (private DNS leads all of them there), and then say nothing about who may use them.
 */
import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
} from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { DataAwsVpc } from "@cdktf/provider-aws/lib/data-aws-vpc/index.js";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { publishedArns } from "#contract/external-bucket.ts";
import { policyBucketName } from "#contract/names.ts";
import { edgeProgramKey } from "#contract/private-edge.ts";
import type { EdgeScope } from "./edge-scope.ts";
import type { Network } from "./network.ts";
import { ClosedGroup, s3PrefixList } from "./security-group.ts";

export interface ServiceEndpointsProps extends EdgeScope {
  readonly network: Network;
  /** Security group of the instances. */
  readonly instances: ClosedGroup;
}

const services = ["ssm", "ssmmessages", "ec2messages", "secretsmanager", "logs", "monitoring"] as const;

export class ServiceEndpoints extends Construct {
  /** What instances wait for: without it they install and fetch nothing. */
  readonly ready: ITerraformDependable[] = [];

  constructor(scope: Construct, id: string, props: ServiceEndpointsProps) {
    super(scope, id);
    const { instances, settings, api } = props;
    const { network } = settings;
    const group =
      network.kind === "given" && network.services.kind === "given"
        ? network.services.securityGroupId
        : this.#interfaces(props);
    instances.reaches("services", { port: 443, why: "AWS services by their endpoints", group });
    const routeTableIds = this.#routeTables(props);
    const s3 = routeTableIds && this.#s3(props, routeTableIds);
    instances.reaches("s3", {
      port: 443,
      why: "S3: truststore, CRLs, packages",
      prefixList: s3 ? s3.prefixListId : s3PrefixList(this, "s3-addresses", api.region),
    });
  }

  /** Undefined: the way to S3 is there. */
  #routeTables({ network, settings }: ServiceEndpointsProps): string[] | undefined {
    if (network.routeTableId !== undefined) return [network.routeTableId];
    const given = settings.network;
    return given.kind === "given" && given.services.kind === "made"
      ? [...given.services.routeTableIds]
      : undefined;
  }

  #interfaces({ network, instances, name, api, settings }: ServiceEndpointsProps): string {
    const group = new ClosedGroup(this, "group", {
      ...{ name: `${name}-edge-services`, vpcId: network.vpcId },
      description: "Endpoints of AWS services",
    });
    if (settings.network.kind === "made")
      group.admits("instances", { port: 443, why: "Instances of NGINX", group: instances.id });
    else this.#everybody(group, network.vpcId);
    const policy = settings.network.kind === "made" ? { policy: this.#ownAccount(api.account) } : {};
    for (const service of services)
      this.ready.push(
        new VpcEndpoint(this, service, {
          ...{ vpcId: network.vpcId, vpcEndpointType: "Interface", privateDnsEnabled: true },
          serviceName: `com.amazonaws.${api.region}.${service}`,
          subnetIds: [...network.subnetIds],
          securityGroupIds: [group.id],
          ...policy,
          tags: { Name: `${name}-edge-${service}` },
        }),
      );
    return group.id;
  }

  /** Private DNS leads everybody in the network to these endpoints: whoever was not admitted would lose the service. */
  #everybody(group: ClosedGroup, vpcId: string): void {
    const vpc = new DataAwsVpc(this, "given", { id: vpcId });
    const associations = `data.aws_vpc.${vpc.friendlyUniqueId}.cidr_block_associations`;
    group
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's, not JavaScript's
      .admits("network", { port: 443, why: "Everybody in the network", range: "${each.value}" })
      .addOverride("for_each", `\${toset(${associations}[*].cidr_block)}`);
  }

  /** Of a network made here: nobody takes another account's credentials or data through it. */
  #ownAccount(account: string): string {
    return new DataAwsIamPolicyDocument(this, "own-account", {
      statement: [
        {
          sid: "OwnAccount",
          // What each may do, its own policy says; the endpoint says whose it must be.
          actions: [...services.filter((one) => one !== "monitoring"), "cloudwatch"].map((one) => `${one}:*`),
          resources: ["*"],
          principals: [{ type: "*", identifiers: ["*"] }],
          condition: [{ test: "StringEquals", variable: "aws:PrincipalAccount", values: [account] }],
        },
      ],
    }).json;
  }

  #s3(props: ServiceEndpointsProps, routeTableIds: string[]): VpcEndpoint {
    const { network, name, api, settings } = props;
    const endpoint = new VpcEndpoint(this, "s3", {
      ...{ vpcId: network.vpcId, vpcEndpointType: "Gateway", routeTableIds },
      serviceName: `com.amazonaws.${api.region}.s3`,
      ...(settings.network.kind === "made" ? { policy: this.#reading(props) } : {}),
      tags: { Name: `${name}-edge-s3` },
    });
    this.ready.push(endpoint);
    return endpoint;
  }

  /** Three buckets, and reading only. */
  #reading({ environment, api, settings }: ServiceEndpointsProps): string {
    return new DataAwsIamPolicyDocument(this, "s3-reading", {
      statement: [
        {
          sid: "OwnFiles",
          actions: ["s3:GetObject", "s3:GetObjectVersion"],
          resources: [
            ...publishedArns(environment.name, environment.ca.account),
            `arn:aws:s3:::${policyBucketName(environment.name, api.name, api.account)}/${edgeProgramKey}`,
          ],
          principals: [{ type: "*", identifiers: ["*"] }],
          condition: [{ test: "StringEquals", variable: "aws:PrincipalAccount", values: [api.account] }],
        },
        ...(settings.instances.image ? [] : [packages(api.region)]),
      ],
    }).json;
  }
}

/** Amazon Linux 2023's packages: AWS's bucket of the region, public, read without a signature. */
const packages = (region: string): DataAwsIamPolicyDocumentStatement => ({
  sid: "Packages",
  actions: ["s3:GetObject"],
  resources: [`arn:aws:s3:::al2023-repos-${region}-de612dc2/*`],
  principals: [{ type: "*", identifiers: ["*"] }],
});
