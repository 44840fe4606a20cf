/** Who gets through NGINX to the private API, and what arrives there. */
import { edgeHeaders } from "#contract/private-edge.ts";
import { droppedHeaders } from "#edge/nginx-configuration.ts";
import { makeHierarchy } from "../support/hierarchy.ts";
import { withOpenssl } from "../support/openssl.ts";
import { makeSelfSigned } from "../unit/gateway/support/authority.ts";
import { call, codeOf, open, plainCall } from "./support/calls.ts";
import {
  edgeSecret,
  RunningEdge,
  serverName,
  type TlsIdentity,
  tlsIdentity,
  vpcEndpoint,
} from "./support/running-edge.ts";
import { withNginx } from "./support/with-nginx.ts";

jest.setTimeout(60_000);

withNginx("NGINX in front of the private API", () => {
  const edge = new RunningEdge();
  const client = tlsIdentity(edge.client);
  beforeAll(() => edge.start());
  afterAll(() => edge.close());
  beforeEach(() => {
    edge.aws.events.authorizer.length = 0;
    edge.aws.events.backend.length = 0;
  });
  const arrived = () => edge.aws.events.authorizer;

  test("a certificate of ours is answered 200, and the authorizer sees it, the endpoint and the secret", async () => {
    const answer = await call(edge, { client, headers: { accept: "application/json" } });
    expect([answer.status, answer.body]).toEqual([200, '{"message":"hello"}']);
    expect(arrived()).toHaveLength(1);
    const [event] = arrived();
    expect(event).toMatchObject({
      resource: "/api",
      multiValueHeaders: {
        [edgeHeaders.certificate]: [encodeURIComponent(client.cert)],
        [edgeHeaders.secret]: [edgeSecret],
      },
      requestContext: { identity: { vpceId: vpcEndpoint }, domainName: edge.gateway.host },
    });
    expect(event).not.toHaveProperty("requestContext.identity.clientCert");
  });

  const past = new Date(Date.now() - 86_400_000);
  const revoked = edge.hierarchy.leaf();
  test.each<[string, () => TlsIdentity | undefined, string]>([
    ["no certificate", () => undefined, "no-certificate"],
    ["a certificate of another authority", () => tlsIdentity(makeHierarchy().leaf()), "issuer-not-accepted"],
    // OpenSSL's last word on it: nobody publishes a CRL for it.
    ["a certificate that signed itself", () => makeSelfSigned("Stranger"), "revocation-unknown"],
    [
      "an expired certificate",
      () =>
        tlsIdentity(
          edge.hierarchy.leaf({ notBefore: new Date(past.getTime() - 86_400_000), notAfter: past }),
        ),
      "certificate-not-valid-now",
    ],
    [
      "a server's certificate",
      () => tlsIdentity(edge.hierarchy.leaf({ extendedKeyUsage: ["serverAuth"] })),
      "certificate-not-for-clients",
    ],
    ["a revoked certificate", () => tlsIdentity(revoked), "revoked"],
  ])("%s is answered 403 as JSON, and nothing arrives", async (_, identity, code) => {
    edge.publish({ revoked: [revoked] });
    expect(await edge.refresh()).toMatchObject({ event: "refreshed" });
    await refused(tlsIdentity(revoked));
    arrived().length = 0;
    const own = identity();
    const answer = await call(edge, own ? { client: own } : {});
    expect(answer).toMatchObject({ status: 403, headers: { "content-type": "application/json" } });
    expect(JSON.parse(answer.body)).toEqual({
      message: expect.stringMatching(/^[A-Z].*\.$/),
      code,
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(arrived()).toEqual([]);
  });

  test("what a client says of identity and way is dropped, in every spelling", async () => {
    const forged = Object.fromEntries(
      [
        ...Object.values(edgeHeaders),
        ...Object.values(edgeHeaders).map((name) => name.toUpperCase()),
        ...Object.values(edgeHeaders).map((name) => name.replaceAll("-", "_")),
        ...droppedHeaders,
        "X-Forwarded-For",
        "X-Forwarded-Proto",
      ]
        .filter((name) => !["TE", "Trailer", "Upgrade"].includes(name))
        .map((name) => [name, "forged"]),
    );
    const answer = await call(edge, { client, headers: { ...forged, "x-kept": "kept" } });
    expect(answer.status).toBe(200);
    const [event] = arrived();
    expect(JSON.stringify(event)).not.toContain("forged");
    expect(event).toMatchObject({ headers: { "x-kept": "kept" } });
    expect(event).toMatchObject({ multiValueHeaders: { [edgeHeaders.secret]: [edgeSecret] } });
  });

  test("a forged header without a certificate is answered 403", async () => {
    const headers = {
      [edgeHeaders.certificate]: encodeURIComponent(client.cert),
      [edgeHeaders.secret]: edgeSecret,
    };
    expect(codeOf(await call(edge, { headers }))).toBe("no-certificate");
    expect(arrived()).toEqual([]);
  });

  test("the right endpoint without NGINX's secret is denied by the authorizer", async () => {
    const direct = {
      port: edge.gateway.port,
      path: "/test/api",
      tls: { ca: edge.gateway.authority, servername: edge.gateway.host },
    };
    const headers = { host: edge.gateway.host, [edgeHeaders.certificate]: encodeURIComponent(client.cert) };
    for (const secret of [undefined, "", "x".repeat(43), `${edgeSecret}a`]) {
      const more = secret === undefined ? {} : { [edgeHeaders.secret]: secret };
      expect((await call(edge, { ...direct, headers: { ...headers, ...more } })).status).toBe(403);
    }
    expect(edge.aws.events.backend).toEqual([]);
    const right = { ...headers, [edgeHeaders.secret]: edgeSecret };
    expect((await call(edge, { ...direct, headers: right })).status).toBe(200);
  });

  test("another endpoint's requests do not get as far as the authorizer", async () => {
    edge.endpoint = { ...edge.endpoint, id: "vpce-other" };
    await edge.gateway.reload();
    try {
      expect((await call(edge, { client })).status).toBe(403);
      expect(arrived()).toEqual([]);
    } finally {
      edge.endpoint = { ...edge.endpoint, id: vpcEndpoint };
      await edge.gateway.reload();
    }
  });

  test("both values of the secret count while it is rotated, and a rotated instance loses nobody", async () => {
    const next = "n".repeat(43);
    edge.secrets = [next, edgeSecret];
    expect((await call(edge, { client })).status).toBe(200);
    expect(await edge.refresh()).toMatchObject({ event: "refreshed", installed: "reloaded" });
    await untilSecret(next);
    edge.secrets = [edgeSecret, next];
    await edge.refresh();
    await untilSecret(edgeSecret);
  });
  const untilSecret = async (value: string) => {
    for (;;) {
      arrived().length = 0;
      const { status } = await call(edge, { client });
      const [event] = arrived();
      const sent = (event?.headers as Record<string, string> | undefined)?.[edgeHeaders.secret];
      if (sent !== value) continue;
      // The authorizer asks anew for an unknown value, at most every five seconds.
      if (status === 200) return;
    }
  };

  test("another Host than the handshake's is misdirected, another name gets no handshake", async () => {
    for (const host of ["other.example.com", edge.gateway.host, "127.0.0.1"])
      expect((await call(edge, { client, headers: { host } })).status).toBe(421);
    for (const servername of ["other.example.com", edge.gateway.host, `x.${serverName}`])
      await expect(call(edge, { client, tls: { servername } })).rejects.toThrow(/unrecognized name/);
    await expect(open(edge, client, { servername: "" })).rejects.toThrow(/unrecognized name/);
    expect(arrived()).toEqual([]);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "no session of %s is resumed: revoked, it is refused",
    async (version) => {
      const soon = edge.hierarchy.leaf();
      const identity = tlsIdentity(soon);
      edge.publish({ revoked: [revoked] });
      await edge.refresh();
      await withOpenssl(async (folder) => {
        const cert = await folder.write("client.crt", identity.cert);
        const key = await folder.write("client.key", identity.key);
        const input = await folder.write(
          "request",
          `POST /api HTTP/1.1\r\nHost: ${serverName}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
        );
        const connectBy = (...more: string[]) =>
          folder.shell(
            `openssl s_client -connect 127.0.0.1:${edge.settings.port} -servername ${serverName} -CAfile ${edge.caFile} ` +
              `-cert ${cert} -key ${key} -${version === "TLSv1.2" ? "tls1_2" : "tls1_3"} -ign_eof ${more.join(" ")} < ${input}`,
          );
        const first = await connectBy("-sess_out", "session.pem");
        expect(first.stdout).toContain("HTTP/1.1 200");
        edge.publish({ revoked: [revoked, soon] });
        await edge.refresh();
        await refused(identity);
        const saved = await folder.read("session.pem").catch(() => undefined);
        const second = await connectBy(...(saved ? ["-sess_in", "session.pem"] : []));
        expect(second.stdout).toContain("HTTP/1.1 403");
        expect(second.stdout).toMatch(/^New, TLSv/m);
        expect(second.stdout).not.toMatch(/^Reused, /m);
      });
      // NGINX says "r" of a resumed one.
      expect((await edge.accessLog()).filter(({ resumed }) => resumed !== ".")).toEqual([]);
    },
  );

  test("an open connection ends with the refresh that revokes its client", async () => {
    const soon = edge.hierarchy.leaf();
    const identity = tlsIdentity(soon);
    const socket = await open(edge, identity);
    const answered = new Promise((resolve) => socket.once("data", (part) => resolve(String(part))));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write(`POST /api HTTP/1.1\r\nHost: ${serverName}\r\nContent-Length: 0\r\n\r\n`);
    expect(await answered).toMatch(/^HTTP\/1.1 200[\s\S]*Connection: keep-alive/);
    edge.publish({ revoked: [soon] });
    await edge.refresh();
    await closed;
    await refused(identity);
  });

  const refused = async (identity: TlsIdentity) =>
    expect((await call(edge, { client: identity })).status).toBe(403);

  test("paths arrive as NGINX understood them, below the stage", async () => {
    const seen = async (path: string) => {
      edge.aws.events.backend.length = 0;
      edge.records.length = 0;
      await call(edge, { client, path });
      const [record] = edge.records;
      return record?.event === "answered" ? record.path : undefined;
    };
    expect(await seen("/api?x=1")).toBe("/test/api");
    expect(await seen("/a/../api")).toBe("/test/api");
    expect(await seen("//api")).toBe("/test/api");
    expect(await seen("/%2e%2e/other/api")).toBeUndefined();
    expect(await seen("/../other/api")).toBeUndefined();
    expect(await seen("/pets/a%20b")).toBe("/test/pets/a%20b");
  });

  test("the load balancer's health check is answered in clear, without data, and nothing else is", async () => {
    expect(await plainCall(edge.settings.healthPort, "/health")).toMatchObject({ status: 200, body: "" });
    for (const path of ["/", "/api", "/test/api", "/health/x", "/nginx_status"])
      expect((await plainCall(edge.settings.healthPort, path)).status).toBe(404);
  });

  test("the access log is JSON, with the certificate's facts and without PEM, query and secret", async () => {
    await call(edge, { client, path: "/api?access_token=hidden", headers: { "user-agent": 'a"b\\c' } });
    const log = await edge.accessLog();
    expect(log.at(-1)).toMatchObject({
      status: 200,
      path: "/api",
      verify: "SUCCESS",
      refusal: "",
      lists: "fresh",
      resumed: ".",
      clientSerial: edge.client.certificate.serial.toUpperCase(),
      clientFingerprint: expect.stringMatching(/^[0-9a-f]{40}$/),
      upstreamStatus: "200",
    });
    const text = JSON.stringify(log);
    for (const secret of ["BEGIN", "hidden", edgeSecret]) expect(text).not.toContain(secret);
  });
});
