/**
 * One signed GET of an S3 object, without the SDK (which costs a cold start ten times what this does).
 *
 * Guarantees: https only (plain http to loopback excepted), kept-alive connections, one deadline for the whole
 * exchange, nothing read beyond the size limit, no redirect followed. What the bucket said is a value: callers
 * must tell "it answered, and not with the object" from "it could not be asked".
 * It does not retry, except a kept-alive connection that turned out to be closed.
 */
import * as http from "node:http";
import * as https from "node:https";
import { sign } from "aws4";
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
  const agents = { http: new http.Agent(keepAlive), https: new https.Agent(keepAlive) };
  return async (wanted) => {
    const address = objectAddress(wanted, endpoint);
    const deadline = AbortSignal.timeout(timeoutMilliseconds);
    const attempt = () => exchange(address, wanted, credentials(environment), agents, deadline);
    const first = await attempt();
    return first === "connection-was-closed" ? closedTwice(await attempt()) : first;
  };
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}
type Agents = { readonly http: http.Agent; readonly https: https.Agent };

const keepAlive = { keepAlive: true, maxSockets: 8 };

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
  by: Credentials,
  agents: Agents,
  deadline: AbortSignal,
): Promise<ObjectAnswer | "connection-was-closed"> {
  const { plain, ...to } = address;
  const headers = wanted.ifNoneMatch === undefined ? {} : { "If-None-Match": wanted.ifNoneMatch };
  const signed = sign({ ...to, method: "GET", service: "s3", region: wanted.region, headers }, by);
  return new Promise((resolve) => {
    const options = { ...signed, agent: plain ? agents.http : agents.https, signal: deadline };
    const request = (plain ? http : https).request(options as http.RequestOptions, (response) =>
      receive(response, wanted.maxBytes).then(resolve, (error) => resolve(unavailable(error, deadline))),
    );
    request.on("error", (error: NodeJS.ErrnoException) => {
      // The other side closed an idle connection just as it was used again: Node's documented race.
      const stale = request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
      resolve(stale && !deadline.aborted ? "connection-was-closed" : unavailable(error, deadline));
    });
    request.end();
  });
}

async function receive(response: http.IncomingMessage, maxBytes: number): Promise<ObjectAnswer> {
  const status = response.statusCode ?? 0;
  if (status !== 200) {
    response.resume();
    if (status === 304) return { kind: "not-modified" };
    const busy = status >= 500 || status === 429;
    return { kind: busy ? "unavailable" : "refused", reason: `status ${status}` };
  }
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    // Leaving the loop destroys the response and its connection.
    if (size > maxBytes) return { kind: "refused", reason: `more than ${maxBytes} bytes` };
    parts.push(part);
  }
  return { kind: "found", body: Buffer.concat(parts, size), etag: response.headers.etag };
}

function unavailable(error: NodeJS.ErrnoException, deadline: AbortSignal): ObjectAnswer {
  return { kind: "unavailable", reason: deadline.aborted ? "time-out" : (error.code ?? error.name) };
}

function closedTwice(answer: ObjectAnswer | "connection-was-closed"): ObjectAnswer {
  return answer === "connection-was-closed" ? { kind: "unavailable", reason: "ECONNRESET" } : answer;
}
