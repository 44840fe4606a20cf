/**
 * What functions of the API account count, in CloudWatch's embedded metric format: written by a function, read by
 * alarms and the dashboard.
 */

/** One a decision, by code; dimensions apiId, stage, code. */
export const authorizerMetrics = {
  namespace: "mtls-api/authorizer",
  dimensions: ["apiId", "stage", "code"],
  decisions: "Decisions",
  decisionTime: "DecisionTime",
} as const;

/**
 * Requests that API Gateway refused with 429, for which it has no metric (they are among 4XXError): counted in the
 * access log by a metric filter of the stage. Dimensions are fields of the log.
 */
export const gatewayMetrics = {
  namespace: "mtls-api/gateway",
  dimensions: ["apiId", "stage", "errorType"],
  tooManyRequests: "TooManyRequests",
  /** For the rate of stage, method or usage plan; for the quota of a usage plan. */
  errorTypes: { throttled: "THROTTLED", quotaExceeded: "QUOTA_EXCEEDED" },
} as const;

/** By domain-watch, of one domain; dimension domain. */
export const domainMetrics = {
  namespace: "mtls-api/domain",
  dimensions: ["domain"],
  /** Of the oldest issuing CRL, since its thisUpdate. */
  crlAge: { name: "CrlAge", unit: "Seconds" },
  /** Until the first root CRL ends. */
  rootCrlDays: { name: "DaysToRootCrlEnd", unit: "None" },
  /** Until the first certificate of the truststore ends. */
  caDays: { name: "DaysToCaExpiry", unit: "None" },
  serverDays: { name: "DaysToServerCertificateExpiry", unit: "None" },
  truststoreWarnings: { name: "TruststoreWarnings", unit: "Count" },
  /** 1: the bucket has a newer truststore than the domain; a deployment of the API stack is due. */
  truststoreBehind: { name: "TruststoreBehind", unit: "Count" },
  /** 1: the domain has another truststore than the deployment gave it; somebody else did. */
  truststoreMoved: { name: "TruststoreMoved", unit: "Count" },
} as const;

export const domainMeasures = [
  "crlAge",
  "rootCrlDays",
  "caDays",
  "serverDays",
  "truststoreWarnings",
  "truststoreBehind",
  "truststoreMoved",
] as const;
export type DomainMeasure = (typeof domainMeasures)[number];
