/** A gateway on a free loopback port over a fake AWS, and clients that call it with real TLS. */
import type { OutgoingHttpHeaders } from "node:http";
import { request } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import type { GatewayRecord } from "#local/gateway/gateway-record.ts";
import type { LocalBackends } from "#local/gateway/http-integration.ts";
import type { ReasonCode } from "#local/gateway/reason.ts";
import { type Gateway, startGateway } from "#local/gateway/server.ts";
import type { Identity } from "./authority.ts";
import { domainName, FakeAws } from "./deployed.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly client?: Pick<Identity, "cert" | "key"> | undefined;
  /** The name in the handshake. */
  readonly serverName?: string;
  readonly host?: string;
}

/** A failing test must not leave a listener behind that keeps jest from ending. */
const running = new Set<Gateway>();
afterAll(async () => {
  await Promise.all([...running].map((gateway) => gateway.close()));
});

export class RunningGateway {
  readonly aws = new FakeAws();
  readonly records: GatewayRecord[] = [];
  readonly accessLog: string[] = [];
  backends: LocalBackends = {};
  now = new Date("2026-02-03T16:42:38Z");
  #gateway: Gateway | undefined;

  constructor(truststore: string) {
    this.aws.truststores.set("v1", truststore);
  }

  /** Starts once; certificates are judged by the real time unless `clock` says otherwise. */
  async start(clock: () => Date = () => new Date()): Promise<Gateway> {
    this.#gateway = await startGateway({
      aws: this.aws,
      domainName,
      reloadEverySeconds: 0,
      backends: this.backends,
      clock,
      log: { record: (record) => this.records.push(record), access: (line) => this.accessLog.push(line) },
    });
    running.add(this.#gateway);
    return this.#gateway;
  }

  get gateway(): Gateway {
    if (!this.#gateway) throw new Error("start the gateway first");
    return this.#gateway;
  }

  /** The reasons given since the last time somebody asked. */
  reasons(): (ReasonCode | "none")[] {
    return this.records
      .splice(0)
      .flatMap((record) =>
        record.event === "answered" || record.event === "closed" ? [record.reason?.code ?? "none"] : [],
      );
  }

  async close(): Promise<void> {
    if (this.#gateway && running.delete(this.#gateway)) await this.#gateway.close();
  }

  call(call: Call = {}): Promise<Answer> {
    const { method = "POST", path = "/api", headers = {}, body, client } = call;
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: "127.0.0.1",
          port: this.gateway.port,
          servername: call.serverName ?? domainName,
          ca: this.gateway.authority,
          // Names that no certificate of the gateway bears are part of some tests.
          checkServerIdentity: () => undefined,
          method,
          path,
          agent: false,
          headers: { host: call.host ?? domainName, ...headers },
          ...(client ? { cert: client.cert, key: client.key } : {}),
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("end", () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              body: Buffer.concat(chunks).toString("utf8"),
            }),
          );
          incoming.on("error", reject);
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  /** Bytes as they are over TLS; what comes back until the gateway closes. */
  async raw(bytes: string | Buffer, client?: Pick<Identity, "cert" | "key">): Promise<string> {
    const socket = await this.socket(client);
    return await new Promise((resolve, reject) => {
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
      });
      socket.on("close", () => resolve(text));
      socket.on("error", reject);
      socket.write(bytes);
    });
  }

  socket(client?: Pick<Identity, "cert" | "key">, session?: Buffer): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: "127.0.0.1",
        port: this.gateway.port,
        servername: domainName,
        ca: this.gateway.authority,
        ...(client ? { cert: client.cert, key: client.key } : {}),
        ...(session ? { session } : {}),
      });
      socket.once("secureConnect", () => resolve(socket));
      socket.once("error", reject);
    });
  }
}
