/**
 * Trust at a glance: is everything well, how much time is left, who was refused and why, what the callers felt.
 * docs/dashboard.svg is drawn from what is synthesized here (scripts/dashboard-picture.mjs).
 */
import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard/index.js";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { authorizerMetrics, domainMeasures, domainMetrics, gatewayMetrics } from "#contract/metrics.ts";
import { firewallName, roleNames } from "#contract/names.ts";
import { jsonDocument } from "#stacks/shared/json-document.ts";

export interface DashboardProps {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
  readonly name: string;
  readonly restApi: { readonly name: string; readonly id: string };
  readonly alarmArns: readonly string[];
}

export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    new CloudwatchDashboard(this, "dashboard", {
      dashboardName: props.name,
      dashboardBody: jsonDocument({ widgets: placed(rows(props)) }),
    });
  }
}

interface Widget {
  readonly type: "alarm" | "metric";
  readonly width: number;
  readonly height: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** CloudWatch's grid is 24 wide. */
function placed(all: readonly (readonly Widget[])[]): unknown[] {
  let y = 0;
  return all.flatMap((row) => {
    let x = 0;
    const top = y;
    y += Math.max(...row.map((one) => one.height));
    return row.map((widget) => {
      const left = x;
      x += widget.width;
      return { ...widget, x: left, y: top };
    });
  });
}

function rows(props: DashboardProps): Widget[][] {
  return [[wellBeing(props)], [timeLeft(props)], decisions(props), calls(props)];
}

const wellBeing = ({ name, alarmArns }: DashboardProps): Widget => ({
  // Four alarms beside each other can be read.
  ...{ type: "alarm", width: 24, height: Math.ceil(1.25 + (alarmArns.length / 4) * 0.75) },
  properties: { title: `Is ${name} well?`, alarms: alarmArns },
});

const timeLeft = ({ api }: DashboardProps): Widget => ({
  ...{ type: "metric", width: 24, height: 4 },
  properties: {
    title: "Trust: time left, and whether the domain is as deployed",
    ...{ view: "singleValue", region: api.region, period: 300, stat: "Maximum" },
    metrics: domainMeasures.map((one) => [
      domainMetrics.namespace,
      domainMetrics[one].name,
      "domain",
      api.domain,
    ]),
  },
});

function decisions({ api, name, restApi }: DashboardProps): Widget[] {
  const { namespace, dimensions, decisions: metric } = authorizerMetrics;
  const schema = ["{", namespace, ",", dimensions.join(","), "}"].join("");
  // Made by Terraform: the API's id is known to it alone, and stages of other APIs may bear the same name.
  const search = `SEARCH('${schema} MetricName=%q apiId=%q', 'Sum', 300)`;
  const byCode: Widget = {
    ...{ type: "metric", width: 12, height: 7 },
    properties: {
      title: "Decisions by code",
      ...{ view: "timeSeries", stacked: true, region: api.region, period: 300 },
      metrics: [[{ expression: Fn.format(search, [metric, restApi.id]), id: "codes", label: "" }]],
    },
  };
  const faults: Widget = {
    ...{ type: "metric", width: api.firewall ? 6 : 12, height: 7 },
    properties: {
      title: "Allowed, faults, unknown",
      ...{ view: "timeSeries", region: api.region, period: 300, stat: "Sum" },
      metrics: ["allowed", "fault", "revocation-unknown"].map((code) => [
        ...[namespace, metric],
        ...["apiId", restApi.id, "stage", api.stage, "code", code],
      ]),
    },
  };
  if (!api.firewall) return [byCode, faults];
  const firewall: Widget = {
    ...{ type: "metric", width: 6, height: 7 },
    properties: {
      title: "Firewall",
      ...{ view: "timeSeries", region: api.region, period: 300, stat: "Sum" },
      metrics: ["AllowedRequests", "BlockedRequests", "CountedRequests"].map((one) => [
        ...["AWS/WAFV2", one, "WebACL", firewallName(name), "Region", api.region, "Rule", "ALL"],
      ]),
    },
  };
  return [byCode, faults, firewall];
}

function calls({ environment, api, restApi }: DashboardProps): Widget[] {
  const gateway = (metric: string, options?: object) => [
    ...["AWS/ApiGateway", metric, "ApiName", restApi.name, "Stage", api.stage],
    ...(options ? [options] : []),
  ];
  const authorizer = (metric: string, options?: object) => [
    ...["AWS/Lambda", metric, "FunctionName", roleNames.authorizer(environment.name, api.name)],
    ...(options ? [options] : []),
  ];
  const refused = (errorType: string) => [
    ...[gatewayMetrics.namespace, gatewayMetrics.tooManyRequests],
    ...["apiId", restApi.id, "stage", api.stage, "errorType", errorType, { label: errorType }],
  ];
  const widget = (title: string, stat: string, metrics: unknown[]): Widget => ({
    ...{ type: "metric", width: 8, height: 6 },
    properties: { title, view: "timeSeries", region: api.region, period: 300, stat, metrics },
  });
  return [
    widget("Calls", "Sum", [
      ...[gateway("Count"), gateway("4XXError"), gateway("5XXError")],
      ...Object.values(gatewayMetrics.errorTypes).map(refused),
    ]),
    widget("Latency (milliseconds)", "p99", [
      gateway("Latency", { label: "p99" }),
      gateway("Latency", { stat: "p50", label: "p50" }),
      gateway("IntegrationLatency", { label: "behind the gateway, p99" }),
    ]),
    widget("The authorizer", "Sum", [
      authorizer("Throttles"),
      authorizer("Errors"),
      authorizer("Duration", { stat: "p99", yAxis: "right" }),
    ]),
  ];
}
