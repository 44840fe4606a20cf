/** The server name in the first bytes of a connection, however they are cut. */
import { createServer } from "node:net";
import { connect } from "node:tls";
import { maxClientHelloBytes, readClientHello } from "#local/gateway/client-hello.ts";

/** What OpenSSL sends first. */
function hello(servername: string | undefined): Promise<Buffer> {
  return new Promise((resolve) => {
    const spy = createServer((socket) =>
      socket.once("data", (chunk) => {
        resolve(chunk);
        socket.destroy();
        spy.close();
      }),
    ).listen(0, "127.0.0.1", () => {
      const { port } = spy.address() as { port: number };
      connect({ host: "127.0.0.1", port, ...(servername ? { servername } : {}) }).on(
        "error",
        () => undefined,
      );
    });
  });
}

/** The same handshake message in records of `size` bytes. */
function inRecordsOf(size: number, bytes: Buffer): Buffer {
  const message = bytes.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    const header = Buffer.from("1603010000", "hex");
    header.writeUInt16BE(part.length, 3);
    records.push(header, part);
  }
  return Buffer.concat(records);
}

let named: Buffer;
beforeAll(async () => {
  named = await hello("API.test.example.com");
});

test("the name is read, in lower case", () => {
  expect(readClientHello(named)).toEqual({ state: "read", serverName: "api.test.example.com" });
});

test("a client that names nobody has no name", async () => {
  expect(readClientHello(await hello(undefined))).toEqual({ state: "read", serverName: undefined });
});

test("every cut of it is incomplete, never another name", () => {
  for (let length = 0; length < named.length; length++)
    expect(readClientHello(named.subarray(0, length))).toEqual({ state: "incomplete" });
});

test.each([1, 3, 7, 100])("records of %i bytes hold the same name", (size) => {
  expect(readClientHello(inRecordsOf(size, named))).toEqual({
    state: "read",
    serverName: "api.test.example.com",
  });
});

test.each([
  ["HTTP", Buffer.from("GET / HTTP/1.1\r\n")],
  ["an alert", Buffer.from("15030100020100", "hex")],
  ["a ServerHello", Buffer.from("160303000602000002ffff", "hex")],
  ["an empty record", Buffer.from("1603010000", "hex")],
  ["a record longer than TLS allows", Buffer.from("160301ffff01", "hex")],
  [
    "a message that never ends",
    Buffer.concat([Buffer.from("160301400001ffffff", "hex"), Buffer.alloc(16_384)]),
  ],
])("%s has no name", (_, bytes) => {
  expect(readClientHello(bytes)).toEqual({ state: "read", serverName: undefined });
});

test("waiting ends at the longest honest length", () => {
  expect(readClientHello(Buffer.alloc(maxClientHelloBytes, 22))).not.toEqual({ state: "incomplete" });
});

test("no flipped byte makes it crash or hang", () => {
  for (let at = 0; at < named.length; at++)
    for (const value of [0x00, 0x7f, 0xff]) {
      const bytes = Buffer.from(named);
      bytes[at] = value;
      expect(["read", "incomplete"]).toContain(readClientHello(bytes).state);
    }
});
