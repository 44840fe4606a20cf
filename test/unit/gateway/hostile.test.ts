/** Requests that nobody honest sends. None may reach a function by mistake, none may stop the gateway. */
import { issueNamed, makeAuthority } from "./support/authority.ts";
import { domainName, domainWith, stage } from "./support/deployed.ts";
import { RunningGateway } from "./support/running-gateway.ts";

const ours = makeAuthority("Ours");
const client = ours.issue();
const system = new RunningGateway(ours.truststore);

const format = '{"dn":"$context.identity.clientCert.subjectDN","status":"$context.status"}';
system.aws.domain = domainWith({ stages: [{ ...stage, accessLog: { destinationArn: "arn:x", format } }] });

beforeAll(() => system.start());
beforeEach(() => {
  system.reasons();
  system.accessLog.length = 0;
  system.aws.events.authorizer.length = 0;
  system.aws.events.backend.length = 0;
});
afterEach(async () => {
  // It still works for everybody else.
  expect(await system.call({ client })).toMatchObject({ status: 200 });
});
afterAll(() => system.close());

const host = `Host: ${domainName}\r\n`;
const length = "Content-Length: 0\r\n";
const close = "Connection: close\r\n\r\n";

test("the bytes that these tests bend are a request that works", async () => {
  expect(await system.raw(`POST /api HTTP/1.1\r\n${host}${length}${close}`, client)).toMatch(
    /^HTTP\/1\.1 200 /,
  );
});

