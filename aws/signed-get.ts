/**
 * One signed GET of an S3 object, without the SDK (which costs a cold start ten times what this does).
 *
 * Guarantees: https only (plain http to loopback excepted), kept-alive connections, one deadline for the whole
 * exchange, nothing read beyond the size limit, no redirect followed. What the bucket said is a value: callers
 * must tell "it answered, and not with the object" from "it could not be asked".
 * It does not retry, except a kept-alive connection that turned out to be closed.
 */
import type { Agent, IncomingMessage, RequestOptions, request } from "node:http";
import aws4 from "aws4";
import { type Address, customEndpoint, objectAddress } from "./object-address.ts";

export interface ObjectRequest {
  readonly bucket: string;
  readonly region: string;
  readonly key: string;
  readonly versionId?: string;
  /** An ETag: the answer is "not-modified" while the object still has it. */
  readonly ifNoneMatch?: string;
  readonly maxBytes: number;
}

export type ObjectAnswer =
  | { readonly kind: "found"; readonly body: Buffer; readonly etag: string | undefined }
  | { readonly kind: "not-modified" }
  /** The bucket answered, and this is not the object: 3xx, 4xx, or more bytes than allowed. */
  | { readonly kind: "refused"; readonly reason: string }
  /** No answer in time, no connection, 429 or 5xx. */
  | { readonly kind: "unavailable"; readonly reason: string };

export type SignedGet = (request: ObjectRequest) => Promise<ObjectAnswer>;

export interface SignedGetOptions {
  readonly timeoutMilliseconds: number;
  /** Where credentials and endpoint come from: a Lambda function's environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Throws when the environment has no credentials or an endpoint that is neither https nor loopback. */
export function createSignedGet(options: SignedGetOptions): SignedGet {
  const { environment, timeoutMilliseconds } = options;
  credentials(environment);
  const endpoint = customEndpoint(environment);
  const transport = loadTransport(endpoint?.protocol === "http:");
  return async (wanted) => {
    const address = objectAddress(wanted, endpoint);
    const deadline = AbortSignal.timeout(timeoutMilliseconds);
    const attempt = () => exchange(address, wanted, credentials(environment), transport, deadline);
    const first = await attempt();
    return first === "connection-was-closed" ? closedTwice(await attempt()) : first;
  };
}

/** The one of node:http and node:https that is used; `import()` would load a module loader, which costs more. */
function loadTransport(plain: boolean): Transport {
  const { Agent, request } = process.getBuiltinModule(plain ? "node:http" : "node:https");
  return { request, agent: new Agent({ keepAlive: true, maxSockets: 8 }) };
}

interface Transport {
  readonly request: typeof request;
  readonly agent: Agent;
}
interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

function credentials(environment: SignedGetOptions["environment"]): Credentials {
  const accessKeyId = environment.AWS_ACCESS_KEY_ID;
  const secretAccessKey = environment.AWS_SECRET_ACCESS_KEY;
  const sessionToken = environment.AWS_SESSION_TOKEN;
  if (!accessKeyId || !secretAccessKey)
    throw new Error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set; Lambda sets them");
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

function exchange(
  address: Address,
  wanted: ObjectRequest,
  identity: Credentials,
  transport: Transport,
  deadline: AbortSignal,
): Promise<ObjectAnswer | "connection-was-closed"> {
  const { hostname, port, path } = address;
  const headers = wanted.ifNoneMatch === undefined ? {} : { "If-None-Match": wanted.ifNoneMatch };
  const signed = aws4.sign(
    { hostname, port, path, method: "GET", service: "s3", region: wanted.region, headers },
    identity,
  );
  return new Promise((resolve) => {
    const options = { ...signed, agent: transport.agent, signal: deadline } as RequestOptions;
    const request = transport.request(options, (response) => {
      receive(response, wanted.maxBytes, resolve);
      response.on("error", (error) => resolve(unavailable(error, deadline)));
    });
    request.on("error", (error: NodeJS.ErrnoException) => {
      // The other side closed an idle connection just as it was used again: Node's documented race.
      const stale = request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      resolve(stale && !deadline.aborted ? "connection-was-closed" : unavailable(error, deadline));
    });
    request.end();
  });
}

/** Tells what came, once. By events: an async iterator over the body would cost a cold start milliseconds. */
function receive(response: IncomingMessage, maxBytes: number, tell: (answer: ObjectAnswer) => void): void {
  const status = response.statusCode ?? 0;
  if (status !== 200) {
    response.resume();
    tell(answerTo(status));
    return;
  }
  const parts: Buffer[] = [];
  let size = 0;
  response.on("data", (part: Buffer) => {
    size += part.length;
    parts.push(part);
    if (size <= maxBytes) return;
    tell({ kind: "refused", reason: `more than ${maxBytes} bytes` });
    response.destroy();
  });
  // A body that is cut ends with an error instead.
  response.on("end", () =>
    tell({ kind: "found", body: Buffer.concat(parts, size), etag: response.headers.etag }),
  );
}

function answerTo(status: number): ObjectAnswer {
  if (status === 304) return { kind: "not-modified" };
  const busy = status >= 500 || status === 429;
  return { kind: busy ? "unavailable" : "refused", reason: `status ${status}` };
}

function unavailable(error: NodeJS.ErrnoException, deadline: AbortSignal): ObjectAnswer {
  return { kind: "unavailable", reason: deadline.aborted ? "time-out" : (error.code ?? error.name) };
}

function closedTwice(answer: ObjectAnswer | "connection-was-closed"): ObjectAnswer {
  return answer === "connection-was-closed" ? { kind: "unavailable", reason: "ECONNRESET" } : answer;
}
