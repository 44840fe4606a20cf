/** Who gets in, and how the others are turned away: FACTS 1, "Mutual TLS on API Gateway". Real TLS throughout. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import {
  asIfItWereACa,
  daysFromNow,
  issueFrom,
  makeAuthority,
  makeIssuing,
  makeSelfSigned,
} from "./support/authority.ts";
import { api, domainName, domainWith, executeApi } from "./support/deployed.ts";
import { RunningGateway } from "./support/running-gateway.ts";

const ours = makeAuthority("Ours");
const impostor = makeAuthority("Ours");
const good = ours.issue();
const system = new RunningGateway(ours.truststore);

beforeAll(() => system.start());
beforeEach(() => system.reasons());
afterAll(() => system.close());

const forbidden = { status: 403, body: '{"message":"Forbidden"}' };

test("a trusted certificate reaches the function", async () => {
  const answer = await system.call({ client: good });
  expect(answer).toMatchObject({ status: 200, body: '{"message":"hello"}' });
  expect(answer.headers).toMatchObject({
    "content-type": "application/json",
    "x-amzn-requestid": expect.stringMatching(/^[0-9a-f-]{36}$/),
    "x-amz-apigw-id": expect.stringMatching(/^[\w-]{15}=$/),
    "x-amzn-trace-id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
  });
  expect(system.reasons()).toEqual(["none"]);
});

test("without a certificate the connection is closed and there is no HTTP answer", async () => {
  await expect(system.call()).rejects.toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) });
  expect(system.reasons()).toEqual(["client-certificate-missing"]);
});

test("curl without a certificate ends with 52 or 56, and with one it gets the answer", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gateway-"));
  try {
    for (const [name, text] of [
      ["ca.pem", system.gateway.authority],
      ["cert.pem", good.cert],
    ] as const)
      writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, "key.pem"), good.key, { mode: 0o600 });
    const curl = (...more: string[]) =>
      new Promise<{ code: number; out: string }>((resolve) => {
        const { port } = system.gateway;
        const fixed = [
          "-sS",
          "--cacert",
          join(folder, "ca.pem"),
          "--resolve",
          `${domainName}:${port}:127.0.0.1`,
        ];
        execFile(
          "curl",
          [...fixed, "-w", "%{http_code}", "-X", "POST", `https://${domainName}:${port}/api`, ...more],
          (error, out) => resolve({ code: Number(error?.code ?? 0), out }),
        );
      });
    for (const version of ["--tlsv1.3", "--tls-max=1.2"]) {
      const refused = await curl(...version.split("="));
      expect([35, 52, 56]).toContain(refused.code);
      expect(refused.out).toBe("000");
    }
    const answered = await curl("--cert", join(folder, "cert.pem"), "--key", join(folder, "key.pem"));
    expect(answered).toEqual({ code: 0, out: '{"message":"hello"}200' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const otherIssuing = makeIssuing("Ours Issuing", ours.root);
const untrusted = [
  ["a self-signed certificate", makeSelfSigned("Nobody"), /^self-signed/],
  ["a self-signed certificate with our root's name", impostor.root, /^self-signed/],
  ["a certificate of another CA with the same names", impostor.issue(), /another key/],
  ["a certificate of a CA that nobody knows", makeAuthority("Theirs").issue(), /not in the truststore/],
  [
    "an expired certificate of our CA",
    ours.issue({ notBefore: daysFromNow(-30), notAfter: daysFromNow(-1) }),
    /^expired on/,
  ],
  [
    "a certificate of our CA that is not valid yet",
    ours.issue({ notBefore: daysFromNow(1), notAfter: daysFromNow(30) }),
    /^not valid before/,
  ],
  ["a certificate of an issuing CA that the truststore lacks", issueFrom(otherIssuing), /another key/],
  [
    "a certificate issued by a client's certificate",
    issueFrom(asIfItWereACa(good), { subject: [{ type: "CN", value: "made-up" }] }),
    /not in the truststore/,
  ],
] as const;

test.each(untrusted)("%s is answered 403 Forbidden", async (_, client, why) => {
  const answer = await system.call({ client });
  expect(answer).toMatchObject(forbidden);
  expect(answer.headers["x-amzn-errortype"]).toBe("ForbiddenException");
  const [record] = system.records.splice(0);
  expect(record).toMatchObject({
    event: "answered",
    status: 403,
    reason: { code: "client-certificate-untrusted", detail: expect.stringMatching(why) },
  });
  expect(system.aws.events.authorizer).toHaveLength(system.aws.events.backend.length);
});

test("an untrusted certificate that is no client's either stays untrusted", async () => {
  const client = makeAuthority("Theirs").issue({ extendedKeyUsage: ["serverAuth"] });
  expect(await system.call({ client })).toMatchObject(forbidden);
  expect(system.reasons()).toEqual(["client-certificate-untrusted"]);
});

test("what OpenSSL alone refuses is refused: a critical extension that nobody understands", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gateway-"));
  try {
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const [ca, caKey] = [file("ca.pem", ours.issuing.cert), file("ca.key", ours.issuing.key)];
    const [csr, key, cert] = ["csr.pem", "key.pem", "cert.pem"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "pipe" });
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key];
    openssl("req", "-new", ...newKey, "-subj", "/CN=odd", "-out", csr);
    const issue = (extension: string) => {
      const extensions = ["-extfile", file("extensions", extension)];
      openssl(
        "x509",
        "-req",
        "-in",
        csr,
        "-CA",
        ca,
        "-CAkey",
        caKey,
        "-days",
        "2",
        ...extensions,
        "-out",
        cert,
      );
      return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
    };
    expect(await system.call({ client: issue("1.2.3.4.5=critical,DER:0500") })).toMatchObject(forbidden);
    expect(system.records.at(-1)).toMatchObject({
      reason: { code: "client-certificate-untrusted", detail: expect.stringMatching(/^OpenSSL: /) },
    });
    expect(await system.call({ client: issue("1.2.3.4.5=DER:0500") })).toMatchObject({ status: 200 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the purpose is the authorizer's business: a server's certificate of our CA gets as far as it", async () => {
  const before = system.aws.events.authorizer.length;
  const client = ours.issue({ extendedKeyUsage: ["serverAuth"] });
  expect(await system.call({ client })).toMatchObject({ status: 200 });
  expect(system.aws.events.authorizer).toHaveLength(before + 1);
});

test("an intermediate that the client sends may complete the path, for the authorizer to refuse", async () => {
  const leaf = issueFrom(otherIssuing);
  const client = { cert: leaf.cert + otherIssuing.cert, key: leaf.key };
  expect(await system.call({ client })).toMatchObject({ status: 200 });
});

test("a whole chain of strangers sent along does not become trusted", async () => {
  const leaf = impostor.issue();
  const client = { cert: leaf.cert + impostor.issuing.cert + impostor.root.cert, key: leaf.key };
  expect(await system.call({ client })).toMatchObject(forbidden);
});

test.each([
  ["another Host than the name in the handshake", { host: "other.example.com" }, "wrong-host"],
  ["the execute-api host over the domain's connection", { host: executeApi }, "wrong-host"],
  ["a host that only starts like the domain", { host: `${domainName}.evil.example` }, "wrong-host"],
  [
    "the domain's Host under another name in the handshake",
    { serverName: "other.example.com" },
    "wrong-host",
  ],
  [
    "the domain's Host under the execute-api name, without a certificate",
    { serverName: executeApi, client: undefined },
    "wrong-host",
  ],
  [
    "another name in both",
    { serverName: "other.example.com", host: "other.example.com", client: undefined },
    "unknown-server-name",
  ],
  [
    "the execute-api address",
    { serverName: executeApi, host: executeApi, path: "/test/api", client: undefined },
    "execute-api-disabled",
  ],
  [
    "the execute-api address with a good certificate",
    { serverName: executeApi, host: executeApi, path: "/test/api" },
    "execute-api-disabled",
  ],
] as const)("%s is answered 403 Forbidden", async (_, call, code) => {
  expect(await system.call({ client: good, ...call })).toMatchObject(forbidden);
  expect(system.reasons()).toEqual([code]);
});

test.each([
  ["upper case", domainName.toUpperCase()],
  ["a port", `${domainName}:8443`],
  ["a final dot", `${domainName}.`],
])("the domain's Host with %s is the domain", async (_, host) => {
  expect(await system.call({ client: good, host })).toMatchObject({ status: 200 });
});

test("an execute-api address that was left open lets everybody in without a certificate, as on AWS", async () => {
  const open = new RunningGateway(ours.truststore);
  open.aws.domain = domainWith({ disableExecuteApiEndpoint: false });
  await open.start();
  const call = { serverName: executeApi, host: executeApi };
  expect(await open.call({ ...call, path: "/test/api" })).toMatchObject({ status: 200 });
  expect(open.aws.events.authorizer[0]).toMatchObject({
    path: "/api",
    requestContext: { path: "/test/api" },
  });
  expect(open.aws.events.authorizer[0]).not.toHaveProperty("requestContext.identity.clientCert");
  expect(await open.call({ ...call, path: "/api" })).toMatchObject(forbidden);
  await open.close();
});

test("a domain without mutual TLS asks for no certificate, as on AWS", async () => {
  const open = new RunningGateway(ours.truststore);
  const { mutualTls: _, ...rest } = open.aws.domain;
  open.aws.domain = rest;
  await open.start();
  expect(await open.call()).toMatchObject({ status: 200 });
  await open.close();
});

describe("TLS", () => {
  const tls = (options: object) =>
    new Promise<string>((resolve) => {
      const socket = connectTls({
        host: "127.0.0.1",
        port: system.gateway.port,
        servername: domainName,
        ca: system.gateway.authority,
        cert: good.cert,
        key: good.key,
        ...options,
      });
      socket.once("secureConnect", () => {
        resolve(socket.getProtocol() ?? "none");
        socket.destroy();
      });
      socket.once("error", (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
    });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("TLS_1_2 accepts %s", async (version) => {
    expect(await tls({ minVersion: version, maxVersion: version })).toBe(version);
  });

  test("TLS_1_2 refuses TLS 1.1", async () => {
    const refused = await tls({
      minVersion: "TLSv1.1",
      maxVersion: "TLSv1.1",
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    expect(refused).toMatch(/ALERT_PROTOCOL_VERSION|ECONNRESET/);
    expect(system.reasons()).toContain("tls-handshake-failed");
  });

  test("the domain's certificate is the domain's and chains to the throw-away authority", async () => {
    const socket = await system.socket(good);
    expect(socket.authorized).toBe(true);
    expect(socket.getPeerCertificate().subjectaltname).toBe(`DNS:${domainName}`);
    socket.destroy();
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("no session is resumed (%s)", async (version) => {
    const sessions: Buffer[] = [];
    const visit = (session?: Buffer) =>
      new Promise<boolean>((resolve, reject) => {
        const socket = connectTls({
          host: "127.0.0.1",
          port: system.gateway.port,
          servername: domainName,
          ca: system.gateway.authority,
          cert: good.cert,
          key: good.key,
          minVersion: version,
          maxVersion: version,
          ...(session ? { session } : {}),
        });
        socket.on("session", (one: Buffer) => sessions.push(one));
        let reused = false;
        socket.once("secureConnect", () => {
          reused = socket.isSessionReused();
          socket.write(
            `POST /api HTTP/1.1\r\nHost: ${domainName}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
          );
        });
        socket.resume();
        socket.once("close", () => resolve(reused));
        socket.once("error", reject);
      });
    expect(await visit()).toBe(false);
    expect(await visit(sessions.at(-1) ?? Buffer.alloc(0))).toBe(false);
  });

  test.each([
    ["plain HTTP", Buffer.from(`POST /api HTTP/1.1\r\nHost: ${domainName}\r\n\r\n`)],
    ["garbage", Buffer.alloc(20_000, 0xff)],
    [
      "an endless ClientHello",
      Buffer.concat([Buffer.from("16030140000100ffff", "hex"), Buffer.alloc(16_380)]),
    ],
    ["a record of length zero", Buffer.from("1603010000", "hex")],
  ])("%s ends the connection and the gateway lives on", async (_, bytes) => {
    await new Promise<void>((resolve) => {
      const socket = connectTcp(system.gateway.port, "127.0.0.1", () => socket.end(bytes));
      socket.resume();
      socket.on("error", () => undefined);
      socket.on("close", () => resolve());
    });
    expect(await system.call({ client: good })).toMatchObject({ status: 200 });
  });

  test("a ClientHello that arrives byte by byte is read", async () => {
    const bytes = await new Promise<Buffer>((resolve) => {
      const { createServer } = jest.requireActual<typeof import("node:net")>("node:net");
      const spy = createServer((socket) =>
        socket.once("data", (chunk) => {
          resolve(chunk);
          socket.destroy();
          spy.close();
        }),
      ).listen(0, "127.0.0.1", () => {
        const { port } = spy.address() as { port: number };
        connectTls({ host: "127.0.0.1", port, servername: domainName }).on("error", () => undefined);
      });
    });
    const answer = await new Promise<Buffer>((resolve, reject) => {
      const socket = connectTcp({ port: system.gateway.port, host: "127.0.0.1", noDelay: true }, async () => {
        for (const byte of bytes) {
          socket.write(Buffer.of(byte));
          await new Promise(setImmediate);
        }
      });
      socket.once("data", (chunk) => {
        resolve(chunk);
        socket.destroy();
      });
      socket.once("error", reject);
    });
    // A handshake record that begins with a ServerHello.
    expect(answer.subarray(0, 2)).toEqual(Buffer.from("1603", "hex"));
    expect(answer[5]).toBe(2);
  });
});

describe("the truststore", () => {
  const next = makeAuthority("Next");

  test("a new version takes effect without a restart, for those that it adds and those that it drops", async () => {
    const live = new RunningGateway(ours.truststore);
    await live.start();
    const ofNext = next.issue();
    expect(await live.call({ client: ofNext })).toMatchObject(forbidden);
    expect(await live.call({ client: good })).toMatchObject({ status: 200 });
    live.aws.truststores.set("v2", next.truststore);
    live.aws.domain = domainWith(
      {},
      { mutualTls: { truststoreUri: "s3://ca/t", truststoreVersion: "v2", warnings: [] } },
    );
    await live.gateway.reload();
    expect(live.gateway.truststoreVersion).toBe("v2");
    expect(await live.call({ client: ofNext })).toMatchObject({ status: 200 });
    expect(await live.call({ client: good })).toMatchObject(forbidden);
    await live.close();
  });

  test("a connection that an older version vouched for is closed", async () => {
    const live = new RunningGateway(ours.truststore);
    await live.start();
    const socket = await live.socket(good);
    const first = new Promise((resolve) => socket.once("data", resolve));
    socket.write(`POST /api HTTP/1.1\r\nHost: ${domainName}\r\nContent-Length: 0\r\n\r\n`);
    await first;
    live.aws.truststores.set("v2", next.truststore);
    live.aws.domain = domainWith(
      {},
      { mutualTls: { truststoreUri: "s3://ca/t", truststoreVersion: "v2", warnings: [] } },
    );
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await live.gateway.reload();
    await closed;
    await live.close();
  });

  test("a new object without a new version in the domain changes nothing", async () => {
    const live = new RunningGateway(ours.truststore);
    await live.start();
    live.aws.truststores.set("v1", next.truststore);
    await live.gateway.reload();
    expect(live.aws.truststoreReads).toBe(1);
    expect(await live.call({ client: good })).toMatchObject({ status: 200 });
    await live.close();
  });

  test("a version that cannot be read fails the reload and leaves the last one in force", async () => {
    const live = new RunningGateway(ours.truststore);
    await live.start();
    live.aws.domain = domainWith(
      {},
      { mutualTls: { truststoreUri: "s3://ca/t", truststoreVersion: "gone", warnings: [] } },
    );
    await expect(live.gateway.reload()).rejects.toThrow("gone");
    expect(await live.call({ client: good })).toMatchObject({ status: 200 });
    await live.close();
  });

  test("a gateway without a readable truststore does not start", async () => {
    await expect(new RunningGateway("no PEM at all").start()).rejects.toMatchObject({ code: "pem" });
  });

  test("the root alone is not enough: the issuing certificate must be in it or be sent", async () => {
    const live = new RunningGateway(ours.root.cert);
    await live.start();
    expect(await live.call({ client: good })).toMatchObject(forbidden);
    await live.close();
  });

  test("the issuing certificate alone is not enough: a path ends at a root", async () => {
    const live = new RunningGateway(ours.issuing.cert);
    await live.start();
    expect(await live.call({ client: good })).toMatchObject(forbidden);
    await live.close();
  });
});

test("it listens on loopback only", async () => {
  const { networkInterfaces } = jest.requireActual<typeof import("node:os")>("node:os");
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((one) => one && !one.internal && one.family === "IPv4");
  if (!outside) return;
  const code = await new Promise((resolve) => {
    const socket = connectTcp(system.gateway.port, outside.address, () => resolve("connected"));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  expect(code).toBe("ECONNREFUSED");
});

test("every API of the domain has an execute-api address to try", () => {
  expect(system.gateway.executeApiHosts).toEqual([executeApi]);
  expect(api.id).toBe(executeApi.split(".")[0]);
});
