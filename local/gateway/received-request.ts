/**
 * One HTTP request as it came in: target, headers in their order and spelling, the body as bytes.
 * Framing (lengths, chunks, lengths that contradict each other) is judged by Node's HTTP parser: what it rejects
 * never gets here.
 */
import type { IncomingMessage } from "node:http";

export type Header = readonly [name: string, value: string];

export interface RequestHead {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  /** As sent, without the question mark; undefined when there is none. */
  readonly query: string | undefined;
  readonly headers: readonly Header[];
  /** Lower case, without port and final dot. */
  readonly host: string;
}

export interface ReceivedRequest extends RequestHead {
  readonly body: Buffer;
}

/** API Gateway's payload quota. */
export const maxBodyBytes = 10 * 1024 * 1024;

export function readHead(request: IncomingMessage): RequestHead | { readonly malformed: string } {
  const target = request.url ?? "";
  if (!target.startsWith("/")) return { malformed: "the request target is not a path" };
  const mark = target.indexOf("?");
  const headers: Header[] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2)
    headers.push([request.rawHeaders[i] as string, request.rawHeaders[i + 1] as string]);
  const [host, ...more] = valuesOf(headers, "host");
  if (host === undefined || more.length > 0) return { malformed: "not exactly one Host header" };
  return {
    method: request.method ?? "",
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? undefined : target.slice(mark + 1),
    headers,
    host: host.toLowerCase().replace(/:\d+$/, "").replace(/\.$/, ""),
  };
}

/** Undefined as soon as there is more than the quota. */
export function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) return resolve(undefined);
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      chunks.push(chunk);
      if (length <= maxBodyBytes) return;
      request.off("data", onData);
      resolve(undefined);
    };
    request.on("data", onData);
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", reject);
    request.once("close", () => reject(new Error("the client went away")));
  });
}

export function valuesOf(headers: readonly Header[], name: string): string[] {
  const wanted = name.toLowerCase();
  return headers.flatMap(([one, value]) => (one.toLowerCase() === wanted ? [value] : []));
}
