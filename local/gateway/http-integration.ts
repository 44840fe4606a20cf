/**
 * Passes a request on to a backend (HTTP_PROXY) as API Gateway does: method, query, headers and body as they came,
 * parameters set by the integration; one deadline, redirects handed back and not followed, answers of 10 MB at most.
 *
 * The backend's certificate is always checked. On this machine a backend's name may lead to a loopback port with an
 * authority of its own (`LocalBackend`), as `curl --resolve` does; any other name is looked up as usual.
 */
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { DeployedIntegration } from "#aws/deployed-api-model.ts";
import { outgoingName } from "./answer-headers.ts";
import { eventHeaders } from "./event.ts";
import type { Exchange } from "./exchange.ts";
import type { HttpAnswer } from "./gateway-response.ts";
import { maxBodyBytes, valuesOf } from "./received-request.ts";
import { mapRequest } from "./request-mapping.ts";

export interface LocalBackend {
  /** On 127.0.0.1. */
  readonly port: number;
  /** PEM of whoever signed its certificate. */
  readonly authority: string;
}
export type LocalBackends = Readonly<Record<string, LocalBackend>>;

export type BackendOutcome =
  | { readonly answer: HttpAnswer }
  /** This integration is none that can be called. */
  | { readonly unsupported: string }
  /** It could not be reached, broke off, or did not answer with HTTP of 10 MB at most. */
  | { readonly failed: string };

/** Rejects only when `signal` aborts first. */
export async function callBackend(
  integration: DeployedIntegration,
  exchange: Exchange,
  backends: LocalBackends,
  signal: AbortSignal,
): Promise<BackendOutcome> {
  const mapped = mapRequest(integration.requestParameters, exchange);
  if ("unknown" in mapped) return { unsupported: `the mapping ${mapped.unknown}` };
  const url = targetOf(integration.uri ?? "", mapped.path, exchange.request.query);
  if (!url) return { unsupported: `an HTTP integration with URI ${integration.uri ?? "-"}` };
  try {
    const message = await send(url, { integration, exchange, headers: mapped.headers, backends, signal });
    const body = await readAll(message);
    return body
      ? { answer: answerOf(message, body, exchange) }
      : { failed: "the answer is longer than 10 MB" };
  } catch (error) {
    if (signal.aborted) throw error;
    return { failed: `${(error as NodeJS.ErrnoException).code ?? (error as Error).message}` };
  }
}

/** Parameters are encoded: what a caller writes stays one segment. */
function targetOf(
  uri: string,
  path: ReadonlyMap<string, string>,
  query: string | undefined,
): { readonly host: string; readonly port: number; readonly path: string } | undefined {
  const [, host, port, template = "/"] = /^https:\/\/([a-z0-9.-]+)(?::(\d+))?(\/.*)?$/.exec(uri) ?? [];
  if (!host) return undefined;
  const filled = template.replace(/\{([^}]+)\}/g, (whole, name: string) => {
    const value = path.get(name);
    return value === undefined ? whole : encodeURIComponent(value);
  });
  // A dot segment would be another path for whoever normalises.
  if (/[{}]/.test(filled) || filled.split("/").some((one) => one === "." || one === "..")) return undefined;
  return { host, port: Number(port ?? 443), path: query === undefined ? filled : `${filled}?${query}` };
}

interface Sending {
  readonly integration: DeployedIntegration;
  readonly exchange: Exchange;
  readonly headers: ReadonlyMap<string, string>;
  readonly backends: LocalBackends;
  readonly signal: AbortSignal;
}

function send(
  { host, port, path }: { readonly host: string; readonly port: number; readonly path: string },
  { integration, exchange, headers, backends, signal }: Sending,
): Promise<IncomingMessage> {
  const { request } = exchange;
  const local = Object.hasOwn(backends, host) ? backends[host] : undefined;
  const method = integration.httpMethod === "ANY" ? request.method : integration.httpMethod;
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({
      host: local ? "127.0.0.1" : host,
      port: local?.port ?? port,
      servername: host,
      ...(local ? { ca: local.authority } : {}),
      ...{ method, path, signal, agent: false, setHost: false },
      headers: requestHeaders(exchange, port === 443 ? host : `${host}:${port}`, headers).flat(),
    });
    outgoing.once("response", resolve);
    outgoing.once("error", reject);
    outgoing.end(request.body);
  });
}

/** What the integration sets replaces what the client sent, in any spelling. */
function requestHeaders(exchange: Exchange, host: string, set: ReadonlyMap<string, string>) {
  const { request, api } = exchange;
  const named = valuesOf(request.headers, "connection").flatMap((value) => value.split(","));
  const gone = new Set(
    [...named, ...set.keys(), "host", "content-length"].map((name) => name.trim().toLowerCase()),
  );
  return [
    ["Host", host],
    ...eventHeaders(exchange).filter(([name]) => !gone.has(name.toLowerCase())),
    ...(request.body.length > 0 ? [["Content-Length", String(request.body.length)] as const] : []),
    ["X-Amzn-Apigateway-Api-Id", api.id],
    ...set,
  ] as (readonly [string, string])[];
}

function readAll(message: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    message.on("data", (part: Buffer) => {
      size += part.length;
      parts.push(part);
      if (size <= maxBodyBytes) return;
      resolve(undefined);
      message.destroy();
    });
    message.once("end", () => resolve(Buffer.concat(parts)));
    message.once("error", reject);
    message.once("close", () => reject(new Error("the answer was cut")));
  });
}

function answerOf(message: IncomingMessage, body: Buffer, { ids }: Exchange): HttpAnswer {
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < message.rawHeaders.length; i += 2) {
    const name = outgoingName(message.rawHeaders[i] as string);
    if (name !== undefined) headers.push([name, message.rawHeaders[i + 1] as string]);
  }
  return { status: message.statusCode ?? 0, headers: [...headers, ["X-Amzn-Trace-Id", ids.traceId]], body };
}
