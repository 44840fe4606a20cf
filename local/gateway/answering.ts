/** The end of a request: the answer on the wire, and what is told of it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { accessLogLine } from "./access-log.ts";
import type { GatewayAws } from "./aws-port.ts";
import type { GatewayRecord } from "./gateway-record.ts";
import type { Handling } from "./handle-request.ts";

export interface Telling {
  readonly aws: Pick<GatewayAws, "writeAccessLog">;
  readonly log: {
    readonly record: (record: GatewayRecord) => void;
    readonly access?: (line: string) => void;
  };
}

/** `last`: what is left of the request is not read, or the connection was judged by an older truststore. */
export function sendAnswer(
  message: IncomingMessage,
  response: ServerResponse,
  { answer, ids }: Handling,
  last: boolean,
): void {
  const bodiless = answer.status === 204 || answer.status === 304;
  const headers = [
    ["x-amzn-RequestId", ids.requestId],
    ["x-amz-apigw-id", ids.extendedRequestId],
    ...answer.headers,
    ...(bodiless ? [] : [["Content-Length", String(answer.body.length)]]),
    ...(last ? [["Connection", "close"]] : []),
  ];
  response.writeHead(answer.status, headers.flat() as string[]);
  response.end(bodiless || message.method === "HEAD" ? undefined : answer.body);
  if (message.complete) return;
  message.resume();
  setTimeout(() => message.socket.destroy(), 2_000).unref();
}

export function account(
  { exchange, ids, answer, startedAt, head, reason: why }: Handling,
  message: IncomingMessage,
  { aws, log }: Telling,
  clock: () => Date,
): void {
  log.record({
    event: "answered",
    at: startedAt.toISOString(),
    requestId: ids.requestId,
    status: answer.status,
    method: message.method ?? "-",
    host: head?.host ?? "-",
    path: head?.path ?? "-",
    ...(why ? { reason: why } : {}),
    ...(answer.notes ? { notes: answer.notes } : {}),
  });
  if (!exchange?.stage.accessLog) return;
  const { destinationArn, format } = exchange.stage.accessLog;
  exchange.facts.status = answer.status;
  exchange.facts.responseLength = answer.body.length;
  exchange.facts.responseLatency = clock().getTime() - startedAt.getTime();
  const line = accessLogLine(format, exchange);
  log.access?.(line);
  aws
    .writeAccessLog?.(destinationArn, line, startedAt)
    .catch((error: Error) => failed(log, "writing the access log", error));
}

export function failed({ record }: Telling["log"], what: string, error: Error): void {
  record({ event: "failed", at: new Date().toISOString(), what, message: error.message });
}
