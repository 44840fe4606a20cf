/** The measures as one line in CloudWatch's embedded metric format; what failed, in lines of its own. */
import { domainMeasures, domainMetrics } from "#contract/metrics.ts";
import type { Observation } from "./watch.ts";

export function observationLine({ values }: Observation, domain: string, now: Date): string {
  const taken = domainMeasures.filter((one) => values[one] !== undefined);
  return JSON.stringify({
    event: "observed",
    domain,
    ...Object.fromEntries(taken.map((one) => [domainMetrics[one].name, rounded(values[one] as number)])),
    _aws: {
      Timestamp: now.getTime(),
      CloudWatchMetrics: [
        {
          Namespace: domainMetrics.namespace,
          Dimensions: [domainMetrics.dimensions],
          Metrics: taken.map((one) => ({ Name: domainMetrics[one].name, Unit: domainMetrics[one].unit })),
        },
      ],
    },
  });
}

export function failureLines({ failures }: Observation, now: Date): string[] {
  return Object.entries(failures).map(([measure, error]) =>
    JSON.stringify({
      event: "fault",
      time: now.toISOString(),
      measure,
      message: error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 1000) : "unknown",
    }),
  );
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
