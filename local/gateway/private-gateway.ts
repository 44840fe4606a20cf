/**
 * The local gateway's private side: the one interface endpoint of a network and the private API behind it, on loopback.
 * Not for production.
 *
 * It serves one API and stage as they are deployed, under the API's execute-api address: no client certificate, the
 * endpoint's id in every event, endpoint policy and resource policy evaluated. On AWS only who is in the network reaches
 * the endpoint at all; here that is whoever knows the port. It is read anew every few seconds, and on `reload()`.
 */
import { constants } from "node:crypto";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { DeployedVpcEndpoint } from "#aws/vpc-endpoint.ts";
import { account, failed, sendAnswer, type Telling } from "./answering.ts";
import { Authorizers } from "./authorizer.ts";
import type { PrivateGatewayAws } from "./aws-port.ts";
import { Firewall } from "./firewall.ts";
import type { FunctionPorts } from "./function-ports.ts";
import { plainAnswer } from "./gateway-response.ts";
import { handleRequest } from "./handle-request.ts";
import type { LocalBackends } from "./http-integration.ts";
import { makeServerCertificate } from "./server-certificate.ts";
import { type Snapshot, SnapshotReader } from "./snapshot.ts";
import { Throttle } from "./throttle.ts";
import type { Visitor } from "./tls.ts";
import { Usage } from "./usage.ts";

export interface PrivateGatewayOptions {
  readonly aws: PrivateGatewayAws;
  /** 0 or left out: a free one. */
  readonly port?: number;
  readonly backends?: LocalBackends;
  readonly reloadEverySeconds?: number;
  readonly clock?: () => Date;
  /** Counts of usage plans, which the public gateway shares; left out: its own. */
  readonly usage?: Usage;
  readonly log: Telling["log"];
}

export interface PrivateGateway {
  readonly port: number;
  /** PEM of the authority behind its certificate. */
  readonly authority: string;
  readonly host: string;
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects when API or endpoint cannot be read, or the port is taken. */
export async function startPrivateGateway(options: PrivateGatewayOptions): Promise<PrivateGateway> {
  const gateway = new LocalPrivateGateway(options);
  await gateway.reload();
  await gateway.listen();
  return gateway;
}

class LocalPrivateGateway implements PrivateGateway {
  port = 0;
  authority = "";
  readonly #options: PrivateGatewayOptions;
  readonly #functions: FunctionPorts;
  readonly #authorizers: Authorizers;
  readonly #others: { readonly firewall: Firewall; readonly throttle: Throttle; readonly usage: Usage };
  readonly #reader: SnapshotReader;
  #now: { readonly snapshot: Snapshot; readonly endpoint: DeployedVpcEndpoint } | undefined;
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #sockets = new Set<TLSSocket>();

  constructor(options: PrivateGatewayOptions) {
    this.#options = options;
    const { aws, usage = new Usage() } = options;
    this.#others = { firewall: new Firewall(), throttle: new Throttle(), usage };
    this.#reader = new SnapshotReader(aws, "");
    this.#functions = {
      clock: options.clock ?? (() => new Date()),
      invoke: (functionArn, event, signal) => aws.invoke(functionArn, event, signal),
      backends: options.backends ?? {},
      functionPolicy: (functionArn) => this.#deployed.snapshot.functionPolicies.get(functionArn),
    };
    this.#authorizers = new Authorizers(this.#functions);
  }

  get host(): string {
    return this.#deployed.snapshot.domain.domainName;
  }

  get #deployed() {
    if (!this.#now) throw new Error("nothing has been read yet");
    return this.#now;
  }

  async reload(): Promise<void> {
    const [snapshot, endpoint] = await Promise.all([this.#reader.read(), this.#options.aws.readEndpoint()]);
    const { policy } = endpoint;
    this.#now = {
      endpoint,
      snapshot: { ...snapshot, ...(policy === undefined ? {} : { endpointPolicy: policy }) },
    };
  }

  async listen(): Promise<void> {
    const { region } = this.#deployed.snapshot.domain;
    const made = makeServerCertificate([`*.execute-api.${region}.amazonaws.com`], new Date());
    this.authority = made.authority;
    const http = createHttpServer({ maxHeaderSize: 10_240, requireHostHeader: false });
    http.keepAliveTimeout = 60_000;
    http.on("request", (message, response) => void this.#serve(message, response));
    const server = createServer(
      {
        key: made.identities[0]?.key,
        cert: made.identities[0]?.certificate,
        minVersion: "TLSv1.2",
        ALPNProtocols: ["http/1.1"],
        secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      },
      (socket) => {
        this.#sockets.add(socket);
        socket.once("close", () => this.#sockets.delete(socket));
        http.emit("connection", socket);
      },
    );
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port: this.#options.port ?? 0, host: "127.0.0.1" }, resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    const seconds = this.#options.reloadEverySeconds ?? 5;
    if (seconds > 0) this.#poll(seconds);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const closed = new Promise<void>((resolve) =>
      this.#server ? this.#server.close(() => resolve()) : resolve(),
    );
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #poll(seconds: number): void {
    this.#timer = setTimeout(async () => {
      await this.reload().catch((error: Error) =>
        failed(this.#options.log, "reading the configuration", error),
      );
      if (this.#timer) this.#poll(seconds);
    }, seconds * 1000);
    this.#timer.unref();
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { snapshot, endpoint } = this.#deployed;
    const socket = message.socket as TLSSocket;
    try {
      const handling = await handleRequest(message, visitorOf(socket, endpoint), {
        ...{ snapshot, authorizers: this.#authorizers, functions: this.#functions },
        ...this.#others,
      });
      sendAnswer(message, response, handling, !message.complete);
      account(handling, message, this.#options, this.#functions.clock);
    } catch (error) {
      failed(this.#options.log, "answering a request", error as Error);
      if (response.headersSent || !message.socket.writable) return void message.socket.destroy();
      const answer = plainAnswer(500, "Internal server error", "InternalServerErrorException");
      response.writeHead(answer.status, answer.headers.flat()).end(answer.body);
    }
  }
}

const visitorOf = (socket: TLSSocket, { id, vpcId }: DeployedVpcEndpoint): Visitor => ({
  serverName: undefined,
  byDomain: false,
  endpoint: { vpceId: id, vpcId },
  tlsVersion: socket.getProtocol() ?? "-",
  cipherSuite: socket.getCipher()?.name ?? "-",
  sourceIp: socket.remoteAddress ?? "127.0.0.1",
});
