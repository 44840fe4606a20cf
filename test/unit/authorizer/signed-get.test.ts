import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createSignedGet, type ObjectRequest } from "#aws/signed-get.ts";

const credentials = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG" };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let port: number;
let answer: Answer;
const seen: { readonly request: IncomingMessage; readonly socket: Socket }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push({ request, socket: request.socket });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  seen.length = 0;
  answer = (_, response) => void response.writeHead(200, { ETag: '"e1"' }).end("content");
});

const wanted: ObjectRequest = { bucket: "b", region: "eu-west-2", key: "crl/g1 issuing.crl", maxBytes: 1000 };
const signedGet = (extra: Record<string, string> = {}, timeoutMilliseconds = 10_000) =>
  createSignedGet({
    timeoutMilliseconds,
    environment: { ...credentials, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, ...extra },
  });

describe("signedGet", () => {
  test("gets an object with its ETag, path-style on another endpoint", async () => {
    expect(await signedGet()(wanted)).toEqual({ kind: "found", body: Buffer.from("content"), etag: '"e1"' });
    expect(seen[0]?.request.url).toBe("/b/crl/g1%20issuing.crl");
  });

  test("asks for a version and sends If-None-Match, both signed", async () => {
    answer = (_, response) => void response.writeHead(304).end();
    const versionId = "a/b+c=.d";
    expect(await signedGet()({ ...wanted, versionId, ifNoneMatch: '"e1"' })).toEqual({
      kind: "not-modified",
    });
    const { request } = seen[0] as { request: IncomingMessage };
    expect(request.url).toBe("/b/crl/g1%20issuing.crl?versionId=a%2Fb%2Bc%3D.d");
    expect(request.headers["if-none-match"]).toBe('"e1"');
    expect(request.headers.authorization).toContain("if-none-match;");
  });

  test.each([["without"], ["with"]])("signs by SigV4, %s a session token", async (which) => {
    const token = which === "with" ? { AWS_SESSION_TOKEN: "t0ken" } : {};
    await signedGet(token)({ ...wanted, versionId: "v/1" });
    const { request } = seen[0] as { request: IncomingMessage };
    expect(request.headers["x-amz-security-token"]).toBe(token.AWS_SESSION_TOKEN);
    expect(request.headers.authorization).toBe(expectedAuthorization(request));
  });

  test.each([
    [301, "refused"],
    [307, "refused"],
    [400, "refused"],
    [403, "refused"],
    [404, "refused"],
    [206, "refused"],
    [429, "unavailable"],
    [500, "unavailable"],
    [503, "unavailable"],
  ])("status %i is %s", async (status, kind) => {
    answer = (_, response) => void response.writeHead(status, { Location: "/elsewhere" }).end("x");
    expect(await signedGet()(wanted)).toEqual({ kind, reason: `status ${status}` });
    expect(seen).toHaveLength(1);
  });

  test("reads no further than the limit, whether the length is told or not", async () => {
    answer = (_, response) => void response.end(Buffer.alloc(1001));
    expect(await signedGet()(wanted)).toEqual({ kind: "refused", reason: "more than 1000 bytes" });
    answer = (_, response) => {
      response.flushHeaders();
      for (let part = 0; part < 11; part++) response.write(Buffer.alloc(100));
    };
    expect(await signedGet()(wanted)).toEqual({ kind: "refused", reason: "more than 1000 bytes" });
    answer = (_, response) => void response.end(Buffer.alloc(1000));
    expect(await signedGet()(wanted)).toMatchObject({ kind: "found" });
  });

  test("a server that says nothing is unavailable when the time is over", async () => {
    answer = () => undefined;
    expect(await signedGet({}, 50)(wanted)).toEqual({ kind: "unavailable", reason: "time-out" });
  });

  test("a server that stops in the middle of the body is unavailable when the time is over", async () => {
    answer = (_, response) => void response.writeHead(200, { "Content-Length": "10" }).write("abc");
    expect(await signedGet({}, 100)(wanted)).toEqual({ kind: "unavailable", reason: "time-out" });
  });

  test("a refusal whose body never ends holds the connection no longer than the time allowed", async () => {
    answer = (_, response) => void response.writeHead(404).write("abc");
    expect(await signedGet({}, 100)(wanted)).toEqual({ kind: "refused", reason: "status 404" });
    const { socket } = seen[0] as { socket: Socket };
    await new Promise((resolve) => (socket.destroyed ? resolve(undefined) : socket.on("close", resolve)));
    expect(socket.destroyed).toBe(true);
  });

  test("requests that wait for a connection are unavailable when the time is over, too", async () => {
    answer = () => undefined;
    const get = signedGet({}, 100);
    const answers = await Promise.all(Array.from({ length: 12 }, () => get(wanted)));
    expect(answers).toEqual(Array(12).fill({ kind: "unavailable", reason: "time-out" }));
  });

  test("a body that is cut is no body", async () => {
    answer = (request, response) => {
      response.writeHead(200, { "Content-Length": "10" }).write("abc", () => request.socket.destroy());
    };
    expect(await signedGet()(wanted)).toMatchObject({ kind: "unavailable" });
  });

  test("an answer that is no HTTP is unavailable", async () => {
    answer = (request) => void request.socket.end("hello\r\n\r\n");
    expect(await signedGet()(wanted)).toMatchObject({ kind: "unavailable" });
  });

  test("nobody listening is unavailable", async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const address = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const get = signedGet({ AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${address.port}` });
    expect(await get(wanted)).toEqual({ kind: "unavailable", reason: "ECONNREFUSED" });
  });

  test("connections are kept alive, and one that was closed meanwhile is replaced at once", async () => {
    const get = signedGet();
    await get(wanted);
    await get(wanted);
    expect(seen[1]?.socket).toBe(seen[0]?.socket);
    // The server drops the third request on the old connection without an answer, then answers the repetition.
    const [old] = seen;
    answer = (request, response) => {
      if (request.socket === old?.socket) request.socket.destroy();
      else response.end("again");
    };
    expect(await get(wanted)).toMatchObject({ kind: "found", body: Buffer.from("again") });
    expect(seen).toHaveLength(4);
  });

  test("a fresh connection that is closed without an answer is not tried again", async () => {
    answer = (request) => void request.socket.destroy();
    expect(await signedGet()(wanted)).toEqual({ kind: "unavailable", reason: "ECONNRESET" });
    expect(seen).toHaveLength(1);
  });

  test.each([
    [
      "plain http to another machine",
      { AWS_ENDPOINT_URL: "http://192.0.2.1:4566" },
      /allowed: https, or http to loopback/,
    ],
    [
      "a host name that only begins like loopback",
      { AWS_ENDPOINT_URL: "http://127.0.0.1.example.com" },
      /allowed/,
    ],
    ["a file", { AWS_ENDPOINT_URL: "file:///etc/passwd" }, /allowed/],
    ["an endpoint that is none", { AWS_ENDPOINT_URL: "nonsense" }, /Invalid URL/],
    ["no credentials", { AWS_ACCESS_KEY_ID: "" }, /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set/],
  ])("refuses %s at the start", (_, environment, message) => {
    expect(() => signedGet(environment)).toThrow(message);
  });
});

/** Signature Version 4, written out from the specification: the check on the package that signs. */
function expectedAuthorization(request: IncomingMessage): string {
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const [path, query = ""] = (request.url as string).split("?");
  const date = request.headers["x-amz-date"] as string;
  const names = Object.keys(request.headers)
    .filter((name) => !["authorization", "connection"].includes(name))
    .sort();
  const canonical = [
    "GET",
    path,
    query,
    ...names.map((name) => `${name}:${request.headers[name]}`),
    "",
    names.join(";"),
    createHash("sha256").update("").digest("hex"),
  ].join("\n");
  const scope = `${date.slice(0, 8)}/eu-west-2/s3/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", date, scope, createHash("sha256").update(canonical).digest("hex")].join(
    "\n",
  );
  const key = ["eu-west-2", "s3", "aws4_request"].reduce(
    (above, part) => hmac(above, part),
    hmac(`AWS4${credentials.AWS_SECRET_ACCESS_KEY}`, date.slice(0, 8)),
  );
  const signature = hmac(key, toSign).toString("hex");
  return `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
}
