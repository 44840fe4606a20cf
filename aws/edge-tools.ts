/** What an operator does at the API's edge: metric filters read, a usage plan's quota raised for a while. */
import { APIGatewayClient, UpdateUsagePlanCommand } from "@aws-sdk/client-api-gateway";
import {
  CloudWatchLogsClient,
  type MetricFilter,
  paginateDescribeMetricFilters,
} from "@aws-sdk/client-cloudwatch-logs";
import { type Connection, clientConfiguration } from "./connection.ts";
import { DeployedUsagePlans } from "./deployed-usage-plans.ts";

export class EdgeTools {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Metric filters of a log group. */
  async metricFilters(logGroupName: string): Promise<readonly MetricFilter[]> {
    const client = new CloudWatchLogsClient(clientConfiguration(this.#connection));
    const filters: MetricFilter[] = [];
    for await (const page of paginateDescribeMetricFilters({ client }, { logGroupName }))
      filters.push(...(page.metricFilters ?? []));
    return filters;
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
