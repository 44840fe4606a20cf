/**
 * Throttling as the stage's method settings say: a token bucket per stage and method, refilled continuously.
 * Where a setting is absent, AWS's account default holds.
 */
import type { DeployedMethodSettings, DeployedStage } from "#aws/deployed-api-model.ts";

const accountDefault = { ratePerSecond: 10_000, burst: 5_000 };

export class Throttle {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  /** Takes one token; false when there is none. `resourcePath` is the template. */
  admits(apiId: string, stage: DeployedStage, resourcePath: string, httpMethod: string, now: Date): boolean {
    const { ratePerSecond, burst } = settingsOf(stage, resourcePath, httpMethod);
    const key = `${apiId} ${stage.name} ${httpMethod} ${resourcePath}`;
    const at = now.getTime();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at };
    this.#buckets.set(key, bucket);
    const refill = (Math.max(0, at - bucket.at) / 1000) * ratePerSecond;
    bucket.tokens = Math.min(burst, bucket.tokens + refill);
    bucket.at = at;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}

function settingsOf(stage: DeployedStage, resourcePath: string, httpMethod: string) {
  const all: DeployedMethodSettings = stage.methodSettings["*/*"] ?? {};
  const own = stage.methodSettings[`${resourcePath.replace(/^\//, "")}/${httpMethod}`] ?? {};
  return { ...accountDefault, ...all, ...own };
}
