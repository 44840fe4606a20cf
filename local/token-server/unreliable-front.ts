/**
 * A front on loopback that hands requests on to a token service, or fails in one of the ways in which such services
 * fail, as it is told. For tests only.
 */
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { close, listen } from "../loopback.ts";

export const failures = {
  slow: "does not answer",
  gone: "is not there (connection refused)",
  cut: "breaks off",
  busy: "answers 503",
  html: "answers HTML",
  text: "answers JSON that it calls text/plain",
  large: "answers 10 MB",
  elsewhere: "redirects",
} as const;
export type Failure = keyof typeof failures;

export interface UnreliableFront {
  readonly origin: string;
  /** How many requests came since the last change. */
  readonly asked: () => number;
  readonly fail: (failure: Failure) => Promise<void>;
  /** Hands on again. */
  readonly recover: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startUnreliableFront(upstream: string): Promise<UnreliableFront> {
  let failure: Failure | undefined;
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    if (failure === undefined || failure === "text") handOn(request, response, upstream, failure);
    else misbehaviours[failure]?.(response);
  });
  const port = await listen(server);
  const change = async (next: Failure | undefined) => {
    if (failure === "gone") await listen(server, port);
    if (next === "gone") await close(server);
    failure = next;
    asked = 0;
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    asked: () => asked,
    fail: change,
    recover: () => change(undefined),
    close: () => close(server),
  };
}

type Misbehaviour = (response: ServerResponse) => void;

const misbehaviours: Readonly<Partial<Record<Failure, Misbehaviour>>> = {
  slow: () => undefined,
  cut: (response) => {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "100" });
    response.write("{", () => response.destroy());
  },
  busy: (response) => void response.writeHead(503, { "Content-Type": "application/json" }).end("{}"),
  html: (response) =>
    void response.writeHead(200, { "Content-Type": "text/html" }).end("<html><h1>Welcome</h1></html>"),
  large: (response) =>
    void response
      .writeHead(200, { "Content-Type": "application/json" })
      .end(`{"active":true,"keys":[],"x":"${"x".repeat(10_000_000)}"}`),
  elsewhere: (response) => void response.writeHead(302, { Location: "/elsewhere" }).end(),
};

function handOn(request: IncomingMessage, response: ServerResponse, upstream: string, as?: "text"): void {
  const { hostname, port } = new URL(upstream);
  const { method = "GET", url = "/", headers } = request;
  const onward = ask({ hostname, port, method, path: url, headers }, (answer) => {
    const type = as === undefined ? {} : { "content-type": "text/plain" };
    response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...type });
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}
