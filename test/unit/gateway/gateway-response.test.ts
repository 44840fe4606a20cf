/** Gateway responses: types, fallbacks, variables, headers (FACTS 2). Every answer comes from the running gateway. */
import { makeAuthority } from "./support/authority.ts";
import { allow, deny, domain, domainName, domainWith, stage } from "./support/deployed.ts";
import { RunningGateway } from "./support/running-gateway.ts";

const ours = makeAuthority("Ours");
const client = ours.issue();
let system: RunningGateway;

beforeEach(async () => {
  system = new RunningGateway(ours.truststore);
  system.aws.domain = domain;
  await system.start();
});
afterEach(() => system.close());

const json = (body: string) => ({ "application/json": body });
const configure = async (
  responseType: string,
  responseTemplates: Record<string, string>,
  more: { statusCode?: string; responseParameters?: Record<string, string> } = {},
  rest: Parameters<typeof domainWith>[0] = {},
) => {
  const response = { responseType, responseTemplates, responseParameters: {}, ...more };
  system.aws.domain = domainWith({ gatewayResponses: [response], ...rest });
  await system.gateway.reload();
};
const unauthorized = () => {
  throw new Error("Unauthorized");
};

describe("AWS's defaults", () => {
  test.each([
    [
      "an unknown path",
      { path: "/nowhere" },
      403,
      "Missing Authentication Token",
      "MissingAuthenticationTokenException",
    ],
    [
      "an unknown method",
      { method: "GET" },
      403,
      "Missing Authentication Token",
      "MissingAuthenticationTokenException",
    ],
    [
      "a path that is not UTF-8",
      { path: "/pets/%ff", method: "GET" },
      400,
      "Bad Request",
      "BadRequestException",
    ],
  ])("%s", async (_, call, status, message, type) => {
    const answer = await system.call({ client, ...call });
    expect(answer).toMatchObject({ status, body: JSON.stringify({ message }) });
    expect(answer.headers).toMatchObject({ "x-amzn-errortype": type, "content-type": "application/json" });
    expect(system.aws.events.authorizer).toHaveLength(0);
  });

  test("too many requests are answered 429", async () => {
    const methodSettings = { "*/*": { ratePerSecond: 0, burst: 1 } };
    system.aws.domain = domainWith({ stages: [{ ...stage, methodSettings }] });
    await system.gateway.reload();
    expect(await system.call({ client })).toMatchObject({ status: 200 });
    system.reasons();
    const answer = await system.call({ client });
    expect(answer).toMatchObject({ status: 429, body: '{"message":"Too Many Requests"}' });
    expect(answer.headers["x-amzn-errortype"]).toBe("TooManyRequestsException");
    expect(system.aws.events.authorizer).toHaveLength(1);
    expect(system.reasons()).toEqual(["throttled"]);
  });
});

describe("by type", () => {
  test("the configured type replaces status and body", async () => {
    await configure("MISSING_AUTHENTICATION_TOKEN", json('{"code":"no-route"}'), { statusCode: "404" });
    expect(await system.call({ client, path: "/x" })).toMatchObject({
      status: 404,
      body: '{"code":"no-route"}',
    });
  });

  test("an unconfigured type falls back to DEFAULT_4XX with its own status", async () => {
    await configure("DEFAULT_4XX", json('{"all":4}'));
    expect(await system.call({ client, path: "/x" })).toMatchObject({ status: 403, body: '{"all":4}' });
    system.aws.authorizer = () => 7;
    expect(await system.call({ client })).toMatchObject({ status: 500, body: '{"message":null}' });
  });

  test("a fault falls back to DEFAULT_5XX", async () => {
    await configure("DEFAULT_5XX", json('{"all":5}'));
    system.aws.authorizer = () => 7;
    expect(await system.call({ client })).toMatchObject({ status: 500, body: '{"all":5}' });
    system.aws.authorizer = (event) => allow(event);
    system.aws.backend = () => "malformed";
    expect(await system.call({ client })).toMatchObject({ status: 502, body: '{"all":5}' });
  });

  test("the type itself comes before the fallback", async () => {
    system.aws.domain = domainWith({
      gatewayResponses: [
        { responseType: "DEFAULT_4XX", responseTemplates: json('{"all":4}'), responseParameters: {} },
        { responseType: "UNAUTHORIZED", responseTemplates: json('{"own":1}'), responseParameters: {} },
      ],
    });
    await system.gateway.reload();
    system.aws.authorizer = unauthorized;
    expect(await system.call({ client })).toMatchObject({ status: 401, body: '{"own":1}' });
  });

  test("what is refused before the API is known cannot be replaced", async () => {
    await configure("DEFAULT_4XX", json('{"all":4}'));
    expect(await system.call({ client, host: "other.example.com" })).toMatchObject({
      status: 403,
      body: '{"message":"Forbidden"}',
    });
  });

  test("the template of the accepted type is taken, JSON otherwise", async () => {
    await configure("DEFAULT_4XX", { ...json('{"a":1}'), "text/plain": "plain" });
    const call = { client, path: "/x" };
    const plain = await system.call({ ...call, headers: { Accept: "text/html, text/plain;q=0.5" } });
    expect(plain).toMatchObject({ body: "plain", headers: { "content-type": "text/plain" } });
    expect(await system.call({ ...call, headers: { Accept: "image/png" } })).toMatchObject({
      body: '{"a":1}',
    });
  });
});

