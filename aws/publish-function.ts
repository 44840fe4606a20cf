/** ca-publish, invoked as a function: its refusal is a fault of whoever asks, since our requests are well-formed. */
import type { Publish } from "#ca/ports.ts";
import type { PublishResult, Refusal } from "#contract/ca-requests.ts";
import type { Connection } from "./connection.ts";
import { invokeFunction } from "./invoke-function.ts";

export const publishThrough =
  (connection: Connection, functionName: string): Publish =>
  async (request) => {
    const answer = (await invokeFunction(connection, functionName, request)) as PublishResult | Refusal;
    if ("refused" in answer)
      throw new Error(`${functionName} refused (${answer.refused.code}): ${answer.refused.message}`);
    return answer;
  };
