/**
 * Who may ask how often: a usage plan per class, an API key per rule that names a class, one shared key for the
 * others. The authorizer says which key counts (`usageIdentifierKey`); what a client sends as x-api-key counts nothing.
 */
import { ApiGatewayApiKey } from "@cdktf/provider-aws/lib/api-gateway-api-key/index.js";
import type { ApiGatewayStage } from "@cdktf/provider-aws/lib/api-gateway-stage/index.js";
import { ApiGatewayUsagePlan } from "@cdktf/provider-aws/lib/api-gateway-usage-plan/index.js";
import { ApiGatewayUsagePlanKey } from "@cdktf/provider-aws/lib/api-gateway-usage-plan-key/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ApiEnvironment } from "#config/environment.ts";
import { sharedUsage, usageKeyValue, usagePlanName } from "#contract/usage.ts";

export interface QuotasProps {
  readonly api: ApiEnvironment;
  readonly name: string;
  /** A client's calls count together, whichever way they come. */
  readonly stages: readonly ApiGatewayStage[];
}

export class Quotas extends Construct {
  /** What the way in waits for. */
  readonly ready: ITerraformDependable[] = [];

  constructor(scope: Construct, id: string, props: QuotasProps) {
    super(scope, id);
    const { api, name, stages } = props;
    const settings = api.quotas;
    if (!settings) return;
    const plans = new Map(
      Object.entries(settings.plans).map(([plan, { ratePerSecond, burst, requests }]) => [
        plan,
        new ApiGatewayUsagePlan(this, `plan-${plan}`, {
          name: usagePlanName(name, plan),
          description: `Clients of class ${plan}`,
          apiStages: stages.map((stage) => ({ apiId: stage.restApiId, stage: stage.stageName })),
          throttleSettings: { rateLimit: ratePerSecond, burstLimit: burst },
          ...(requests ? { quotaSettings: { limit: requests.limit, period: requests.per } } : {}),
        }),
      ]),
    );
    const keys = [
      { usage: sharedUsage, plan: settings.default },
      ...api.authorizer.rules.flatMap((rule) =>
        rule.quota === undefined ? [] : [{ usage: rule.name, plan: rule.quota }],
      ),
    ];
    for (const { usage, plan } of keys) {
      const key = new ApiGatewayApiKey(this, `key-${usage}`, {
        name: `${name}-${usage}`,
        description:
          usage === sharedUsage ? "Clients without a class of their own" : `Clients of rule ${usage}`,
        value: usageKeyValue(name, usage),
      });
      this.ready.push(
        new ApiGatewayUsagePlanKey(this, `counts-${usage}`, {
          keyId: key.id,
          keyType: "API_KEY",
          // The relations have seen to it that the plan is there.
          usagePlanId: (plans.get(plan) as ApiGatewayUsagePlan).id,
        }),
      );
    }
  }
}
