/**
 * One HTTP request and its answer, bounded in time and size, for functions that cannot afford an SDK's cold start.
 *
 * Guarantees: one deadline for the whole exchange, nothing read beyond the size limit, no redirect followed,
 * connections kept alive. What the other side said is a value: callers must tell "it answered" from "it could not
 * be asked". It does not retry, except on a kept-alive connection that turned out to be closed.
 */
import type { Agent, IncomingHttpHeaders, IncomingMessage, RequestOptions, request } from "node:http";

export interface ExchangeOptions {
  /** http instead of https. */
  readonly plain: boolean;
  readonly timeoutMilliseconds: number;
  /** A client certificate of our own (PEM) for servers that ask for one, and who signed theirs if nobody known did. */
  readonly identity?: { readonly cert: string; readonly key: string; readonly ca?: string };
}

export interface ExchangeRequest {
  readonly hostname: string;
  readonly port?: number;
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly maxBytes: number;
  /** The body of a refusal too, which says why. */
  readonly readsRefusals?: boolean;
}

export type Reply =
  /** `body` is read where the status is 200 or refusals are, and empty otherwise. */
  | {
      readonly kind: "reply";
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly body: Buffer;
    }
  | { readonly kind: "too-large" }
  /** No answer in time, no connection, or an answer that was cut. */
  | { readonly kind: "unavailable"; readonly reason: string };

export type Exchange = (request: ExchangeRequest) => Promise<Reply>;

export function createExchange(options: ExchangeOptions): Exchange {
  let transport: Transport | undefined;
  return async (wanted) => {
    // On first need: a function that never asks does not pay for it.
    transport ??= loadTransport(options);
    const deadline = monotonicMilliseconds() + options.timeoutMilliseconds;
    const first = await attempt(wanted, transport, deadline);
    if (first !== "connection-was-closed") return first;
    const second = await attempt(wanted, transport, deadline);
    return second === "connection-was-closed" ? { kind: "unavailable", reason: "ECONNRESET" } : second;
  };
}

interface Transport {
  readonly request: typeof request;
  readonly agent: Agent;
}

/** The one of node:http and node:https that is used; `import()` would load a module loader, which costs more. */
function loadTransport({ plain, identity }: ExchangeOptions): Transport {
  const { Agent, request } = process.getBuiltinModule(plain ? "node:http" : "node:https");
  return { request, agent: new Agent({ keepAlive: true, maxSockets: 8, ...identity }) };
}

/** Not `performance.now()`, which would load a module of its own. */
const monotonicMilliseconds = (): number => Number(process.hrtime.bigint()) / 1e6;

function attempt(
  { body, maxBytes, readsRefusals = false, ...wanted }: ExchangeRequest,
  transport: Transport,
  deadline: number,
): Promise<Reply | "connection-was-closed"> {
  return new Promise((resolve) => {
    let isLate = false;
    const failed = (error: NodeJS.ErrnoException) =>
      resolve(unavailable(isLate ? "time-out" : (error.code ?? error.name)));
    const options: RequestOptions = { ...wanted, agent: transport.agent };
    const request = transport.request(options, (response) => {
      response.on("error", failed);
      receive(response, { maxBytes, readsRefusals }, resolve);
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      // The other side closed an idle connection just as it was used again: Node's documented race.
      const stale = request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      if (stale && !isLate) resolve("connection-was-closed");
      else failed(error);
    });
    // By a timer, which costs a cold start a millisecond less than an AbortSignal. It runs on while a body that nobody
    // reads is still coming.
    const timer = setTimeout(() => {
      isLate = true;
      request.destroy();
      resolve(unavailable("time-out"));
    }, deadline - monotonicMilliseconds());
    timer.unref();
    request.on("close", () => clearTimeout(timer));
    request.end(body);
  });
}

/** Tells what came, once. By events: an async iterator over the body would cost a cold start milliseconds. */
function receive(
  response: IncomingMessage,
  { maxBytes, readsRefusals }: Required<Pick<ExchangeRequest, "maxBytes" | "readsRefusals">>,
  tell: (reply: Reply) => void,
): void {
  const { statusCode: status = 0, headers } = response;
  if (status !== 200 && !readsRefusals) {
    response.resume();
    tell({ kind: "reply", status, headers, body: Buffer.alloc(0) });
    return;
  }
  const parts: Buffer[] = [];
  let size = 0;
  response.on("data", (part: Buffer) => {
    size += part.length;
    parts.push(part);
    if (size <= maxBytes) return;
    tell({ kind: "too-large" });
    response.destroy();
  });
  // A body that is cut ends with an error instead.
  response.on("end", () => tell({ kind: "reply", status, headers, body: Buffer.concat(parts, size) }));
}

const unavailable = (reason: string): Reply => ({ kind: "unavailable", reason });
