/**
 * One alarm that says whether anything of a stack rings. Not of an environment: CloudWatch combines alarms of one
 * account and region only (docs/decisions/0017-a-composite-alarm-per-stack.md).
 */
import { CloudwatchCompositeAlarm } from "@cdktf/provider-aws/lib/cloudwatch-composite-alarm/index.js";
import type { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js";
import type { Construct } from "constructs";

export const compositeAlarm = (
  scope: Construct,
  stack: string,
  alarms: readonly CloudwatchMetricAlarm[],
): CloudwatchCompositeAlarm =>
  new CloudwatchCompositeAlarm(scope, "composite", {
    alarmName: stack,
    alarmDescription: `Something of ${stack} wants attention: see its parts`,
    alarmRule: alarms.map((one) => `ALARM("${one.alarmName}")`).join(" OR "),
    // The parts tell what it is; this one tells dashboards and deployments that it is.
    dependsOn: [...alarms],
  });
