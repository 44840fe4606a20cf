/**
 * What wakes somebody: one row an alarm, one topic, one composite alarm that says whether this API of the environment
 * is well. The rows are in alarm-rows.ts.
 *
 * domain-watch's measures come every five minutes: their absence is an alarm too. Elsewhere no data is no trouble.
 */
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js";
import { Construct } from "constructs";
import { compositeAlarm } from "#stacks/shared/composite-alarm.ts";
import { EncryptedTopic } from "#stacks/shared/encrypted-topic.ts";
import { type Alarm, type AlarmRowsProps, alarmRows, settingsOf } from "./alarm-rows.ts";

export interface AlarmsProps extends AlarmRowsProps {
  /** Of the stack. */
  readonly name: string;
  /** Of what else the stack has: to the same topic, and parts of the composite alarm. */
  readonly further?: readonly Alarm[];
}

export class Alarms extends Construct {
  /** The composite one first. */
  readonly arns: readonly string[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { environment, api, name } = props;
    const { topic } = new EncryptedTopic(this, "topic", {
      ...{ name: `${name}-alarms`, purpose: `${name}, alarms`, tier: environment.tier },
      ...{ account: api.account, region: api.region, emails: settingsOf(api).emails },
      alarms: `${name}-*`,
    });
    const rows = [...alarmRows(props), ...(props.further ?? [])];
    const alarms = rows.map((alarm) => this.#alarm(alarm, name, topic.arn));
    const composite = compositeAlarm(this, name, alarms);
    this.arns = [composite, ...alarms].map((one) => one.arn);
  }

  #alarm(alarm: Alarm, name: string, topicArn: string): CloudwatchMetricAlarm {
    const period = 300;
    return new CloudwatchMetricAlarm(this, alarm.id, {
      alarmName: `${name}-${alarm.id}`,
      alarmDescription: alarm.description,
      namespace: alarm.namespace,
      metricName: alarm.metric,
      dimensions: alarm.dimensions,
      ...(alarm.statistic === "p99" ? { extendedStatistic: "p99" } : { statistic: alarm.statistic }),
      period,
      // A scheduled run may fall on either side of a period's edge.
      evaluationPeriods: alarm.scheduled ? 3 : 1,
      datapointsToAlarm: alarm.scheduled ? 2 : 1,
      threshold: alarm.threshold,
      comparisonOperator: operators[alarm.when],
      treatMissingData: alarm.scheduled ? "breaching" : "notBreaching",
      alarmActions: [topicArn],
      okActions: [topicArn],
    });
  }
}

const operators = {
  above: "GreaterThanThreshold",
  atLeast: "GreaterThanOrEqualToThreshold",
  below: "LessThanThreshold",
} as const;
