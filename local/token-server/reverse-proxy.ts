/**
 * TLS in front of the token server, as a reverse proxy does it in production: it asks for a client certificate, checks
 * it against the truststore, and hands it on in headers of its own. What a caller sends under their names is dropped.
 *
 * A second one stands behind the private edge's token endpoint: the certificate comes in NGINX's header, which verified
 * the key and nothing else. Whoever reaches it without NGINX could forge that; in production a network keeps them away.
 */
import { request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { TLSSocket } from "node:tls";
import { edgeHeaders } from "#contract/private-edge.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { openTruststore, type Truststore, verifyChain } from "../gateway/truststore.ts";

export interface ServerIdentity {
  readonly name: string;
  readonly key: string;
  readonly certificate: string;
}

/** Named as NGINX users name `$ssl_client_verify` and `$ssl_client_escaped_cert`. */
export const verifyHeader = "x-client-verify";
export const certificateHeader = "x-client-certificate";

/**
 * By the name that is asked for; the first for any other. `upstream`: the token server's port on loopback. `trust` says
 * whose clients are verified from now on.
 */
export function createReverseProxy(
  identities: readonly ServerIdentity[],
  upstream: () => number,
): { readonly server: Server; readonly trust: (truststore: string) => void } {
  const [first, ...others] = identities;
  if (!first) throw new Error("a reverse proxy without a certificate");
  const context = ({ key, certificate }: ServerIdentity, ca?: string) => ({
    ...{ key, cert: certificate },
    ...(ca === undefined ? {} : { ca }),
  });
  const tls = { ...context(first), requestCert: true, rejectUnauthorized: false } as const;
  const server = createServer(tls, (request, response) =>
    forward(request, response, upstream(), byHandshake(request)),
  );
  const addOthers = (ca?: string) => {
    for (const one of others) server.addContext(one.name, context(one, ca));
  };
  addOthers();
  return {
    server,
    trust: (truststore) => {
      server.setSecureContext(context(first, truststore));
      addOthers(truststore);
    },
  };
}

/** The same behind the private edge. */
export function createEdgeBackend(
  { key, certificate }: ServerIdentity,
  upstream: () => number,
): { readonly server: Server; readonly trust: (truststore: string) => void } {
  let truststore: Truststore | undefined;
  const server = createServer({ key, cert: certificate }, (request, response) =>
    forward(request, response, upstream(), givenByEdge(request, truststore)),
  );
  return {
    server,
    trust: (pem) => {
      truststore = openTruststore(pem, "unpinned");
    },
  };
}

interface Client {
  readonly verified: boolean;
  readonly der: Buffer;
}

function byHandshake(request: IncomingMessage): Client | undefined {
  const socket = request.socket as TLSSocket;
  const { raw } = socket.getPeerCertificate() as { readonly raw?: Buffer };
  return raw && { verified: socket.authorized, der: raw };
}

/** What cannot be read is no certificate. */
function givenByEdge({ headers }: IncomingMessage, truststore: Truststore | undefined): Client | undefined {
  const header = headers[edgeHeaders.tokenCertificate];
  if (typeof header !== "string") return undefined;
  try {
    const certificate = parseCertificate(decodeOnePem(decodeURIComponent(header), "CERTIFICATE"));
    const verified = truststore && verifyChain(certificate, [], truststore, new Date()).trusted;
    return { verified: verified === true, der: certificate.der };
  } catch {
    return undefined;
  }
}

function forward(
  request: IncomingMessage,
  response: ServerResponse,
  port: number,
  client: Client | undefined,
): void {
  const { [verifyHeader]: _, [certificateHeader]: __, ...headers } = request.headers;
  const told = {
    ...headers,
    "x-forwarded-proto": "https",
    [verifyHeader]: client ? (client.verified ? "SUCCESS" : "FAILED") : "NONE",
    ...(client ? { [certificateHeader]: client.der.toString("base64") } : {}),
  };
  const options = { host: "127.0.0.1", port, path: request.url ?? "/", method: request.method ?? "GET" };
  const onward = ask({ ...options, headers: told }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}
