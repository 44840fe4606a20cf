/**
 * The local gateway: what API Gateway does for the deployed configuration, on loopback. Not for production.
 *
 * It holds no configuration of its own: everything is read back from AWS when it starts, every few seconds, and
 * on `reload()`. A configuration that cannot be read leaves the last one in force, and is told.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { account, failed, sendAnswer } from "./answering.ts";
import { Authorizers } from "./authorizer.ts";
import type { GatewayAws } from "./aws-port.ts";
import { Entrance } from "./entrance.ts";
import { Firewall, unevaluatedRules } from "./firewall.ts";
import type { FunctionPorts } from "./function-ports.ts";
import type { GatewayRecord } from "./gateway-record.ts";
import { plainAnswer } from "./gateway-response.ts";
import { handleRequest } from "./handle-request.ts";
import type { LocalBackends } from "./http-integration.ts";
import { executeApiHost } from "./place.ts";
import { type Reason, reason } from "./reason.ts";
import { makeServerCertificate, type ServerCertificate } from "./server-certificate.ts";
import { type Snapshot, SnapshotReader } from "./snapshot.ts";
import { Throttle } from "./throttle.ts";
import { Door, type Visitor } from "./tls.ts";
import { Usage } from "./usage.ts";

export interface GatewayOptions {
  readonly aws: GatewayAws;
  readonly domainName: string;
  /** 0 or left out: a free one. */
  readonly port?: number;
  /** Shared with gateways of other domains, and opened by whoever shares it; left out: an own one at `port`. */
  readonly entrance?: Entrance;
  /** Left out: made for this run. The first identity is the domain's, the second all others'. */
  readonly serverCertificate?: ServerCertificate;
  /** Backends that are on this machine, by host name. */
  readonly backends?: LocalBackends;
  /** How often the configuration is read again; 0: only by `reload()`. */
  readonly reloadEverySeconds?: number;
  readonly clock?: () => Date;
  /** Counts of usage plans, which other gateways of the same APIs share; left out: its own. */
  readonly usage?: Usage;
  readonly log: {
    readonly record: (record: GatewayRecord) => void;
    readonly access?: (line: string) => void;
  };
}

export interface Gateway {
  /** 0 behind a shared entrance. */
  readonly port: number;
  /** PEM of the authority behind the server's certificate, for `curl --cacert`. */
  readonly authority: string;
  readonly domainName: string;
  /** One address per API of the domain: on AWS the way around mutual TLS. */
  readonly executeApiHosts: readonly string[];
  readonly truststoreVersion: string | undefined;
  /** Resolves when what is deployed now is in force for new connections. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects when the domain, its APIs or its truststore cannot be read, or the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const reader = new SnapshotReader(options.aws, options.domainName);
  const first = await reader.read();
  const gateway = new LocalGateway(options, reader, first);
  await gateway.listen();
  return gateway;
}

const maxHeaderBytes = 10_240;
const idleSeconds = 60;

interface Connection {
  readonly visitor: Visitor;
  /** The truststore's text when it was judged; a later one does not vouch for it. */
  readonly truststore: string | undefined;
  busy: boolean;
}

