/**
 * What the CA's functions measure about themselves, and the stack alarms on. Measures are lines of the log in
 * CloudWatch's embedded metric format: no permission, no call that could fail.
 */
import { externalKeys } from "./external-bucket.ts";

export const caMetrics = {
  namespace: "MtlsApi/CA",
  /** How long a published CRL is still good, each time it is published or looked at: by authority and CRL. */
  crlSecondsLeft: "CrlSecondsLeft",
  /** Requests that were refused: by authority. */
  refusals: "Refusals",
} as const;

/** The CRL's name in its dimension: `g1-issuing`. */
export const crlName = (generation: string, which: "root" | "issuing"): string => `${generation}-${which}`;

/** CloudWatch Embedded Metric Format, "Specification", version of 2020; undefined: nothing to measure. */
export function toMetric(
  event: string,
  fields: Readonly<Record<string, unknown>>,
  authority: string,
  now: Date,
): Readonly<Record<string, unknown>> | undefined {
  if (event === "refused") return metric(caMetrics.refusals, "Count", 1, { Authority: authority }, now);
  if (event !== "crl-published" && event !== "crl-current") return undefined;
  const { generation, key, nextUpdate } = fields;
  const which = key === externalKeys.rootCrl(String(generation)) ? "root" : "issuing";
  const left = Math.floor((Date.parse(String(nextUpdate)) - now.getTime()) / 1000);
  const dimensions = { Authority: authority, Crl: crlName(String(generation), which) };
  return Number.isFinite(left)
    ? metric(caMetrics.crlSecondsLeft, "Seconds", left, dimensions, now)
    : undefined;
}

function metric(name: string, unit: string, value: number, dimensions: Record<string, string>, now: Date) {
  return {
    _aws: {
      Timestamp: now.getTime(),
      CloudWatchMetrics: [
        {
          Namespace: caMetrics.namespace,
          Dimensions: [Object.keys(dimensions)],
          Metrics: [{ Name: name, Unit: unit }],
        },
      ],
    },
    ...dimensions,
    [name]: value,
  };
}
