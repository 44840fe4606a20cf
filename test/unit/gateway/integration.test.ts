/** Lambda proxy integration: event, permission, time-out, answers (LOCAL 1: the embedded AWS passes malformed ones). */
import { makeAuthority } from "./support/authority.ts";
import {
  account,
  allow,
  apiId,
  domain,
  domainName,
  domainWith,
  functionArn,
  method,
  NotReached,
  permission,
  stage,
} from "./support/deployed.ts";
import { RunningGateway } from "./support/running-gateway.ts";

const ours = makeAuthority("Ours");
const client = ours.issue();
const execution = `arn:aws:execute-api:eu-west-2:${account}:${apiId}`;
const uri = method("POST").integration?.uri ?? "";
let system: RunningGateway;

beforeEach(async () => {
  system = new RunningGateway(ours.truststore);
  system.aws.domain = domain;
  await system.start();
});
afterEach(() => system.close());

const withIntegration = async (
  integration: object | undefined,
  rest: Parameters<typeof domainWith>[0] = {},
) => {
  const one = method("POST");
  const { integration: _, ...bare } = one;
  const changed = integration
    ? { ...one, integration: { ...one.integration, ...integration } as never }
    : bare;
  system.aws.domain = domainWith({ resources: [{ id: "r1", path: "/api", methods: [changed] }], ...rest });
  await system.gateway.reload();
  system.reasons();
};
const event = () => system.aws.events.backend.at(-1) as Record<string, unknown>;
const internal = '{"message":"Internal server error"}';

describe("the event", () => {
  test("has what AWS documents; what is empty is null", async () => {
    system.aws.authorizer = (asked) => allow(asked, { level: 3 });
    await system.call({ client, body: '{"a":1}', headers: { "Content-Type": "application/json" } });
    expect(event()).toMatchObject({
      resource: "/api",
      path: "/api",
      httpMethod: "POST",
      headers: { Host: domainName, "Content-Type": "application/json" },
      multiValueHeaders: { Host: [domainName] },
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      pathParameters: null,
      stageVariables: null,
      body: '{"a":1}',
      isBase64Encoded: false,
      requestContext: {
        stage: "test",
        authorizer: { principalId: "client-a", level: "3" },
        identity: { clientCert: { clientCertPem: client.cert } },
      },
    });
  });

  test("parameters are decoded, all values kept", async () => {
    await system.call({ client, method: "GET", path: "/pets/a%2Fb?q=1&q=2%263" });
    expect(event()).toMatchObject({
      path: "/pets/a%2Fb",
      pathParameters: { petId: "a/b" },
      queryStringParameters: { q: "2&3" },
      multiValueQueryStringParameters: { q: ["1", "2&3"] },
      body: null,
    });
  });

  test.each([
    ["no binary type", [], "image/png", false],
    ["its own type", ["image/png"], "image/png", true],
    ["its family", ["image/*"], "image/png; x=y", true],
    ["all", ["*/*"], "text/plain", true],
    ["another type", ["image/gif"], "image/png", false],
  ])("a body is base64 with %s configured", async (_, binaryMediaTypes, type, binary) => {
    system.aws.domain = domainWith({ binaryMediaTypes });
    await system.gateway.reload();
    const body = Buffer.from([1, 2, 250]);
    await system.call({ client, body, headers: { "Content-Type": type } });
    expect(event()).toMatchObject({
      isBase64Encoded: binary,
      body: body.toString(binary ? "base64" : "utf8"),
    });
  });

  test("connection headers end at the gateway", async () => {
    await system.call({ client, headers: { Connection: "close", TE: "trailers", Upgrade: "h2c" } });
    const names = Object.keys(event().headers as object).map((name) => name.toLowerCase());
    for (const name of ["connection", "te", "upgrade", "transfer-encoding"])
      expect(names).not.toContain(name);
  });

  test("stage variables are filled into the function's name", async () => {
    await withIntegration(
      { uri: uri.replace(":backend/", ":$" + "{stageVariables.target}/") },
      { stages: [{ ...stage, variables: { target: "backend" } }] },
    );
    expect(await system.call({ client })).toMatchObject({ status: 200 });
    expect(event()).toMatchObject({ stageVariables: { target: "backend" } });
  });
});

