/** A stack's alarms, by how their names begin: read, and nothing changed. */
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

export async function deployedAlarms(connection: Connection, prefix: string): Promise<DeployedAlarms> {
  const client = new CloudWatchClient(clientConfiguration(connection));
  const metrics: MetricAlarm[] = [];
  const composites: CompositeAlarm[] = [];
  // Left out, composite alarms are not told of.
  const wanted = { AlarmNamePrefix: prefix, AlarmTypes: ["MetricAlarm", "CompositeAlarm"] as never };
  for await (const page of paginateDescribeAlarms({ client }, wanted)) {
    metrics.push(...(page.MetricAlarms ?? []));
    composites.push(...(page.CompositeAlarms ?? []));
  }
  return { metrics, composites };
}
