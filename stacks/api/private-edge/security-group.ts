/** A security group that lets through what is written here and nothing else: one resource an opening. */
import { DataAwsEc2ManagedPrefixList } from "@cdktf/provider-aws/lib/data-aws-ec2-managed-prefix-list/index.js";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group/index.js";
import {
  VpcSecurityGroupEgressRule,
  type VpcSecurityGroupEgressRuleConfig,
} from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js";
import { Construct } from "constructs";

/** One TCP port and whom it is open for (or to): exactly one of the three. */
export interface Opening {
  readonly port: number;
  /** EC2 takes letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* here and in a group's description: no apostrophe. */
  readonly why: string;
  readonly group?: string;
  readonly range?: string;
  readonly prefixList?: string;
}

export interface ClosedGroupProps {
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
}

export class ClosedGroup extends Construct {
  readonly id: string;

  constructor(scope: Construct, id: string, props: ClosedGroupProps) {
    super(scope, id);
    this.id = new SecurityGroup(this, "group", {
      ...props,
      // The provider would otherwise wait for whoever still uses it, without having let go.
      revokeRulesOnDelete: true,
      tags: { Name: props.name },
    }).id;
  }

  admits(id: string, opening: Opening): VpcSecurityGroupIngressRule {
    return new VpcSecurityGroupIngressRule(this, `from-${id}`, this.#rule(opening));
  }

  reaches(id: string, opening: Opening): VpcSecurityGroupEgressRule {
    return new VpcSecurityGroupEgressRule(this, `to-${id}`, this.#rule(opening));
  }

  #rule({ port, why, group, range, prefixList }: Opening): VpcSecurityGroupEgressRuleConfig {
    return {
      securityGroupId: this.id,
      description: why,
      ...{ ipProtocol: "tcp", fromPort: port, toPort: port },
      ...(group === undefined ? {} : { referencedSecurityGroupId: group }),
      ...(range === undefined ? {} : { cidrIpv4: range }),
      ...(prefixList === undefined ? {} : { prefixListId: prefixList }),
    };
  }
}

/** The addresses of S3 in a region, as AWS keeps them. */
export const s3PrefixList = (scope: Construct, id: string, region: string): string =>
  new DataAwsEc2ManagedPrefixList(scope, id, { name: `com.amazonaws.${region}.s3` }).id;
