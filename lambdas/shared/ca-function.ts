/**
 * The frame of a CA function: request → operation → answer, one log line each. A refusal is an answer; a fault is
 * thrown with its code as the error's type, so that the run counts as failed and the caller can tell why.
 */

import type { Connection } from "#aws/connection.ts";
import type { Clock, Log } from "#ca/ports.ts";
import { answer, isRefusal, Refused } from "#ca/refusal.ts";
import type { Refusal } from "#contract/ca-requests.ts";
import type { CaFunction } from "#contract/names.ts";
import { jsonLog } from "./json-log.ts";

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

/** Parses, then runs; both may refuse. */
export function caFunction<R, T>(
  slug: CaFunction,
  parse: (event: unknown) => R,
  operate: (request: R, run: Run) => Promise<T | Refusal>,
): (event: unknown, context: Invocation) => Promise<T | Refusal> {
  return async (event, context) => {
    const { awsRequestId: requestId } = context;
    const alias = aliasOf(context.invokedFunctionArn);
    const log = jsonLog({ function: slug, requestId, ...(alias === undefined ? {} : { alias }) });
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
    }
  };
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

/** AWS as a deployed function sees it: its own region, the SDK's chain for everything else. */
export function ownConnection(variables: Readonly<Record<string, string | undefined>>): Connection {
  const region = variables.AWS_REGION;
  if (!region) throw new Error("AWS_REGION must be set; Lambda sets it");
  return { region };
}

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
