/** Requests to NGINX over real TLS: polite ones, and bytes as they are. */
import type { OutgoingHttpHeaders } from "node:http";
import { request as plainRequest } from "node:http";
import { type Agent, request } from "node:https";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { type RunningEdge, serverName, type TlsIdentity } from "./running-edge.ts";

export interface EdgeCall {
  readonly client?: TlsIdentity;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly port?: number;
  readonly agent?: Agent;
  readonly tls?: ConnectionOptions;
}

export interface EdgeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export function call(edge: RunningEdge, wanted: EdgeCall = {}): Promise<EdgeAnswer> {
  const { client, method = "POST", path = "/api", headers = {}, body, agent } = wanted;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ host: "127.0.0.1", port: wanted.port ?? edge.settings.port, servername: serverName },
        ...{ ca: edge.server.authority, method, path, agent: agent ?? false },
        headers: { host: serverName, ...headers },
        ...client,
        ...wanted.tls,
      },
      (incoming) => {
        const parts: Buffer[] = [];
        incoming.on("data", (part: Buffer) => parts.push(part));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const { statusCode: status = 0, headers: answered } = incoming;
          resolve({ status, headers: answered, body: Buffer.concat(parts).toString("utf8") });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Without TLS. */
export function plainCall(port: number, path: string): Promise<EdgeAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = plainRequest({ host: "127.0.0.1", port, path, agent: false }, (incoming) => {
      let body = "";
      incoming.on("data", (part) => {
        body += part;
      });
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

export function open(
  edge: RunningEdge,
  client?: TlsIdentity,
  more: ConnectionOptions = {},
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...{ host: "127.0.0.1", port: edge.settings.port, servername: serverName },
      ...{ ca: edge.server.authority, ...client, ...more },
    });
    socket.once("secureConnect", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Bytes as they are; what came back until NGINX closed. */
export async function raw(edge: RunningEdge, bytes: string | Buffer, client?: TlsIdentity): Promise<string> {
  const socket = await open(edge, client);
  return await new Promise((resolve) => {
    let text = "";
    socket.on("data", (part) => {
      text += part.toString("latin1");
    });
    socket.on("close", () => resolve(text));
    socket.on("error", () => resolve(text));
    socket.write(bytes);
  });
}

export const codeOf = ({ body }: EdgeAnswer): unknown => (JSON.parse(body) as { code?: unknown }).code;
