/**
 * One port of loopback for several domains, each with a gateway of its own. On AWS a domain has an address of its own,
 * which DNS gives; here the server name of the handshake decides, and nothing else: no gateway sees what was meant for
 * another. A name that is nobody's goes to the first one, which refuses it.
 */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { readClientHello } from "./client-hello.ts";

/** What stands behind the entrance for one domain. */
export interface Behind {
  /** Lower case. */
  answersTo(serverName: string): boolean;
  /** No byte of the connection has been taken. */
  enter(socket: Socket, serverName: string | undefined): void;
}

const helloSeconds = 10;

export class Entrance {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  readonly #behind: Behind[] = [];

  constructor() {
    this.#listener = createServer((socket) => this.#arrive(socket));
  }

  add(one: Behind): void {
    this.#behind.push(one);
  }

  /** 0: a free one. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#listener.once("error", reject);
      this.#listener.listen({ port, host: "127.0.0.1" }, resolve);
    });
    return (this.#listener.address() as AddressInfo).port;
  }

  /** Ends every connection, whoever serves it. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#listener.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Reads up to the server name, then gives every byte back to whoever answers to it. */
  #arrive(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const timer = setTimeout(() => socket.destroy(), helloSeconds * 1000);
    socket.once("close", () => clearTimeout(timer));
    let bytes: Buffer = Buffer.alloc(0);
    const onData = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const hello = readClientHello(bytes);
      if (hello.state === "incomplete") return;
      clearTimeout(timer);
      socket.off("data", onData);
      socket.pause();
      socket.unshift(bytes);
      const one = this.#of(hello.serverName);
      if (one) one.enter(socket, hello.serverName);
      else socket.destroy();
    };
    socket.on("data", onData);
  }

  #of(serverName: string | undefined): Behind | undefined {
    const named = serverName && this.#behind.find((one) => one.answersTo(serverName));
    return named || this.#behind[0];
  }
}
