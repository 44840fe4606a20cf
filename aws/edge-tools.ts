/** What an operator does at the API's edge: alarms read, a usage plan's quota raised for a while. */
import { APIGatewayClient, UpdateUsagePlanCommand } from "@aws-sdk/client-api-gateway";
import { CloudWatchClient, type MetricAlarm, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import { type Connection, clientConfiguration } from "./connection.ts";
import { DeployedUsagePlans } from "./deployed-usage-plans.ts";

export interface AlarmsOfStack {
  readonly metrics: readonly MetricAlarm[];
  /** Names of composite alarms. */
  readonly composites: readonly string[];
}

export class EdgeTools {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Alarms whose names begin so. */
  async alarms(prefix: string): Promise<AlarmsOfStack> {
    const client = new CloudWatchClient(clientConfiguration(this.#connection));
    const metrics: MetricAlarm[] = [];
    const composites: string[] = [];
    const wanted = { AlarmNamePrefix: prefix, AlarmTypes: ["MetricAlarm", "CompositeAlarm"] as never };
    for await (const page of paginateDescribeAlarms({ client }, wanted)) {
      metrics.push(...(page.MetricAlarms ?? []));
      composites.push(...(page.CompositeAlarms ?? []).flatMap(({ AlarmName }) => AlarmName ?? []));
    }
    return { metrics, composites };
  }

  /** Runs `work` with a higher quota of the plan, and puts it back. */
  async withQuota<T>(planName: string, limit: number, work: () => Promise<T>): Promise<T> {
    const plans = await new DeployedUsagePlans(this.#connection).read();
    const plan = plans.find(({ name }) => name === planName);
    if (!plan?.quota) throw new Error(`no usage plan ${planName} with a quota`);
    await this.#limit(plan.id, limit);
    try {
      return await work();
    } finally {
      await this.#limit(plan.id, plan.quota.limit);
    }
  }

  async #limit(usagePlanId: string, limit: number): Promise<void> {
    await new APIGatewayClient(clientConfiguration(this.#connection)).send(
      new UpdateUsagePlanCommand({
        usagePlanId,
        patchOperations: [{ op: "replace", path: "/quota/limit", value: String(limit) }],
      }),
    );
  }
}