describe("the permission to invoke", () => {
  test.each([
    ["none", undefined],
    ["one for another route", permission("backend", `${execution}/test/POST/other`)],
    ["one for another method", permission("backend", `${execution}/test/GET/api`)],
    ["one for another stage", permission("backend", `${execution}/prod/POST/api`)],
    ["one for the authorizer", permission("backend", `${execution}/authorizers/*`)],
  ])("%s: 500 as on AWS, and the function is not called", async (_, text) => {
    if (text === undefined) system.aws.policies.delete(functionArn("backend"));
    else system.aws.policies.set(functionArn("backend"), text);
    await system.gateway.reload();
    system.reasons();
    expect(await system.call({ client })).toMatchObject({ status: 500, body: internal });
    expect(system.aws.events.backend).toHaveLength(0);
    expect(system.reasons()).toEqual(["integration-permission-missing"]);
  });

  test("a route with parameters is admitted by its template with wildcards, as the stacks write it", async () => {
    system.aws.policies.set(functionArn("backend"), permission("backend", `${execution}/test/GET/pets/*`));
    await system.gateway.reload();
    expect(await system.call({ client, method: "GET", path: "/pets/7" })).toMatchObject({ status: 200 });
  });

  test("a permission for one value of a parameter admits nobody: a caller must not choose it", async () => {
    system.aws.policies.set(functionArn("backend"), permission("backend", `${execution}/test/GET/pets/7`));
    await system.gateway.reload();
    expect(await system.call({ client, method: "GET", path: "/pets/7" })).toMatchObject({ status: 500 });
  });
});

