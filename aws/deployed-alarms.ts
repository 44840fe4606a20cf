/** A stack's alarms, by their names: the stack's own, and what begins with it and a hyphen. Nothing is changed. */
import {
  CloudWatchClient,
  type CompositeAlarm,
  type MetricAlarm,
  paginateDescribeAlarms,
} from "@aws-sdk/client-cloudwatch";
import { type Connection, clientConfiguration } from "./connection.ts";

export interface DeployedAlarms {
  readonly metrics: readonly MetricAlarm[];
  readonly composites: readonly CompositeAlarm[];
}

export async function deployedAlarms(connection: Connection, stack: string): Promise<DeployedAlarms> {
  const client = new CloudWatchClient(clientConfiguration(connection));
  const metrics: MetricAlarm[] = [];
  const composites: CompositeAlarm[] = [];
  // Left out, composite alarms are not told of.
  const wanted = { AlarmNamePrefix: stack, AlarmTypes: ["MetricAlarm", "CompositeAlarm"] as never };
  for await (const page of paginateDescribeAlarms({ client }, wanted)) {
    metrics.push(...(page.MetricAlarms ?? []).filter(isOf(stack)));
    composites.push(...(page.CompositeAlarms ?? []).filter(isOf(stack)));
  }
  return { metrics, composites };
}

/** Not of another stack whose name goes on: `dev-api2` begins with `dev-api` too. */
const isOf =
  (stack: string) =>
  ({ AlarmName = "" }: { readonly AlarmName?: string | undefined }): boolean =>
    AlarmName === stack || AlarmName.startsWith(`${stack}-`);