class LocalGateway implements Gateway {
  port = 0;
  readonly authority: string;
  readonly #options: GatewayOptions;
  readonly #reader: SnapshotReader;
  readonly #server: ServerCertificate;
  readonly #entrance = new Entrance();
  readonly #door = new Door();
  readonly #http: Server;
  readonly #connections = new Map<Duplex, Connection>();
  readonly #authorizers: Authorizers;
  readonly #throttle = new Throttle();
  readonly #firewall = new Firewall();
  readonly #usage: Usage;
  readonly #functions: FunctionPorts;
  #snapshot: Snapshot;
  #reading: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GatewayOptions, reader: SnapshotReader, first: Snapshot) {
    this.#options = options;
    this.#reader = reader;
    this.#snapshot = first;
    this.#usage = options.usage ?? new Usage();
    const clock = options.clock ?? (() => new Date());
    const names = [options.domainName, `*.execute-api.${first.domain.region}.amazonaws.com`];
    this.#server = options.serverCertificate ?? makeServerCertificate(names, new Date());
    this.authority = this.#server.authority;
    this.#functions = {
      clock,
      invoke: (functionArn, event, signal) => options.aws.invoke(functionArn, event, signal),
      backends: options.backends ?? {},
      functionPolicy: (functionArn) => this.#snapshot.functionPolicies.get(functionArn),
    };
    this.#authorizers = new Authorizers(this.#functions);
    this.#http = this.#httpServer();
  }

  get domainName(): string {
    return this.#snapshot.domain.domainName;
  }

  get executeApiHosts(): readonly string[] {
    const { apis, region } = this.#snapshot.domain;
    return apis.map(({ id }) => executeApiHost(id, region));
  }

  get truststoreVersion(): string | undefined {
    return this.#snapshot.truststore?.version;
  }

  async listen(): Promise<void> {
    this.#configure(this.#snapshot);
    const { entrance, port = 0 } = this.#options;
    (entrance ?? this.#entrance).add(this.#door);
    if (!entrance) this.port = await this.#entrance.listen(port);
    const seconds = this.#options.reloadEverySeconds ?? 5;
    if (seconds > 0) this.#poll(seconds);
  }

  reload(): Promise<void> {
    const next = this.#reading.then(async () => {
      const snapshot = await this.#reader.read();
      if (JSON.stringify(snapshot.domain) !== JSON.stringify(this.#snapshot.domain))
        this.#configure(snapshot);
      this.#snapshot = snapshot;
    });
    this.#reading = next.catch(() => undefined);
    return next;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#options.entrance) await this.#entrance.close();
    await this.#reading;
  }

  /** The next reading starts when the last one has ended: a slow AWS piles up nothing. */
  #poll(seconds: number): void {
    this.#timer = setTimeout(async () => {
      await this.reload().catch((error: Error) => this.#failed("reading the configuration", error));
      if (this.#timer) this.#poll(seconds);
    }, seconds * 1000);
    this.#timer.unref();
  }

  #configure(snapshot: Snapshot): void {
    const { domain, truststore } = snapshot;
    this.#snapshot = snapshot;
    this.#door.configure({
      domainName: domain.domainName,
      executeApiHosts: this.executeApiHosts,
      truststore,
      securityPolicy: domain.securityPolicy,
      server: this.#server,
      clock: this.#functions.clock,
      onVisitor: (socket, visitor) => this.#welcome(socket, visitor, truststore?.pem),
      onClosed: (why, serverName) => this.#closed(why, serverName),
    });
    for (const [socket, { busy, truststore: judgedBy }] of this.#connections)
      if (!busy && judgedBy !== truststore?.pem) socket.destroy();
    this.#options.log.record({
      event: "configured",
      at: new Date().toISOString(),
      truststoreVersion: truststore?.version,
      deployments: domain.apis.flatMap(({ id, stages }) =>
        stages.map(({ name, deploymentId }) => `${id}/${name}/${deploymentId}`),
      ),
      warnings: [
        ...(domain.mutualTls?.warnings ?? []),
        ...(truststore?.warnings ?? []),
        ...[...this.#snapshot.webAcls.values()].flatMap(unevaluatedRules),
      ],
    });
  }

  #httpServer(): Server {
    // A missing Host is refused by readHead, with a reason.
    const server = createServer({ maxHeaderSize: maxHeaderBytes, keepAlive: true, requireHostHeader: false });
    server.timeout = idleSeconds * 1000;
    server.keepAliveTimeout = idleSeconds * 1000;
    server.on("request", (message: IncomingMessage, response: ServerResponse) => {
      void this.#serve(message, response);
    });
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
      if (error.code === "ECONNRESET" || !socket.writable) {
        socket.destroy();
        return;
      }
      this.#closed(reason("request-malformed", error.code ?? error.message), undefined);
      const status =
        error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    });
    return server;
  }

  #welcome(socket: TLSSocket, visitor: Visitor, truststore: string | undefined): void {
    this.#connections.set(socket, { visitor, truststore, busy: false });
    socket.once("close", () => this.#connections.delete(socket));
    this.#http.emit("connection", socket);
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const connection = this.#connections.get(message.socket);
    if (!connection) return void message.socket.destroy();
    connection.busy = true;
    const snapshot = this.#snapshot;
    const parts = {
      snapshot,
      authorizers: this.#authorizers,
      throttle: this.#throttle,
      firewall: this.#firewall,
      usage: this.#usage,
      functions: this.#functions,
    };
    try {
      const handling = await handleRequest(message, connection.visitor, parts);
      const last = connection.truststore !== this.#snapshot.truststore?.pem || !message.complete;
      sendAnswer(message, response, handling, last);
      account(handling, message, this.#options, this.#functions.clock);
    } catch (error) {
      // Not the caller's business, and never a way through.
      this.#failed("answering a request", error as Error);
      if (!response.headersSent && message.socket.writable) {
        const answer = plainAnswer(500, "Internal server error", "InternalServerErrorException");
        response.writeHead(answer.status, answer.headers.flat()).end(answer.body);
      } else message.socket.destroy();
    } finally {
      connection.busy = false;
    }
  }

  #closed(why: Reason, serverName: string | undefined): void {
    this.#options.log.record({ event: "closed", at: new Date().toISOString(), serverName, reason: why });
  }

  #failed(what: string, error: Error): void {
    failed(this.#options.log, what, error);
  }
}
