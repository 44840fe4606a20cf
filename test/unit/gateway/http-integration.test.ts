/** HTTP proxy integration: what a backend gets, what a client gets back, and every way in which a backend can fail. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { makeServerCertificate } from "#local/gateway/server-certificate.ts";
import { makeAuthority } from "./support/authority.ts";
import { allow, apiId, domainWith, method } from "./support/deployed.ts";
import { RunningGateway } from "./support/running-gateway.ts";

const ours = makeAuthority("Ours");
const client = ours.issue();
const host = "pets.test.example.com";
const certificate = makeServerCertificate([host], new Date());
const other = makeServerCertificate([host], new Date());
const name = makeServerCertificate(["other.test.example.com"], new Date());

type Respond = (request: IncomingMessage, response: ServerResponse, body: string) => void;
let respond: Respond;
let seen: { request: IncomingMessage; body: string }[];
let system: RunningGateway;
let backend: Server;

const serve = (made = certificate): Server =>
  createServer(
    { key: made.identities[0]?.key, cert: made.identities[0]?.certificate },
    (request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      request.on("end", () => {
        seen.push({ request, body });
        respond(request, response, body);
      });
    },
  );
const listen = (server: Server) =>
  new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
const stop = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const integration = {
  type: "HTTP_PROXY",
  httpMethod: "ANY",
  uri: `https://${host}/v1/pets/{petId}`,
  requestParameters: {
    "integration.request.path.petId": "method.request.path.petId",
    "integration.request.header.X-Backend-Token": "context.authorizer.backendToken",
  },
  timeoutMilliseconds: 300,
};

async function deploy(change: object = {}, api: Parameters<typeof domainWith>[0] = {}) {
  const resources = [
    {
      id: "r1",
      path: "/pets/{petId}",
      methods: [method("ANY", { integration: { ...integration, ...change } as never })],
    },
  ];
  system.aws.domain = domainWith({ resources, ...api });
  await system.gateway.reload();
  system.reasons();
}

beforeEach(async () => {
  seen = [];
  respond = (_, response) => response.end("hello");
  backend = serve();
  system = new RunningGateway(ours.truststore);
  system.backends = { [host]: { port: await listen(backend), authority: certificate.authority } };
  system.aws.authorizer = (event) =>
    allow({ ...event, httpMethod: "*" }, { backendToken: "signed", code: "allowed" });
  await system.start();
  await deploy();
});
afterEach(async () => {
  await Promise.all([system.close(), stop(backend)]);
});

const call = (options: Parameters<RunningGateway["call"]>[0] = {}) =>
  system.call({ client, method: "GET", path: "/pets/12", ...options });
const got = () => seen.at(-1) as { request: IncomingMessage; body: string };

describe("the backend gets", () => {
  test("method, query and body as they came, the path filled in, the token, and who stands between", async () => {
    const answer = await call({ method: "PUT", path: "/pets/12?a=1&a=%262&b", body: '{"name":"Momo"}' });
    expect(answer).toMatchObject({ status: 200, body: "hello" });
    const { request, body } = got();
    expect([request.method, request.url, body]).toEqual([
      "PUT",
      "/v1/pets/12?a=1&a=%262&b",
      '{"name":"Momo"}',
    ]);
    expect(request.headers).toMatchObject({
      host,
      "x-backend-token": "signed",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "https",
      "x-amzn-apigateway-api-id": apiId,
    });
  });

  test("the authorizer's token and not the client's, in any spelling, even named as a header of the connection", async () => {
    await call({ headers: { "x-backend-token": "mine", Connection: "X-Backend-Token, close" } });
    expect(got().request.rawHeaders.filter((one) => /backend-token/i.test(one))).toEqual(["X-Backend-Token"]);
    expect(got().request.headers["x-backend-token"]).toBe("signed");
  });

  test("the client's own when the authorizer gives none: why such a request must be denied", async () => {
    system.aws.authorizer = (event) => allow({ ...event, httpMethod: "*" });
    await call({ headers: { "X-Backend-Token": "mine" } });
    expect(got().request.headers["x-backend-token"]).toBe("mine");
  });

  test("no header that belongs to the client's connection", async () => {
    await call({
      headers: { TE: "trailers", Connection: "close, X-Secret", "X-Secret": "1", "X-Mine": "2" },
    });
    expect(got().request.headers).not.toHaveProperty("te");
    expect(got().request.headers).not.toHaveProperty("x-secret");
    expect(got().request.headers).toMatchObject({ "x-mine": "2", connection: "close" });
  });

  test("both of two headers of one name", async () => {
    await call({ headers: { "X-Two": ["1", "2"] } });
    expect(got().request.headers["x-two"]).toBe("1, 2");
  });

  test.each([
    ["/pets/a%2Fb", "/v1/pets/a%2Fb"],
    ["/pets/%C3%A9", "/v1/pets/%C3%A9"],
    ["/pets/1%3Fx=1", "/v1/pets/1%3Fx%3D1"],
    ["/pets/1%23x", "/v1/pets/1%23x"],
    ["/pets/a%0D%0AX:1", "/v1/pets/a%0D%0AX%3A1"],
    ["/pets/%252e%252e", "/v1/pets/%252e%252e"],
  ])("a parameter as one segment, encoded: %s", async (path, url) => {
    await call({ path });
    expect(got().request.url).toBe(url);
  });

  test.each(["/pets/%2e%2e", "/pets/%2E", "/pets/.."])("nothing of %s", async (path) => {
    expect((await call({ path })).status).toBe(500);
    expect(seen).toEqual([]);
  });
});

describe("the client gets", () => {
  test.each([201, 204, 301, 302, 404, 418, 500, 503])("a status of %i as it is", async (status) => {
    respond = (_, response) =>
      response.writeHead(status, { Location: "https://elsewhere.example.com/" }).end();
    const answer = await call();
    expect(answer).toMatchObject({ status, headers: { location: "https://elsewhere.example.com/" } });
    expect(seen).toHaveLength(1);
  });

  test("headers as they are, but for those that the gateway keeps for itself", async () => {
    respond = (_, response) =>
      response
        .writeHead(200, {
          Server: "pets",
          Via: "1.1 x",
          "Set-Cookie": ["a=1", "b=2"],
          "WWW-Authenticate": "Basic",
        })
        .end("{}");
    const { headers } = await call();
    expect(headers).toMatchObject({
      "x-amzn-remapped-server": "pets",
      "x-amzn-remapped-www-authenticate": "Basic",
      "set-cookie": ["a=1", "b=2"],
    });
    for (const gone of ["server", "via", "www-authenticate", "transfer-encoding"])
      expect(headers).not.toHaveProperty(gone);
  });
});

const answers = [
  { responseType: "INTEGRATION_FAILURE", statusCode: "502", body: '{"code":"failed"}' },
  { responseType: "INTEGRATION_TIMEOUT", statusCode: "504", body: '{"code":"timeout"}' },
].map(({ body, ...one }) => ({
  ...one,
  responseParameters: {},
  responseTemplates: { "application/json": body },
}));

describe("a backend that fails", () => {
  beforeEach(() => deploy({}, { gatewayResponses: answers }));
  const failed = async () => {
    expect(await call()).toMatchObject({ status: 502, body: '{"code":"failed"}' });
    expect(system.reasons()).toEqual(["integration-not-reached"]);
  };

  test("is down: 502 with our body", async () => {
    await stop(backend);
    await failed();
  });

  test("does not answer in time: 504 with our body", async () => {
    respond = () => undefined;
    expect(await call()).toMatchObject({ status: 504, body: '{"code":"timeout"}' });
    expect(system.reasons()).toEqual(["integration-timeout"]);
  });

  test("begins in time and goes on for ever: 504", async () => {
    respond = (_, response) => response.writeHead(200).write("one byte at a time");
    expect((await call()).status).toBe(504);
  });

  test.each<[string, (socket: Socket) => void]>([
    ["breaks off before the answer", (socket) => socket.destroy()],
    ["answers with what is no HTTP", (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n\r\n")],
    [
      "breaks off within the answer",
      (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
    ],
    [
      "says two lengths",
      (socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    ],
    [
      "answers with a header of a megabyte",
      (socket) => socket.end(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(2 ** 20)}\r\n\r\n`),
    ],
  ])("%s: 502", async (_, answer) => {
    respond = (request) => answer(request.socket);
    await failed();
  });

  test("answers with more than 10 MB: 502", async () => {
    await deploy({ timeoutMilliseconds: 20_000 }, { gatewayResponses: answers });
    respond = (_, response) => response.end(Buffer.alloc(10 * 1024 * 1024 + 1));
    await failed();
  });

  test("answers with 10 MB: it gets through", async () => {
    await deploy({ timeoutMilliseconds: 20_000 }, { gatewayResponses: answers });
    respond = (_, response) => response.end(Buffer.alloc(10 * 1024 * 1024));
    expect((await call()).status).toBe(200);
  });

  test.each([
    ["whose certificate somebody else signed", other],
    ["whose certificate bears another name", name],
  ])("%s: 502, and it sees no request", async (_, made) => {
    const impostor = serve(made);
    const port = await listen(impostor);
    const authority = made === name ? name.authority : certificate.authority;
    await system.close();
    system.backends = { [host]: { port, authority } };
    await system.start();
    await deploy({}, { gatewayResponses: answers });
    await failed();
    expect(seen).toEqual([]);
    await stop(impostor);
  });
});

describe("what this gateway cannot do as AWS would is an error, never a guess", () => {
  test.each([
    ["plain http", { uri: `http://${host}/pets` }],
    ["no URI", { uri: undefined }],
    ["a parameter that nothing fills", { requestParameters: {} }],
    [
      "a mapping of the body",
      { requestParameters: { "integration.request.header.X": "method.request.body" } },
    ],
    ["a mapping to the query", { requestParameters: { "integration.request.querystring.x": "'1'" } }],
    ["another kind of integration", { type: "HTTP" }],
  ])("%s", async (_, change) => {
    await deploy(change);
    expect((await call()).status).toBe(500);
    expect(system.reasons()).toEqual(["not-emulated"]);
    expect(seen).toEqual([]);
  });
});
