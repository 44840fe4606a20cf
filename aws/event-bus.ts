/**
 * Sends the CA's notifications to the environment's bus. An entry that EventBridge did not take is an error, as is a
 * call that failed; what has been sent by then stays sent.
 */
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { type CaNotification, caEventSource } from "#contract/ca-events.ts";
import { type Connection, clientConfiguration } from "./connection.ts";

export type Notify = (notifications: readonly CaNotification[]) => Promise<void>;

/** PutEvents takes ten entries at once. */
const batch = 10;
/** The answer of the function waits for it. */
const requestTimeout = 5_000;

export function notifyThrough(connection: Connection, bus: string): Notify {
  const client = new EventBridgeClient({
    ...clientConfiguration(connection, requestTimeout),
    maxAttempts: 2,
  });
  return async (notifications) => {
    for (let at = 0; at < notifications.length; at += batch) {
      const { FailedEntryCount, Entries } = await client.send(
        new PutEventsCommand({
          Entries: notifications.slice(at, at + batch).map(({ detailType, detail }) => ({
            EventBusName: bus,
            Source: caEventSource,
            DetailType: detailType,
            Detail: JSON.stringify(detail),
          })),
        }),
      );
      if (FailedEntryCount === 0) continue;
      const codes = (Entries ?? []).flatMap(({ ErrorCode }) => (ErrorCode ? [ErrorCode] : []));
      throw new Error(
        `${FailedEntryCount ?? "unknown"} events were not taken by ${bus}: ${codes.join(", ")}`,
      );
    }
  };
}