describe("the answer", () => {
  test("status, headers and body go out", async () => {
    system.aws.backend = () => ({
      statusCode: "418",
      headers: { "X-One": "1", "X-Number": 2, "Content-Type": "text/plain", "X-Both": "dropped" },
      multiValueHeaders: { "Set-Cookie": ["a=1", "b=2"], "x-both": ["kept"] },
      body: "tea",
      isBase64Encoded: false,
    });
    expect(await system.call({ client })).toMatchObject({
      status: 418,
      body: "tea",
      headers: {
        "x-one": "1",
        "x-number": "2",
        "x-both": "kept",
        "content-type": "text/plain",
        "set-cookie": ["a=1", "b=2"],
      },
    });
  });

  test("headers that API Gateway keeps for itself are renamed or dropped", async () => {
    system.aws.backend = () => ({
      statusCode: 401,
      headers: {
        "WWW-Authenticate": "Bearer",
        Server: "mine",
        Date: "never",
        "Content-Length": "99999",
        Connection: "keep-alive",
        "Transfer-Encoding": "chunked",
        Trailer: "x",
      },
      body: "x",
    });
    const { headers } = await system.call({ client });
    expect(headers).toMatchObject({
      "x-amzn-remapped-www-authenticate": "Bearer",
      "x-amzn-remapped-server": "mine",
      "x-amzn-remapped-date": "never",
      "x-amzn-remapped-content-length": "99999",
      "content-length": "1",
    });
    for (const name of ["www-authenticate", "server", "transfer-encoding", "trailer"])
      expect(headers).not.toHaveProperty(name);
  });

  test.each([
    ["without binary types stays text", [], "*/*", Buffer.from("AQL6")],
    ["with an accepted binary type is decoded", ["image/png"], "image/png", Buffer.from([1, 2, 250])],
    [
      "with a type that the client does not accept stays text",
      ["image/png"],
      "text/html",
      Buffer.from("AQL6"),
    ],
  ])("base64 %s", async (_, binaryMediaTypes, accept, expected) => {
    system.aws.domain = domainWith({ binaryMediaTypes });
    await system.gateway.reload();
    system.aws.backend = () => ({ statusCode: 200, body: "AQL6", isBase64Encoded: true });
    const answer = await system.call({ client, headers: { Accept: accept } });
    expect(answer).toMatchObject({ headers: { "content-length": String(expected.length) } });
    expect(Buffer.from(answer.body)).toEqual(Buffer.from(expected.toString("utf8")));
  });

  test("204 has no body and no length", async () => {
    system.aws.backend = () => ({ statusCode: 204, body: "not sent" });
    const answer = await system.call({ client });
    expect(answer).toMatchObject({ status: 204, body: "" });
    expect(answer.headers).not.toHaveProperty("content-length");
  });

  test("HEAD has the length and no body", async () => {
    const answer = await system.call({ client, method: "HEAD", path: "/pets/7" });
    expect(answer).toMatchObject({ status: 200, body: "", headers: { "content-length": "19" } });
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a string", "hello"],
    ["a list", [{ statusCode: 200 }]],
    ["no status", { body: "x" }],
    ["an object of the function's own", { message: "hello" }],
    ["a status and an unknown key", { statusCode: 200, message: "hello" }],
    ["a status that is none", { statusCode: 99 }],
    ["a status of four digits", { statusCode: 2000 }],
    ["an informational status", { statusCode: 101 }],
    ["a status with spaces", { statusCode: " 200" }],
    ["a status that is a list", { statusCode: [200] }],
    ["a body that is an object", { statusCode: 200, body: { a: 1 } }],
    ["headers that are a list", { statusCode: 200, headers: [] }],
    ["a header that is an object", { statusCode: 200, headers: { a: {} } }],
    ["a header that is null", { statusCode: 200, headers: { a: null } }],
    ["multi-value headers without lists", { statusCode: 200, multiValueHeaders: { a: "b" } }],
    ["isBase64Encoded as a word", { statusCode: 200, isBase64Encoded: "false" }],
    ["a line break in a header", { statusCode: 200, headers: { a: "b\r\nSet-Cookie: c=d" } }],
    ["a line break in a header's name", { statusCode: 200, headers: { "a\r\nb": "c" } }],
    ["an empty header name", { statusCode: 200, headers: { "": "c" } }],
    ["a header beyond Latin-1", { statusCode: 200, headers: { a: "日本" } }],
  ])("%s is malformed: 502", async (_, answer) => {
    system.aws.backend = () => answer;
    const got = await system.call({ client });
    expect(got).toMatchObject({ status: 502, body: internal });
    expect(got.headers).not.toHaveProperty("set-cookie");
    expect(system.reasons().at(-1)).toBe("integration-answer-malformed");
  });

  test("a function that throws is 502 and tells the caller nothing", async () => {
    system.aws.backend = () => {
      throw new Error("secret detail");
    };
    expect(await system.call({ client })).toMatchObject({ status: 502, body: internal });
    expect(system.reasons().at(-1)).toBe("integration-failed");
  });

  test("one that does not answer in time is 504", async () => {
    await withIntegration({ timeoutMilliseconds: 50 });
    system.aws.backend = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new NotReached("aborted")));
      });
    expect(await system.call({ client })).toMatchObject({
      status: 504,
      body: '{"message":"Endpoint request timed out"}',
    });
    expect(system.reasons()).toEqual(["integration-timeout"]);
  });

  test("one that cannot be reached is 504", async () => {
    system.aws.backend = () => {
      throw new NotReached("connection refused");
    };
    expect(await system.call({ client })).toMatchObject({ status: 504 });
    expect(system.reasons().at(-1)).toBe("integration-not-reached");
  });
});

test.each([
  ["HTTP without proxy", { type: "HTTP", uri: "https://backend.example.com" }],
  ["MOCK that passes anything through", { type: "MOCK" }],
  ["AWS without proxy", { type: "AWS" }],
  ["an integration invoked with a role", { credentials: "arn:aws:iam::222222222222:role/x" }],
  ["another service", { uri: "arn:aws:apigateway:eu-west-2:sqs:path/1/queue" }],
  ["no integration", undefined],
])("%s is not emulated: 500, and nothing is called", async (_, integration) => {
  await withIntegration(integration);
  expect(await system.call({ client })).toMatchObject({ status: 500, body: internal });
  expect(system.aws.events.backend).toHaveLength(0);
  expect(system.reasons()).toEqual(["not-emulated"]);
});
