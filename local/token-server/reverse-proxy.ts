/**
 * TLS in front of the token server, as a reverse proxy does it in production: it asks for a client certificate, checks
 * it against the truststore, and hands it on in headers of its own. What a caller sends under their names is dropped.
 */
import { request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { TLSSocket } from "node:tls";

export interface ServerIdentity {
  readonly key: string;
  readonly certificate: string;
}

/** Named as NGINX users name `$ssl_client_verify` and `$ssl_client_escaped_cert`. */
export const verifyHeader = "x-client-verify";
export const certificateHeader = "x-client-certificate";

/** `upstream`: the token server's port on loopback. `trust` says whose clients are verified from now on. */
export function createReverseProxy(
  { key, certificate }: ServerIdentity,
  upstream: () => number,
): { readonly server: Server; readonly trust: (truststore: string) => void } {
  const tls = { key, cert: certificate, requestCert: true, rejectUnauthorized: false } as const;
  const server = createServer(tls, (request, response) => forward(request, response, upstream()));
  return {
    server,
    trust: (truststore) => server.setSecureContext({ key, cert: certificate, ca: truststore }),
  };
}

function forward(request: IncomingMessage, response: ServerResponse, port: number): void {
  const socket = request.socket as TLSSocket;
  const { raw } = socket.getPeerCertificate() as { readonly raw?: Buffer };
  const { [verifyHeader]: _, [certificateHeader]: __, ...headers } = request.headers;
  const told = {
    ...headers,
    "x-forwarded-proto": "https",
    [verifyHeader]: raw ? (socket.authorized ? "SUCCESS" : "FAILED") : "NONE",
    ...(raw ? { [certificateHeader]: raw.toString("base64") } : {}),
  };
  const options = { host: "127.0.0.1", port, path: request.url ?? "/", method: request.method ?? "GET" };
  const onward = ask({ ...options, headers: told }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}
