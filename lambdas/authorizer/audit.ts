/**
 * One JSON line a decision: what was decided, at which step, by which code, about whom, and how long it took; in
 * CloudWatch's embedded metric format, so that decisions are counted by code without another call.
 *
 * Never in it: PEM, token, query string, path, names of a certificate. Every value is ours or a hash, a serial, an
 * id of known form; JSON escapes the rest, so a line is one line.
 */
import { authorizerMetrics } from "#contract/metrics.ts";
import { routeKey } from "#contract/routes.ts";
import type { Decision } from "./decision.ts";
import type { Deployment } from "./steps/place.ts";

export function auditLine(decision: Decision, deployment: Deployment, now: Date): string {
  const { allowed, requestId, route, client, milliseconds } = decision;
  const code = allowed ? "allowed" : decision.code;
  const total = Object.values(milliseconds).reduce((sum, one) => sum + one, 0);
  return JSON.stringify({
    audit: "decision",
    time: now.toISOString(),
    requestId,
    route: route ? routeKey(route) : "unknown",
    decision: allowed ? "allow" : code === "fault" ? "fault" : "deny",
    step: allowed ? "policy" : decision.step,
    code,
    ...(!allowed && decision.detail !== undefined ? { detail: decision.detail } : {}),
    ...(client
      ? {
          principal: client.principal,
          issuer: client.issuerFingerprint,
          serial: client.serial,
          thumbprint: client.thumbprint,
        }
      : {}),
    ...(allowed ? { rule: decision.rule.name } : {}),
    ...(decision.revocation === undefined ? {} : { revocation: decision.revocation }),
    milliseconds: Object.fromEntries(Object.entries(milliseconds).map(([step, one]) => [step, rounded(one)])),
    ...metrics(deployment, total, now),
  });
}

/** A fault's cause, for the operator: type, code and message, which are ours or Node's. */
export function faultLine(decision: Decision, now: Date): string | undefined {
  if (decision.allowed || decision.code !== "fault") return undefined;
  const { requestId, step, error } = decision;
  const cause = error instanceof Error ? error : new Error("something other than an Error was thrown");
  return JSON.stringify({
    fault: cause.name,
    time: now.toISOString(),
    requestId,
    step,
    code: (cause as NodeJS.ErrnoException).code,
    message: cause.message.slice(0, 1000),
    stack: cause.stack
      ?.split("\n")
      .slice(1, 6)
      .map((line) => line.trim()),
  });
}

/** Specification: CloudWatch user guide, "Embedded metric format". */
function metrics({ apiId, stage }: Deployment, total: number, now: Date) {
  return {
    apiId,
    stage,
    Decisions: 1,
    DecisionTime: rounded(total),
    _aws: {
      Timestamp: now.getTime(),
      CloudWatchMetrics: [
        {
          Namespace: authorizerMetrics.namespace,
          Dimensions: [authorizerMetrics.dimensions],
          Metrics: [
            { Name: "Decisions", Unit: "Count" },
            { Name: "DecisionTime", Unit: "Milliseconds" },
          ],
        },
      ],
    },
  };
}

const rounded = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000;