describe("variables", () => {
  test("of the context, the stage and the request", async () => {
    const template = JSON.stringify({
      requestId: "$context.requestId",
      path: "$context.path",
      method: "$context.httpMethod",
      domain: "$context.domainName",
      ip: "$context.identity.sourceIp",
      subject: "$context.identity.clientCert.subjectDN",
      stage: "$stageVariables.tenant",
      header: "$method.request.header.X-A",
      query: "$method.request.querystring.q",
      type: "$context.error.responseType",
    });
    const stages = [{ ...stage, variables: { tenant: "t1" } }];
    await configure("DEFAULT_4XX", json(template), {}, { stages });
    const answer = await system.call({ client, path: "/x?q=1", headers: { "X-A": "a" } });
    expect(JSON.parse(answer.body)).toEqual({
      requestId: answer.headers["x-amzn-requestid"],
      path: "/x",
      method: "POST",
      domain: domainName,
      ip: "127.0.0.1",
      subject: "CN=client-a,O=Example Ltd,OU=Partners",
      stage: "t1",
      header: "a",
      query: "1",
      type: "MISSING_AUTHENTICATION_TOKEN",
    });
  });

  test("the message comes bare and as a JSON string", async () => {
    await configure("DEFAULT_4XX", json('{"a":"$context.error.message","b":$context.error.messageString}'));
    expect(await system.call({ client, path: "/x" })).toMatchObject({
      body: '{"a":"Missing Authentication Token","b":"Missing Authentication Token"}',
    });
  });

  test("a name ends where a word ends, and other dollars stay", async () => {
    await configure("DEFAULT_4XX", {
      "application/json": '{"a":"$context.stage-$context.apiId.","b":"$5 $util.x"}',
    });
    expect(await system.call({ client, path: "/x" })).toMatchObject({
      body: '{"a":"test-a1b2c3d4e5.","b":"$5 $util.x"}',
    });
  });

  test("one without a value is empty, and only one's own are values", async () => {
    const names = ["context.authorizer.nothing", "context.constructor", "context.identity.__proto__"];
    const template = json(
      `{"a":"${names.map((name) => `$${name}`).join("|")}","b":"$stageVariables.toString"}`,
    );
    await configure("DEFAULT_4XX", template);
    expect(await system.call({ client, path: "/x" })).toMatchObject({ body: '{"a":"||","b":""}' });
  });

  test("a context's values go in unescaped; a body that they break is told", async () => {
    await configure("ACCESS_DENIED", json('{"message":"$context.authorizer.message"}'));
    system.aws.authorizer = () => deny({ message: 'a "quoted" word' });
    expect(await system.call({ client })).toMatchObject({ body: '{"message":"a "quoted" word"}' });
    expect(system.records.at(-1)).toMatchObject({ notes: ["ACCESS_DENIED: the body is not JSON"] });
  });

  test("a value that looks like a variable is not filled in a second time", async () => {
    await configure("ACCESS_DENIED", json('{"message":"$context.authorizer.message"}'));
    system.aws.authorizer = () => deny({ message: "$context.identity.clientCert.clientCertPem" });
    expect(await system.call({ client })).toMatchObject({
      body: '{"message":"$context.identity.clientCert.clientCertPem"}',
    });
  });
});

