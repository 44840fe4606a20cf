/** An endpoint on loopback that answers what a test tells it and keeps what it was asked. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Connection } from "#aws/connection.ts";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}
export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export interface FakeAws {
  readonly connection: Connection;
  readonly asked: Asked[];
  close(): Promise<void>;
}

/** `answers` are given in order; the last one again and again. */
export async function fakeAws(...answers: readonly Answer[]): Promise<FakeAws> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    asked.push({
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(parts).toString("utf8"),
    });
    const {
      status = 200,
      headers = {},
      body = "",
    } = answers[Math.min(asked.length, answers.length) - 1] ?? {};
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    connection: {
      region: "eu-west-2",
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" },
    },
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** As DynamoDB, KMS and Lambda report errors. */
export const jsonError = (status: number, type: string, message = "no"): Answer => ({
  status,
  headers: { "content-type": "application/x-amz-json-1.0", "x-amzn-errortype": type },
  body: JSON.stringify({ __type: type, message, Message: message }),
});

export const json = (value: unknown): Answer => ({
  headers: { "content-type": "application/x-amz-json-1.0" },
  body: JSON.stringify(value),
});
