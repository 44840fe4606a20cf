/**
 * The frame of a CA function: request → operation → answer, one log line each. A refusal is an answer; a fault is
 * thrown with its code as the error's type, so that the run counts as failed and the caller can tell why.
 *
 * What the log says that others should know is sent to the environment's bus at the end of the run, whatever its end;
 * that this fails is logged, and changes nothing.
 */

import type { Notify } from "#aws/event-bus.ts";
import type { Clock, Log } from "#ca/ports.ts";
import { answer, isRefusal, Refused } from "#ca/refusal.ts";
import { type CaNotification, toNotification } from "#contract/ca-events.ts";
import { toMetric } from "#contract/ca-metrics.ts";
import type { Refusal } from "#contract/ca-requests.ts";
import type { CaFunction } from "#contract/names.ts";
import { jsonLog, writeLine } from "./json-log.ts";

export { ownConnection } from "./own-connection.ts";

export interface Invocation {
  readonly awsRequestId: string;
  readonly invokedFunctionArn: string;
  readonly getRemainingTimeInMillis: () => number;
}
export interface Run {
  readonly log: Log;
  readonly requestId: string;
  /** The alias that was invoked; undefined: the function itself. */
  readonly alias: string | undefined;
  readonly remainingSeconds: () => number;
}

/** Where a run tells what others should know, and the name under which it measures. */
export interface Outside {
  readonly authority: string;
  readonly notify: Notify;
}

/** Parses, then runs; both may refuse. */
export function caFunction<R, T>(
  slug: CaFunction,
  parse: (event: unknown) => R,
  operate: (request: R, run: Run) => Promise<T | Refusal>,
  { authority, notify }: Outside,
): (event: unknown, context: Invocation) => Promise<T | Refusal> {
  return async (event, context) => {
    const { awsRequestId: requestId } = context;
    const alias = aliasOf(context.invokedFunctionArn);
    const common = { function: slug, requestId, ...(alias === undefined ? {} : { alias }) };
    const line = jsonLog(common);
    const notifications: CaNotification[] = [];
    const log: Log = (name, fields) => {
      line(name, fields);
      const metric = toMetric(name, fields, authority, clock.now());
      if (metric) writeLine(metric);
      const notification = toNotification(name, { ...common, ...fields }, { function: slug, requestId });
      if (notification) notifications.push(notification);
    };
    const remainingSeconds = () => context.getRemainingTimeInMillis() / 1000;
    try {
      const outcome = await answer(async () =>
        operate(parse(event), { log, requestId, alias, remainingSeconds }),
      );
      if (isRefusal(outcome)) log("refused", { ...outcome.refused });
      return outcome;
    } catch (error) {
      log("fault", describe(error));
      throw named(error);
    } finally {
      await tell(notify, notifications, line);
    }
  };
}

/** Never fails the run: what happened has happened, and stands in the log. */
async function tell(notify: Notify, notifications: readonly CaNotification[], line: Log): Promise<void> {
  if (notifications.length === 0) return;
  try {
    await notify(notifications);
  } catch (error) {
    line("notification-failed", { events: notifications.length, ...describe(error) });
  }
}

/**
 * Who asks: permission is given on an alias, and a function never sees its caller otherwise. Refused ("caller") when
 * the function itself was invoked.
 */
export function callerOf({ alias }: Pick<Run, "alias">): string {
  if (alias !== undefined) return alias;
  throw new Refused("caller", "invoke the alias that stands for you, not the function itself");
}

/** arn:aws:lambda:REGION:ACCOUNT:function:NAME[:ALIAS]; a version is no alias. */
function aliasOf(arn: string): string | undefined {
  const qualifier = arn.split(":")[7];
  return qualifier !== undefined && /^(?!\d+$)[a-zA-Z0-9_-]+$/.test(qualifier) ? qualifier : undefined;
}

/** The real clock; operations know no other way to the time. */
export const clock: Clock = {
  now: () => new Date(),
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

const codeOf = (error: unknown): string =>
  error instanceof Error ? String((error as { code?: unknown }).code ?? error.name) : "unknown";

function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { code: codeOf(error) };
  const { message, stack, cause } = error;
  return { code: codeOf(error), message, stack, ...(cause ? { cause: describe(cause) } : {}) };
}

/** Lambda reports the error's name as its type; the message begins with it for whoever sees only that. */
export function named(error: unknown): Error {
  const code = codeOf(error);
  const result = new Error(`${code}: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
  result.name = code;
  return result;
}