test.each([
  [
    "Content-Length and Transfer-Encoding",
    `POST /api HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n${close}0\r\n\r\n`,
  ],
  [
    "two different lengths",
    `POST /api HTTP/1.1\r\n${host}Content-Length: 4\r\nContent-Length: 5\r\n${close}abcde`,
  ],
  ["the same length twice", `POST /api HTTP/1.1\r\n${host}${length}${length}${close}`],
  ["a length with a sign", `POST /api HTTP/1.1\r\n${host}Content-Length: +4\r\n${close}abcd`],
  ["a length in hexadecimal", `POST /api HTTP/1.1\r\n${host}Content-Length: 0x4\r\n${close}abcd`],
  [
    "chunked, spelt in a way that others overlook",
    `POST /api HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n${close}0\r\n\r\n`,
  ],
  [
    "a chunk size that is no number",
    `POST /api HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n${close}zz\r\n\r\n`,
  ],
  ["a space before a colon", `POST /api HTTP/1.1\r\n${host}X-A : b\r\n${length}${close}`],
  ["a folded header", `POST /api HTTP/1.1\r\n${host}X-A: b\r\n c\r\n${length}${close}`],
  ["a null byte in a header", `POST /api HTTP/1.1\r\n${host}X-A: a\0b\r\n${length}${close}`],
  ["a bare line feed between headers", `POST /api HTTP/1.1\r\n${host}X-A: a\rX-B: b\r\n${length}${close}`],
  ["no Host", `POST /api HTTP/1.1\r\n${length}${close}`],
  ["two Hosts", `POST /api HTTP/1.1\r\n${host}Host: other.example.com\r\n${length}${close}`],
  ["the same Host twice", `POST /api HTTP/1.1\r\n${host}${host}${length}${close}`],
  ["an absolute target", `POST https://${domainName}/api HTTP/1.1\r\n${host}${length}${close}`],
  [
    "an absolute target of another host",
    `POST https://other.example.com/api HTTP/1.1\r\n${host}${length}${close}`,
  ],
  ["a target that is an asterisk", `OPTIONS * HTTP/1.1\r\n${host}${length}${close}`],
  ["a method that nobody knows", `FROBNICATE /api HTTP/1.1\r\n${host}${length}${close}`],
  ["a space in the target", `POST /api /x HTTP/1.1\r\n${host}${length}${close}`],
  ["HTTP/2 without asking", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
])("%s is answered 400 and reaches nobody", async (_, bytes) => {
  expect(await system.raw(bytes, client)).toMatch(/^HTTP\/1\.1 400 /);
  expect(system.aws.events).toEqual({ authorizer: [], backend: [] });
  expect(system.reasons()).toContain("request-malformed");
});

test("a smuggled second request is not served", async () => {
  const inner = `GET /pets/smuggled HTTP/1.1\r\n${host}\r\n`;
  const bytes = `POST /api HTTP/1.1\r\n${host}Content-Length: ${inner.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`;
  const answer = await system.raw(bytes, client);
  expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(system.aws.events).toEqual({ authorizer: [], backend: [] });
});

test("two honest requests on one connection are two, each with its own decision", async () => {
  const bytes = `POST /api HTTP/1.1\r\n${host}${length}\r\nPOST /nowhere HTTP/1.1\r\n${host}${length}${close}`;
  const answer = await system.raw(bytes, client);
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 403"]);
});

test("CONNECT opens no tunnel", async () => {
  expect(await system.raw(`CONNECT other.example.com:443 HTTP/1.1\r\n${host}\r\n`, client)).not.toMatch(
    / 200 /,
  );
  expect(system.aws.events).toEqual({ authorizer: [], backend: [] });
});

test("more than 10,240 bytes of headers are answered 431", async () => {
  const bytes = `POST /api HTTP/1.1\r\n${host}X-A: ${"a".repeat(11_000)}\r\n${length}${close}`;
  expect(await system.raw(bytes, client)).toMatch(/^HTTP\/1\.1 431 /);
  expect(system.reasons()).toContain("request-malformed");
});

describe("bodies", () => {
  const tenMegabytes = 10 * 1024 * 1024;

  test("a declared length over 10 MB is answered 413 before the body comes", async () => {
    const bytes = `POST /api HTTP/1.1\r\n${host}Content-Length: ${tenMegabytes + 1}\r\n${close}`;
    expect(await system.raw(bytes, client)).toMatch(/^HTTP\/1\.1 413 [\s\S]*"Request Entity Too Large"/);
    expect(system.aws.events).toEqual({ authorizer: [], backend: [] });
    expect(system.reasons()).toEqual(["request-too-large"]);
  });

  test("chunks that grow over 10 MB are answered 413", async () => {
    const chunk = `100000\r\n${"a".repeat(0x100000)}\r\n`;
    const bytes = `POST /api HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n${close}${chunk.repeat(11)}0\r\n\r\n`;
    expect(await system.raw(bytes, client)).toMatch(/^HTTP\/1\.1 413 /);
    expect(system.aws.events).toEqual({ authorizer: [], backend: [] });
  });

  test("a body that makes a longer event than Lambda takes is answered 413", async () => {
    const answer = await system.call({ client, body: Buffer.alloc(6 * 1024 * 1024, "a") });
    expect(answer).toMatchObject({ status: 413, body: '{"message":"Request Entity Too Large"}' });
    expect(system.aws.events.backend).toHaveLength(0);
  });

  test("a body of 5 MB arrives whole", async () => {
    const body = Buffer.alloc(5 * 1024 * 1024, "b");
    expect(await system.call({ client, body })).toMatchObject({ status: 200 });
    expect(String(system.aws.events.backend[0]?.body)).toHaveLength(body.length);
  });

  test("a client that goes away in the middle stops nothing", async () => {
    const socket = await system.socket(client);
    socket.write(`POST /api HTTP/1.1\r\n${host}Content-Length: 1000\r\n\r\nhalf`);
    const gone = new Promise((resolve) => socket.once("close", resolve));
    socket.destroy();
    await gone;
    expect(system.aws.events.backend).toEqual([]);
  });
});

describe("names in certificates", () => {
  test.each([
    ["a line break and a header", 'x\r\nX-Injected: 1\r\n\r\n{"message":"hello"}'],
    ["a comma and another CN", "x,CN=admin"],
    ["a plus sign and another CN", "x+CN=admin"],
    ["quotation marks and a backslash", '"x\\"'],
    ["a null byte", "x\0y"],
    ["a variable", "$context.authorizer.principalId"],
    ["10 kB", "x".repeat(10_000)],
  ])("%s are one value, escaped, and make no header", async (_, value) => {
    const answer = await system.call({ client: issueNamed(ours.issuing, value) });
    expect(answer).toMatchObject({ status: 200, body: '{"message":"hello"}' });
    expect(answer.headers).not.toHaveProperty("x-injected");
    const [event] = system.aws.events.authorizer as unknown as [
      { requestContext: { identity: { clientCert: { subjectDN: string } } } },
    ];
    const { subjectDN } = event.requestContext.identity.clientCert;
    expect(subjectDN).not.toMatch(/(?<!\\)[,+]/);
    expect(subjectDN.startsWith("CN=")).toBe(true);
    const [line, ...more] = system.accessLog;
    expect(more).toEqual([]);
    expect(JSON.parse(line as string)).toEqual({ dn: subjectDN, status: "200" });
  });
});

test("a thousand path segments are no route and no stack overflow", async () => {
  expect(await system.call({ client, path: "/x".repeat(2_000) })).toMatchObject({ status: 403 });
  expect(system.aws.events).toEqual({ authorizer: [], backend: [] });
});
