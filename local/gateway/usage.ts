/**
 * Usage plans: which key counts a request, whether its plan's rate and quota let it on. A key that no plan of the
 * stage has admits nobody, as on AWS.
 *
 * A quota counts what was let through, within the present day, week (from Sunday) or month in UTC; what is refused by
 * the rate is not counted.
 */
import type { DeployedUsagePlan } from "#aws/deployed-usage-plans.ts";

export type UsageVerdict = "admitted" | "throttled" | "quota-exceeded" | "no-usage-plan";

export class Usage {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #counts = new Map<string, { period: number; used: number }>();

  admit(
    plans: readonly DeployedUsagePlan[],
    stage: string,
    keyValue: string | undefined,
    now: Date,
  ): UsageVerdict {
    const plan = plans.find(
      (one) => keyValue !== undefined && one.stages.includes(stage) && one.keyValues.includes(keyValue),
    );
    if (!plan) return "no-usage-plan";
    const key = `${plan.id} ${keyValue}`;
    if (this.#isUsedUp(plan, key, now)) return "quota-exceeded";
    if (!this.#hasToken(plan, key, now)) return "throttled";
    this.#count(plan, key, now);
    return "admitted";
  }

  #isUsedUp({ quota }: DeployedUsagePlan, key: string, now: Date): boolean {
    if (!quota) return false;
    const count = this.#counts.get(key);
    return count?.period === periodOf(quota.period, now) && count.used >= quota.limit;
  }

  #count({ quota }: DeployedUsagePlan, key: string, now: Date): void {
    const period = quota ? periodOf(quota.period, now) : 0;
    const before = this.#counts.get(key);
    this.#counts.set(key, { period, used: before?.period === period ? before.used + 1 : 1 });
  }

  #hasToken({ throttle }: DeployedUsagePlan, key: string, now: Date): boolean {
    if (!throttle) return true;
    const at = now.getTime();
    const bucket = this.#buckets.get(key) ?? { tokens: throttle.burst, at };
    this.#buckets.set(key, bucket);
    const refill = (Math.max(0, at - bucket.at) / 1000) * throttle.ratePerSecond;
    bucket.tokens = Math.min(throttle.burst, bucket.tokens + refill);
    bucket.at = at;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

/** A number that changes with the period. */
function periodOf(period: "DAY" | "WEEK" | "MONTH", now: Date): number {
  const day = Math.floor(now.getTime() / 86_400_000);
  if (period === "DAY") return day;
  // The first of January 1970 was a Thursday.
  if (period === "WEEK") return Math.floor((day + 4) / 7);
  return now.getUTCFullYear() * 12 + now.getUTCMonth();
}
