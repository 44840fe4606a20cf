/**
 * The door: TLS as the deployed domain asks for it (FACTS 1).
 *
 * - The server name decides: the mutual-TLS domain asks for a client certificate, every other name does not.
 * - No certificate: the connection is closed, no HTTP answer. An untrusted one: HTTP goes on, to be refused.
 * - Two judges must agree that a certificate is trusted: OpenSSL during the handshake and our own search for a
 *   path. OpenSSL also judges the purpose, which AWS leaves to the authorizer: that one verdict is set aside.
 * - No session resumption: every connection is judged anew.
 */
import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from "node:tls";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { type ClientCert, describeClientCert } from "./client-certificate.ts";
import type { Behind } from "./entrance.ts";
import { type Reason, reason } from "./reason.ts";
import type { ServerCertificate } from "./server-certificate.ts";
import { type Truststore, verifyChain } from "./truststore.ts";

/** What was found out about a connection before its first request. */
export interface Visitor {
  /** The name in the handshake, lower case. */
  readonly serverName: string | undefined;
  /** Came in by the mutual-TLS domain's name. */
  readonly byDomain: boolean;
  readonly clientCert?: ClientCert;
  /** The interface endpoint by which it came; left out: the public way. */
  readonly endpoint?: { readonly vpceId: string; readonly vpcId: string };
  /** Set when the certificate is not trusted. */
  readonly refusal?: Reason;
  readonly tlsVersion: string;
  readonly cipherSuite: string;
  readonly sourceIp: string;
}

export interface DoorOptions {
  readonly domainName: string;
  /** The other names of what is behind the domain. */
  readonly executeApiHosts: readonly string[];
  /** Left out: the domain asks for no certificate. */
  readonly truststore: Truststore | undefined;
  readonly securityPolicy: string;
  readonly server: ServerCertificate;
  readonly clock: () => Date;
  readonly onVisitor: (socket: TLSSocket, visitor: Visitor) => void;
  readonly onClosed: (why: Reason, serverName: string | undefined) => void;
}

const handshakeSeconds = 10;

/** What an entrance leads to for one domain; `configure` replaces it for connections to come. */
export class Door implements Behind {
  #domainName = "";
  #beside: readonly string[] = [];
  #mutual: TlsServer | undefined;
  #open: TlsServer | undefined;

  configure(options: DoorOptions): void {
    this.#domainName = options.domainName.toLowerCase();
    this.#beside = options.executeApiHosts;
    this.#mutual = tlsServer(options, true);
    this.#open = tlsServer(options, false);
  }

  answersTo(serverName: string): boolean {
    return serverName === this.#domainName || this.#beside.includes(serverName);
  }

  enter(socket: Socket, serverName: string | undefined): void {
    (serverName === this.#domainName ? this.#mutual : this.#open)?.emit("connection", socket);
  }
}

function tlsServer(options: DoorOptions, byDomain: boolean): TlsServer {
  const { truststore, server: identity, onVisitor, onClosed } = options;
  const asksForCertificate = byDomain && truststore !== undefined;
  const own = identity.identities[byDomain ? 0 : 1] ?? identity.identities[0];
  if (!own) throw new Error("the gateway has no server certificate");
  const server = createTlsServer({
    key: own.key,
    cert: own.certificate,
    minVersion: options.securityPolicy === "TLS_1_0" ? "TLSv1" : "TLSv1.2",
    maxVersion: "TLSv1.3",
    ALPNProtocols: ["http/1.1"],
    handshakeTimeout: handshakeSeconds * 1000,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
    requestCert: asksForCertificate,
    rejectUnauthorized: false,
    ...(asksForCertificate ? { ca: truststore.pem } : {}),
  });
  server.on("tlsClientError", (error, socket) => {
    onClosed(reason("tls-handshake-failed", error.message), nameOf(socket));
    socket.destroy();
  });
  server.on("secureConnection", (socket) => {
    const visitor = asksForCertificate ? judge(socket, truststore, options.clock()) : welcome(socket, false);
    if ("code" in visitor) {
      onClosed(visitor, nameOf(socket));
      socket.destroy();
    } else onVisitor(socket, { ...visitor, byDomain });
  });
  return server;
}

function judge(socket: TLSSocket, truststore: Truststore, now: Date): Visitor | Reason {
  const [der, ...others] = sentCertificates(socket);
  if (!der) return reason("client-certificate-missing", "the client sent no certificate");
  const visitor = welcome(socket, true);
  const untrusted = (why: string) => reason("client-certificate-untrusted", why);
  let certificate: Certificate;
  try {
    certificate = parseCertificate(der);
  } catch (error) {
    return { ...visitor, refusal: untrusted((error as Error).message) };
  }
  const clientCert = describeClientCert(certificate);
  const verdict = verifyChain(certificate, others.flatMap(readable), truststore, now);
  if (!verdict.trusted) return { ...visitor, clientCert, refusal: untrusted(verdict.why) };
  const { authorizationError } = socket;
  if (!socket.authorized && String(authorizationError) !== "INVALID_PURPOSE")
    return { ...visitor, clientCert, refusal: untrusted(`OpenSSL: ${authorizationError}`) };
  return { ...visitor, clientCert };
}

/** The client's certificate and what it sent beside it, in its order; each once. */
function sentCertificates(socket: TLSSocket): Buffer[] {
  const all: Buffer[] = [];
  const seen = new Set<string>();
  let next = socket.getPeerX509Certificate();
  while (next && !seen.has(next.fingerprint256) && all.length < 10) {
    seen.add(next.fingerprint256);
    all.push(next.raw);
    next = next.issuerCertificate;
  }
  return all;
}

function readable(der: Buffer): Certificate[] {
  try {
    return [parseCertificate(der)];
  } catch {
    return [];
  }
}

function welcome(socket: TLSSocket, byDomain: boolean): Visitor {
  return {
    serverName: nameOf(socket),
    byDomain,
    tlsVersion: socket.getProtocol() ?? "-",
    cipherSuite: socket.getCipher()?.name ?? "-",
    sourceIp: socket.remoteAddress ?? "127.0.0.1",
  };
}

/** Node gives `false` when the client named nobody. */
function nameOf(socket: TLSSocket): string | undefined {
  const name: string | false | null | undefined = (socket as { servername?: string | false | null })
    .servername;
  return typeof name === "string" ? name.toLowerCase() : undefined;
}
