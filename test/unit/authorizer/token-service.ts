/** A loopback server whose answer tests set: key sets, introspection, secrets. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export class TokenService {
  readonly asked: Asked[] = [];
  answer: (response: ServerResponse, asked: Asked) => void = (response) => void response.writeHead(404).end();
  #server: Server | undefined;
  #port = 0;

  async start(): Promise<void> {
    this.#server = createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      const asked = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
      this.asked.push(asked);
      this.answer(response, asked);
    });
    const server = this.#server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  says(value: unknown, type = "application/json", status = 200): void {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    this.answer = (response) => void response.writeHead(status, { "Content-Type": type }).end(text);
  }
}

/** Ways in which a service can fail, and what we must make of each: no answer that we could use. */
export const failures: readonly (readonly [string, (service: TokenService) => void])[] = [
  ["down (500)", (service) => service.says({}, "application/json", 500)],
  ["missing (404)", (service) => service.says({}, "application/json", 404)],
  ["refusing us (401)", (service) => service.says({}, "application/json", 401)],
  [
    "redirecting",
    (service) => {
      service.answer = (response) => void response.writeHead(302, { Location: "/elsewhere" }).end();
    },
  ],
  ["answering HTML", (service) => service.says("<html>", "text/html")],
  ["answering JSON that it calls text", (service) => service.says({ active: true, keys: [] }, "text/plain")],
  ["answering what is no JSON", (service) => service.says("{", "application/json")],
  ["answering a list", (service) => service.says([], "application/json")],
  ["answering null", (service) => service.says("null", "application/json")],
  ["answering 10 MB", (service) => service.says(`{"x":"${"x".repeat(10_000_000)}"}`, "application/json")],
  [
    "slow",
    (service) => {
      service.answer = () => undefined;
    },
  ],
  [
    "closing the connection",
    (service) => {
      service.answer = (response) => void response.destroy();
    },
  ],
];
