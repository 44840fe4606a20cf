/**
 * The web ACL of the stage. It is asked after the TLS handshake and before the authorizer, and sees no certificate:
 * it keeps out addresses, floods and bulk; who a client is, it never decides.
 *
 * In its order: too many requests of one address, too long a body, AWS's common rules; then the addresses that are
 * let in; then the default. What blocks comes first, so that a listed address is let in only past all of them.
 */
import type { ApiGatewayStage } from "@cdktf/provider-aws/lib/api-gateway-stage/index.js";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import { Wafv2IpSet } from "@cdktf/provider-aws/lib/wafv2-ip-set/index.js";
import { Wafv2WebAcl, type Wafv2WebAclRule } from "@cdktf/provider-aws/lib/wafv2-web-acl/index.js";
import { Wafv2WebAclAssociation } from "@cdktf/provider-aws/lib/wafv2-web-acl-association/index.js";
import { Wafv2WebAclLoggingConfiguration } from "@cdktf/provider-aws/lib/wafv2-web-acl-logging-configuration/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { familyOf } from "#config/address-range.ts";
import type { ApiEnvironment } from "#config/environment.ts";
import { firewallName } from "#contract/names.ts";

export interface FirewallProps {
  readonly api: ApiEnvironment;
  readonly name: string;
  readonly stage: ApiGatewayStage;
}

type Settings = NonNullable<ApiEnvironment["firewall"]>;

export class Firewall extends Construct {
  /** What the way in waits for. */
  readonly ready: ITerraformDependable[] = [];

  constructor(scope: Construct, id: string, props: FirewallProps) {
    super(scope, id);
    const { stage } = props;
    const settings = props.api.firewall;
    if (!settings) return;
    const webAcl = new Wafv2WebAcl(this, "web-acl", {
      name: firewallName(props.name),
      description: `Addresses, rates and sizes of ${props.name}`,
      scope: "REGIONAL",
      defaultAction: settings.defaultAction === "block" ? { block: {} } : { allow: {} },
      rule: this.#rules(settings, props.name).map((rule, priority) => ({
        ...rule,
        priority,
        visibilityConfig: visibility(rule.name),
      })),
      visibilityConfig: visibility("all"),
    });
    this.ready.push(
      new Wafv2WebAclAssociation(this, "association", { resourceArn: stage.arn, webAclArn: webAcl.arn }),
    );
    this.#log(props, webAcl);
  }

  #rules(settings: Settings, name: string): Unplaced[] {
    return [
      {
        name: "rate",
        action: { block: {} },
        statement: {
          rate_based_statement: {
            limit: settings.ratePerFiveMinutes,
            evaluation_window_sec: 300,
            aggregate_key_type: "IP",
          },
        },
      },
      {
        name: "body-size",
        action: { block: {} },
        statement: {
          size_constraint_statement: {
            // A body that is longer than what WAF looks at is too long.
            field_to_match: { body: { oversize_handling: "MATCH" } },
            comparison_operator: "GT",
            size: settings.maxBodyBytes,
            text_transformation: [{ priority: 0, type: "NONE" }],
          },
        },
      },
      ...(settings.managedRules === "off" ? [] : [commonRules(settings.managedRules)]),
      ...this.#allowed(settings.allow, name),
    ];
  }

  #allowed(ranges: readonly string[], name: string): Unplaced[] {
    return (["IPV4", "IPV6"] as const).flatMap((family) => {
      const addresses = ranges.filter((range) => familyOf(range) === family);
      if (addresses.length === 0) return [];
      const set = new Wafv2IpSet(this, family.toLowerCase(), {
        name: `${firewallName(name)}-${family.toLowerCase()}`,
        description: `Who may call ${name}`,
        scope: "REGIONAL",
        ipAddressVersion: family,
        addresses,
      });
      return [
        {
          name: `allowed-${family.toLowerCase()}`,
          action: { allow: {} },
          statement: { ip_set_reference_statement: { arn: set.arn } },
        },
      ];
    });
  }

  /** What WAF decided and by which rule, without what could identify or admit anybody. */
  #log({ api, name }: FirewallProps, webAcl: Wafv2WebAcl): void {
    const group = new CloudwatchLogGroup(this, "log", {
      // WAF writes to groups of this prefix only.
      name: `aws-waf-logs-${name}`,
      retentionInDays: api.logs.retentionDays,
      ...(api.logs.kmsKeyArn ? { kmsKeyId: api.logs.kmsKeyArn } : {}),
    });
    new Wafv2WebAclLoggingConfiguration(this, "logging", {
      resourceArn: webAcl.arn,
      logDestinationConfigs: [group.arn],
      redactedFields: [
        { singleHeader: { name: "authorization" } },
        { singleHeader: { name: "cookie" } },
        { queryString: {} },
      ],
    });
  }
}

type Unplaced = Omit<Wafv2WebAclRule, "priority" | "visibilityConfig">;

/** Their own actions hold, or each of their rules counts only. */
const commonRules = (mode: "block" | "count"): Unplaced => ({
  name: "aws-common",
  overrideAction: mode === "block" ? { none: {} } : { count: {} },
  statement: {
    managed_rule_group_statement: { vendor_name: "AWS", name: "AWSManagedRulesCommonRuleSet" },
  },
});

/** Samples would show requests, headers included, in the console. */
const visibility = (metricName: string) => ({
  cloudwatchMetricsEnabled: true,
  metricName,
  sampledRequestsEnabled: false,
});
