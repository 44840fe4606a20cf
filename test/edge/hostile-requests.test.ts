/**
 * Requests that NGINX and whoever is behind it could read in two ways: each is refused, or arrives as exactly one request
 * of the client that sent it.
 */
import { edgeHeaders } from "#contract/private-edge.ts";
import { call, raw } from "./support/calls.ts";
import { edgeSecret, RunningEdge, serverName, tlsIdentity } from "./support/running-edge.ts";
import { withNginx } from "./support/with-nginx.ts";

jest.setTimeout(60_000);

withNginx("hostile requests", () => {
  const edge = new RunningEdge();
  const client = tlsIdentity(edge.client);
  beforeAll(() => edge.start());
  afterAll(() => edge.close());
  beforeEach(() => {
    edge.aws.events.authorizer.length = 0;
    edge.records.length = 0;
  });
  const arrived = () => edge.aws.events.authorizer;
  const host = `Host: ${serverName}`;
  const smuggled = `GET /smuggled HTTP/1.1\r\n${host}\r\n${edgeHeaders.certificate}: forged\r\n\r\n`;

  test.each<[string, string, RegExp]>([
    [
      "Content-Length beside Transfer-Encoding",
      `POST /api HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      /^HTTP\/1.1 400/,
    ],
    [
      "Transfer-Encoding beside Content-Length",
      `POST /api HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\nContent-Length: ${smuggled.length}\r\n\r\n0\r\n\r\n${smuggled}`,
      /^HTTP\/1.1 400/,
    ],
    [
      "two Content-Length",
      `POST /api HTTP/1.1\r\n${host}\r\nContent-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
      /^HTTP\/1.1 400/,
    ],
    [
      "a Content-Length with a sign",
      `POST /api HTTP/1.1\r\n${host}\r\nContent-Length: +0\r\n\r\n${smuggled}`,
      /^HTTP\/1.1 400/,
    ],
    [
      "two Transfer-Encodings",
      `POST /api HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`,
      /^HTTP\/1.1 (400|501)/,
    ],
    [
      "a Transfer-Encoding that is none",
      `POST /api HTTP/1.1\r\n${host}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
      /^HTTP\/1.1 (400|501)/,
    ],
    [
      "a chunk's length that is none",
      `POST /api HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n${smuggled}`,
      /^HTTP\/1.1 400/,
    ],
    [
      "a carriage return in a header",
      `POST /api HTTP/1.1\r\n${host}\r\nX-A: a\rX-B: b\r\n\r\n`,
      /^HTTP\/1.1 400/,
    ],
    ["a null byte in a header", `POST /api HTTP/1.1\r\n${host}\r\nX-A: a\0b\r\n\r\n`, /^HTTP\/1.1 400/],
    [
      "a folded header",
      `POST /api HTTP/1.1\r\n${host}\r\nX-A: a\r\n ${edgeHeaders.secret}: x\r\n\r\n`,
      /^HTTP\/1.1 400/,
    ],
    ["two Hosts", `POST /api HTTP/1.1\r\n${host}\r\nHost: other.example.com\r\n\r\n`, /^HTTP\/1.1 400/],
    ["no Host", "POST /api HTTP/1.1\r\nContent-Length: 0\r\n\r\n", /^HTTP\/1.1 400/],
    [
      "a head of 64 kB",
      `POST /api HTTP/1.1\r\n${host}\r\nX-A: ${"a".repeat(65_536)}\r\n\r\n`,
      /^HTTP\/1.1 431/,
    ],
    [
      "many small headers of 64 kB",
      `POST /api HTTP/1.1\r\n${host}\r\n${"X-A: aaaaaaaaaa\r\n".repeat(4_000)}\r\n`,
      /^HTTP\/1.1 431/,
    ],
    ["a target of 64 kB", `GET /${"a".repeat(65_536)} HTTP/1.1\r\n${host}\r\n\r\n`, /^HTTP\/1.1 414/],
    ["HTTP/2 without having agreed on it", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^HTTP\/1.1 (400|405|505)/],
    ["CONNECT", `CONNECT other.example.com:443 HTTP/1.1\r\n${host}\r\n\r\n`, /^HTTP\/1.1 (400|405)/],
    ["TRACE", `TRACE /api HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`, /^HTTP\/1.1 405/],
    [
      "a target that is another server's",
      `GET https://other.example.com/api HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
      /^HTTP\/1.1 (400|421)/,
    ],
  ])("%s is refused, and nothing arrives", async (_, bytes, status) => {
    const text = await raw(edge, bytes, client);
    expect(text).toMatch(status);
    expect(text).not.toMatch(/HTTP\/1.1 200/);
    expect(arrived()).toEqual([]);
    expect(edge.records).toEqual([]);
  });

  const secretSpelled = (spelled: string) =>
    `POST /api HTTP/1.1\r\n${host}\r\nContent-Length: 0\r\nConnection: close\r\n${spelled}\r\n\r\n`;
  test.each<[string, string]>([
    ["lines that end in a bare line feed", secretSpelled("X-A: a").replaceAll("\r\n", "\n")],
    [
      "a bare line feed before a forged header",
      secretSpelled(`X-A: a\n${edgeHeaders.certificate}: forged\n${edgeHeaders.secret}: forged`),
    ],
    ["a space before the colon", secretSpelled(`${edgeHeaders.certificate} : forged`)],
    ["a name with a space", secretSpelled("X A: forged")],
    ["an underscore", secretSpelled(`${edgeHeaders.secret.replaceAll("-", "_")}: forged`)],
    [
      "headers that Connection names",
      secretSpelled(`Connection: close, ${edgeHeaders.certificate}, ${edgeHeaders.secret}`),
    ],
    [
      "a chunked body that holds a request",
      `POST /api HTTP/1.1\r\n${host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
    ],
    [
      "forged trailers",
      `POST /api HTTP/1.1\r\n${host}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${edgeHeaders.certificate}: forged\r\n\r\n`,
    ],
  ])("%s: at most one request arrives, with NGINX's own headers", async (_, bytes) => {
    const text = await raw(edge, bytes, client);
    expect(text.match(/HTTP\/1.1 \d{3}/g)).toHaveLength(1);
    expect(edge.records.length).toBeLessThanOrEqual(1);
    for (const event of arrived()) {
      expect(event).toMatchObject({
        resource: "/api",
        multiValueHeaders: {
          [edgeHeaders.certificate]: [encodeURIComponent(client.cert)],
          [edgeHeaders.secret]: [edgeSecret],
        },
      });
      expect(JSON.stringify(event)).not.toContain("forged");
    }
  });

  test("a body of 10 MB goes on, one byte more is answered 413", async () => {
    // A function takes less: it is the gateway that says so.
    const most = Buffer.alloc(10 * 1024 * 1024, "a");
    expect((await call(edge, { client, body: most })).headers).toHaveProperty("x-amzn-requestid");
    expect((await call(edge, { client, body: most.subarray(0, 1024 * 1024) })).status).toBe(200);
    const more = Buffer.alloc(10 * 1024 * 1024 + 1, "a");
    const answer = await call(edge, { client, body: more, headers: { "content-length": more.length } }).catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    // NGINX answers before it has read everything; whether the client reads that or an end is a race.
    expect(typeof answer === "object" ? answer.status : answer).toEqual(
      typeof answer === "object" ? 413 : expect.stringMatching(/EPIPE|ECONNRESET/),
    );
  });

  test("clear text on the port of TLS is answered 400", async () => {
    const { connect } = await import("node:net");
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port: edge.settings.port });
      let all = "";
      socket.on("data", (part) => {
        all += part;
      });
      socket.on("close", () => resolve(all));
      socket.on("error", reject);
      socket.write(`POST /api HTTP/1.1\r\n${host}\r\n\r\n`);
    });
    expect(text).toMatch(/^HTTP\/1.1 400/);
    expect(arrived()).toEqual([]);
  });
});
