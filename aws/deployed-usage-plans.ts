/** Usage plans with the values of their keys, as API Gateway tells them: every page. */
import {
  APIGatewayClient,
  paginateGetUsagePlanKeys,
  paginateGetUsagePlans,
  type UsagePlan,
} from "@aws-sdk/client-api-gateway";
import { type Connection, clientConfiguration } from "./connection.ts";

export interface DeployedUsagePlan {
  readonly id: string;
  readonly name: string;
  /** `apiId/stage` of every stage that it is for. */
  readonly stages: readonly string[];
  /** Left out: no limit. */
  readonly throttle?: { readonly ratePerSecond: number; readonly burst: number };
  readonly quota?: { readonly limit: number; readonly period: "DAY" | "WEEK" | "MONTH" };
  readonly keyValues: readonly string[];
}

export class DeployedUsagePlans {
  readonly #client: APIGatewayClient;

  constructor(connection: Connection) {
    this.#client = new APIGatewayClient(clientConfiguration(connection));
  }

  async read(): Promise<DeployedUsagePlan[]> {
    const all: UsagePlan[] = [];
    for await (const page of paginateGetUsagePlans({ client: this.#client }, { limit: 500 }))
      all.push(...(page.items ?? []));
    return Promise.all(all.map((one) => this.#plan(one)));
  }

  async #plan({ id = "", name = "", apiStages, throttle, quota }: UsagePlan): Promise<DeployedUsagePlan> {
    return {
      id,
      name,
      stages: (apiStages ?? []).map(({ apiId, stage }) => `${apiId}/${stage}`),
      ...(throttle?.rateLimit !== undefined && throttle.burstLimit !== undefined
        ? { throttle: { ratePerSecond: throttle.rateLimit, burst: throttle.burstLimit } }
        : {}),
      ...(quota?.limit !== undefined && quota.period
        ? { quota: { limit: quota.limit, period: quota.period } }
        : {}),
      keyValues: await this.#keyValues(id),
    };
  }

  async #keyValues(usagePlanId: string): Promise<string[]> {
    const values: string[] = [];
    for await (const page of paginateGetUsagePlanKeys({ client: this.#client }, { usagePlanId, limit: 500 }))
      values.push(...(page.items ?? []).flatMap(({ value }) => (value ? [value] : [])));
    return values;
  }
}