describe("the authorizer's context", () => {
  const show = json('{"code":"$context.authorizer.code","who":"$context.authorizer.principalId"}');
  const challenge = { "gatewayresponse.header.WWW-Authenticate": "context.authorizer.challenge" };

  test("is there on 403", async () => {
    await configure("ACCESS_DENIED", show, { responseParameters: challenge });
    system.aws.authorizer = () => deny({ code: "revoked", challenge: 'Bearer error="insufficient_scope"' });
    const answer = await system.call({ client });
    expect(answer).toMatchObject({ status: 403, body: '{"code":"revoked","who":"client-a"}' });
    expect(answer.headers["www-authenticate"]).toBe('Bearer error="insufficient_scope"');
  });

  test("is not there on 401: a thrown Unauthorized carries none", async () => {
    await configure("UNAUTHORIZED", show, { responseParameters: challenge });
    system.aws.authorizer = unauthorized;
    const answer = await system.call({ client });
    expect(answer).toMatchObject({ status: 401, body: '{"code":"","who":""}' });
    expect(answer.headers).not.toHaveProperty("www-authenticate");
  });

  test("of an earlier request is not there on a later 401", async () => {
    await configure("UNAUTHORIZED", show);
    system.aws.authorizer = (event) => allow(event, { code: "fine" });
    await system.call({ client });
    system.aws.authorizer = unauthorized;
    expect(await system.call({ client })).toMatchObject({ body: '{"code":"","who":""}' });
  });

  test("is not there on 500", async () => {
    await configure("AUTHORIZER_CONFIGURATION_ERROR", show);
    system.aws.authorizer = () => ({ ...deny({ code: "x" }), principalId: "" });
    expect(await system.call({ client })).toMatchObject({ status: 500, body: '{"code":"","who":""}' });
  });
});

describe("headers", () => {
  const header = (name: string, value: string) => ({
    responseParameters: { [`gatewayresponse.header.${name}`]: value },
  });
  const call = { client, path: "/x", headers: { "X-Fapi-Interaction-Id": "i-1" } };

  test.each([
    ["a static value", "'Bearer error=\"invalid_token\"'", 'Bearer error="invalid_token"'],
    ["a request's header", "method.request.header.x-fapi-interaction-id", "i-1"],
    ["a context variable", "context.domainName", domainName],
    ["nothing", "context.authorizer.challenge", undefined],
    ["an expression that is not understood", "integration.response.header.X", undefined],
  ])("%s", async (_, source, expected) => {
    await configure("DEFAULT_4XX", {}, header("WWW-Authenticate", source));
    expect((await system.call(call)).headers["www-authenticate"]).toBe(expected);
  });

  test("may replace the content type", async () => {
    await configure("DEFAULT_4XX", json("{}"), header("Content-Type", "'application/problem+json'"));
    expect((await system.call(call)).headers["content-type"]).toBe("application/problem+json");
  });

  test("a line break in a value makes no new header and no new line", async () => {
    await configure("ACCESS_DENIED", json("{}"), header("X-Reason", "context.authorizer.why"));
    system.aws.authorizer = () => deny({ why: "a\r\nSet-Cookie: b=c\r\n\r\n<html>" });
    const answer = await system.call({ client });
    expect(answer).toMatchObject({ status: 403, body: "{}" });
    expect(answer.headers).not.toHaveProperty("set-cookie");
    expect(answer.headers).not.toHaveProperty("x-reason");
    expect(system.records.at(-1)).toMatchObject({ notes: [expect.stringMatching(/X-Reason is left out/)] });
  });

  test("a character beyond Latin-1 in a value does not stop the answer", async () => {
    await configure("ACCESS_DENIED", json("{}"), header("X-Reason", "context.authorizer.why"));
    system.aws.authorizer = () => deny({ why: "日本" });
    expect(await system.call({ client })).toMatchObject({ status: 403 });
  });
});
