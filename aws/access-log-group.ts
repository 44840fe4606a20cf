/**
 * Writes access-log lines where a stage sends them: a CloudWatch log group, one stream a process. Lines are sent
 * in their order, one request at a time; what cannot be sent is told once and not kept.
 */
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
} from "@aws-sdk/client-cloudwatch-logs";
import { type Connection, clientConfiguration } from "./connection.ts";

interface Line {
  readonly timestamp: number;
  readonly message: string;
}

/** PutLogEvents takes 10,000 events and 1 MiB; access-log lines have 3 KB and more. */
const maxLinesOfACall = 200;

export class AccessLogGroup {
  readonly #client: CloudWatchLogsClient;
  readonly #stream: string;
  readonly #waiting = new Map<string, Line[]>();
  readonly #streams = new Set<string>();
  #work: Promise<void> = Promise.resolve();

  /** `stream`: a name that no other process uses. */
  constructor(connection: Connection, stream: string) {
    this.#client = new CloudWatchLogsClient(clientConfiguration(connection));
    this.#stream = stream;
  }

  /** Resolves when this line, and all before it, have been sent; rejects with the SDK's error. */
  write(destinationArn: string, message: string, at: Date): Promise<void> {
    const group = logGroupName(destinationArn);
    const lines = this.#waiting.get(group) ?? [];
    this.#waiting.set(group, lines);
    lines.push({ timestamp: at.getTime(), message });
    const next = this.#work.then(() => this.#send(group));
    // A failed call must not stop the lines after it.
    this.#work = next.catch(() => undefined);
    return next;
  }

  async #send(logGroupName: string): Promise<void> {
    const logEvents = this.#waiting.get(logGroupName)?.splice(0, maxLinesOfACall) ?? [];
    if (logEvents.length === 0) return;
    const logStreamName = this.#stream;
    if (!this.#streams.has(logGroupName)) {
      await this.#client
        .send(new CreateLogStreamCommand({ logGroupName, logStreamName }))
        .catch((error: unknown) => {
          if (!(error instanceof ResourceAlreadyExistsException)) throw error;
        });
      this.#streams.add(logGroupName);
    }
    await this.#client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
  }
}

/** `arn:aws:logs:region:account:log-group:NAME` with or without `:*`. */
function logGroupName(arn: string): string {
  const match = /^arn:[^:]+:logs:[^:]*:[^:]*:log-group:([^:*]+)(?::\*)?$/.exec(arn);
  if (!match?.[1]) throw new Error(`access log destination ${arn} is not a log group`);
  return match[1];
}
