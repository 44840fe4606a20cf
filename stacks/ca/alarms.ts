/**
 * The alarms of the CA account, one row each; docs/operations.md says what to do. All go to the topic, when they
 * begin and when they end; the composite one is for who looks.
 */
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js";
import type { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic/index.js";
import { Construct } from "constructs";
import type { KmsEnvironment } from "#config/environment.ts";
import { caMetrics, crlName } from "#contract/ca-metrics.ts";
import { caEventBusName, caFunctionName, caFunctions, stackNames } from "#contract/names.ts";
import { compositeAlarm } from "#stacks/shared/composite-alarm.ts";
import type { GenerationKeys } from "./generation-keys.ts";

export interface AlarmsProps {
  readonly environment: KmsEnvironment;
  readonly keys: readonly GenerationKeys[];
  readonly topic: SnsTopic;
}

interface Alarm {
  /** After the environment's name: the alarm is `<env>-ca-…`. */
  readonly id: string;
  readonly description: string;
  readonly metric: readonly [namespace: string, name: string, dimensions: Readonly<Record<string, string>>];
  readonly statistic: "Sum" | "Minimum";
  readonly breaches: readonly ["at least" | "below", number];
  readonly periodSeconds: number;
  /** So many periods in a row. */
  readonly periods: number;
  readonly missing: "breaching" | "notBreaching";
}

export class Alarms extends Construct {
  constructor(scope: Construct, id: string, { environment, keys, topic }: AlarmsProps) {
    super(scope, id);
    const rows = [...ofFunctions(environment), ...ofCrls(environment, keys)];
    const alarms = rows.map((alarm) => this.#alarm(environment, topic, alarm));
    compositeAlarm(this, stackNames.ca(environment.name), alarms);
  }

  #alarm({ name }: KmsEnvironment, topic: SnsTopic, alarm: Alarm): CloudwatchMetricAlarm {
    const [namespace, metricName, dimensions] = alarm.metric;
    const [comparison, threshold] = alarm.breaches;
    return new CloudwatchMetricAlarm(this, alarm.id, {
      alarmName: `${name}-${alarm.id}`,
      alarmDescription: alarm.description,
      ...{ namespace, metricName, dimensions: { ...dimensions }, statistic: alarm.statistic, threshold },
      comparisonOperator: comparison === "below" ? "LessThanThreshold" : "GreaterThanOrEqualToThreshold",
      period: alarm.periodSeconds,
      evaluationPeriods: alarm.periods,
      datapointsToAlarm: alarm.periods,
      treatMissingData: alarm.missing,
      alarmActions: [topic.arn],
      okActions: [topic.arn],
    });
  }
}

const hour = 3600;
/** A daily run may be a few hours late before anybody is woken. */
const hoursOfDailyRun = 30;

function ofFunctions({ name, ca }: KmsEnvironment): Alarm[] {
  const lambda = (metric: string, slug: (typeof caFunctions)[number]) =>
    ["AWS/Lambda", metric, { FunctionName: caFunctionName(name, slug) }] as const;
  return [
    ...caFunctions.map(
      (slug): Alarm => ({
        id: `${slug}-failed`,
        description: `${slug} failed: its log says why (level error)`,
        metric: lambda("Errors", slug),
        statistic: "Sum",
        breaches: ["at least", 1],
        periodSeconds: 300,
        periods: 1,
        missing: "notBreaching",
      }),
    ),
    {
      id: "ca-publish-not-run",
      description: "ca-publish was not invoked for three publishing periods",
      metric: lambda("Invocations", "ca-publish"),
      statistic: "Sum",
      breaches: ["below", 1],
      periodSeconds: ca.crl.publishEveryMinutes * 60,
      periods: 3,
      missing: "breaching",
    },
    {
      id: "ca-reconcile-not-run",
      description: `ca-reconcile was not invoked for ${hoursOfDailyRun} hours; it runs every day`,
      metric: lambda("Invocations", "ca-reconcile"),
      statistic: "Sum",
      breaches: ["below", 1],
      periodSeconds: hour,
      periods: hoursOfDailyRun,
      missing: "breaching",
    },
    {
      id: "ca-requests-refused",
      description: "Ten requests to the CA were refused within five minutes",
      metric: [caMetrics.namespace, caMetrics.refusals, { Authority: caEventBusName(name) }],
      statistic: "Sum",
      breaches: ["at least", 10],
      periodSeconds: 300,
      periods: 1,
      missing: "notBreaching",
    },
  ];
}

function ofCrls({ name, ca }: KmsEnvironment, keys: readonly GenerationKeys[]): Alarm[] {
  const left = (generation: string, which: "root" | "issuing") =>
    [
      caMetrics.namespace,
      caMetrics.crlSecondsLeft,
      { Authority: caEventBusName(name), Crl: crlName(generation, which) },
    ] as const;
  return keys.flatMap(({ generation: { id, status } }): Alarm[] => [
    {
      id: `ca-crl-${id}-issuing-old`,
      description: `The issuing CRL of ${id} was not published for three periods, or has less than half of its life left`,
      metric: left(id, "issuing"),
      statistic: "Minimum",
      breaches: ["below", (ca.crl.lifetimeHours * hour) / 2],
      periodSeconds: ca.crl.publishEveryMinutes * 60,
      periods: 3,
      // A retired generation's CRL ends with its last certificate.
      missing: status === "retired" ? "notBreaching" : "breaching",
    },
    {
      id: `ca-crl-${id}-root-old`,
      description: `The root's CRL of ${id} was not looked at for ${hoursOfDailyRun} hours, or has less than a third of its life left; it is renewed at half`,
      metric: left(id, "root"),
      statistic: "Minimum",
      breaches: ["below", (ca.crl.rootLifetimeDays * 24 * hour) / 3],
      periodSeconds: hour,
      periods: hoursOfDailyRun,
      missing: "breaching",
    },
  ]);
}
