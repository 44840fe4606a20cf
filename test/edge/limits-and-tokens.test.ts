/** Rate limits, and the token endpoint's proxy: on an edge of their own. */

import { appendFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { defaultEdgeLimits, edgeHeaders } from "#contract/private-edge.ts";
import { droppedHeaders } from "#edge/nginx-configuration.ts";
import { freePorts } from "#local/free-ports.ts";
import { makeServerCertificate } from "#local/gateway/server-certificate.ts";
import { makeHierarchy } from "../support/hierarchy.ts";
import { withOpenssl } from "../support/openssl.ts";
import { call, codeOf } from "./support/calls.ts";
import { RunningEdge, type TlsIdentity, tlsIdentity } from "./support/running-edge.ts";
import { withNginx } from "./support/with-nginx.ts";

jest.setTimeout(60_000);

const selfSigned = (): Promise<TlsIdentity> =>
  withOpenssl(async (folder) => {
    await folder.shell(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert -subj /CN=self -days 1 -addext extendedKeyUsage=clientAuth",
    );
    return { cert: String(await folder.read("cert")), key: String(await folder.read("key")) };
  });

withNginx("limits and the token endpoint", () => {
  const edge = new RunningEdge();
  const client = tlsIdentity(edge.client);
  const asked: { headers: Record<string, unknown>; url: string | undefined }[] = [];
  let tokenServer: Server;
  let port = 0;

  beforeAll(async () => {
    const made = makeServerCertificate(["as.example.com"], new Date());
    const [own] = made.identities;
    tokenServer = createServer({ key: own?.key, cert: own?.certificate }, (request, response) => {
      asked.push({ headers: { ...request.headersDistinct }, url: request.url });
      response.end("{}");
    });
    await new Promise<void>((resolve) => tokenServer.listen(0, "127.0.0.1", resolve));
    [port = 0] = await freePorts(1);
    const limits = { ...defaultEdgeLimits, requestsPerSecond: 1, burst: 3 };
    const upstream = { address: "as.example.com", host: "as.example.com", pathPrefix: "" };
    const tokenPort = (tokenServer.address() as AddressInfo).port;
    const started = edge.start({
      limits,
      tokenEndpoint: { port, upstream: { ...upstream, port: tokenPort } },
    });
    await started;
    await appendFile(join(edge.folder, "authorities.pem"), made.authority);
    edge.publish();
    await edge.refresh();
    while ((await call(edge, { client, port, path: "/probe" })).status !== 200);
  });
  afterAll(async () => {
    await edge.close();
    tokenServer.closeAllConnections();
    await new Promise((resolve) => tokenServer.close(resolve));
  });
  beforeEach(() => {
    asked.length = 0;
  });
  const answered = async (more: Parameters<typeof call>[1]) => {
    for (;;) {
      const answer = await call(edge, { port, path: "/token", body: "a=b", ...more });
      if (answer.status !== 429) return answer;
    }
  };

  test("too many requests of one certificate are answered 429 as JSON", async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => call(edge, { client })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(6);
    expect(refused.map(codeOf)).toEqual(refused.map(() => "throttled"));
  });

  test.each([
    ["ours", () => client],
    ["another authority's", () => tlsIdentity(makeHierarchy().leaf())],
    ["signed by itself (RFC 8705 2.2)", selfSigned],
  ])("any client certificate is handed to the authorization server: %s", async (_, identity) => {
    const { cert, key } = await identity();
    expect((await answered({ client: { cert, key } })).status).toBe(200);
    expect(asked.at(-1)).toMatchObject({
      url: "/token",
      headers: { host: ["as.example.com"], [edgeHeaders.tokenCertificate]: [encodeURIComponent(cert)] },
    });
  });

  test("a forged certificate is dropped, and the private API's headers never get there", async () => {
    const names = [...Object.values(edgeHeaders), ...droppedHeaders, "X_Ssl_Cert"];
    const forged = Object.fromEntries(
      names.filter((name) => !["TE", "Trailer", "Upgrade"].includes(name)).map((name) => [name, "forged"]),
    );
    expect((await answered({ headers: forged })).status).toBe(200);
    expect(JSON.stringify(asked.at(-1))).not.toContain("forged");
    for (const name of Object.values(edgeHeaders)) expect(asked.at(-1)?.headers).not.toHaveProperty(name);
  });

  test("the token endpoint's port leads to nothing of the API, and the API's to no token", async () => {
    edge.aws.events.authorizer.length = 0;
    await answered({ client, path: "/api" });
    expect(edge.aws.events.authorizer).toEqual([]);
    asked.length = 0;
    await call(edge, { client, path: "/token" });
    expect(asked).toEqual([]);
  });
});
