/**
 * Counts what a bus of EventBridge took while something was done: an archive for each kind of event, made for the
 * time of the work. For checks; nothing else listens in on a bus this way.
 */
import {
  CreateArchiveCommand,
  DeleteArchiveCommand,
  DescribeArchiveCommand,
  DescribeEventBusCommand,
  EventBridgeClient,
} from "@aws-sdk/client-eventbridge";
import { type Connection, clientConfiguration } from "./connection.ts";

/** `work` asks how many events there are by now of each pattern. */
export async function countingEvents<T>(
  connection: Connection,
  bus: string,
  patterns: Readonly<Record<string, unknown>>,
  work: (count: () => Promise<Readonly<Record<string, number>>>) => Promise<T>,
): Promise<T> {
  const client = new EventBridgeClient(clientConfiguration(connection));
  const archiveOf = (name: string) => `${bus}-check-${name}`;
  const made: string[] = [];
  try {
    const { Arn } = await client.send(new DescribeEventBusCommand({ Name: bus }));
    for (const [name, pattern] of Object.entries(patterns)) {
      await client.send(
        new CreateArchiveCommand({
          ArchiveName: archiveOf(name),
          EventSourceArn: Arn,
          EventPattern: JSON.stringify(pattern),
          RetentionDays: 1,
        }),
      );
      made.push(name);
    }
    return await work(async () => {
      const counts: Record<string, number> = {};
      for (const name of made) {
        const { EventCount } = await client.send(
          new DescribeArchiveCommand({ ArchiveName: archiveOf(name) }),
        );
        counts[name] = EventCount ?? 0;
      }
      return counts;
    });
  } finally {
    for (const name of made) await client.send(new DeleteArchiveCommand({ ArchiveName: archiveOf(name) }));
    client.destroy();
  }
}
