/** The REQUEST authorizer as API Gateway runs it: FACTS 2. Every call goes through the running gateway. */
import { X509Certificate } from "node:crypto";
import { makeAuthority } from "./support/authority.ts";
import {
  account,
  allow,
  api,
  apiId,
  authorizer,
  deny,
  domain,
  domainName,
  domainWith,
  functionArn,
  method,
  NotReached,
  permission,
  policy,
  stage,
} from "./support/deployed.ts";
import { RunningGateway } from "./support/running-gateway.ts";

const ours = makeAuthority("Ours");
const client = ours.issue();
const execution = `arn:aws:execute-api:eu-west-2:${account}:${apiId}`;

let system: RunningGateway;
let now: Date;

beforeEach(async () => {
  now = new Date();
  system = new RunningGateway(ours.truststore);
  system.aws.domain = domain;
  await system.start(() => now);
});
afterEach(() => system.close());

const reconfigure = async (
  change: Partial<typeof authorizer>,
  rest: Parameters<typeof domainWith>[0] = {},
) => {
  system.aws.domain = domainWith({ authorizers: [{ ...authorizer, ...change }], ...rest });
  await system.gateway.reload();
  system.reasons();
};
const asked = () => system.aws.events.authorizer.length;

describe("the event", () => {
  test("has what AWS documents, and nothing of the body", async () => {
    await system.call({
      client,
      path: "/pets/7?q=a&q=b&n=%C3%A9",
      method: "PUT",
      body: "secret body",
      headers: { "X-Two": ["one", "two"], "User-Agent": "test/1", Authorization: "Bearer t" },
    });
    const [event] = system.aws.events.authorizer;
    expect(event).toEqual({
      type: "REQUEST",
      methodArn: `${execution}/test/PUT/pets/7`,
      resource: "/pets/{petId}",
      path: "/pets/7",
      httpMethod: "PUT",
      headers: expect.objectContaining({
        Host: domainName,
        "X-Two": "two",
        "User-Agent": "test/1",
        Authorization: "Bearer t",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
        "X-Amzn-Trace-Id": expect.stringMatching(/^Root=1-/),
      }),
      multiValueHeaders: expect.objectContaining({ "X-Two": ["one", "two"], Host: [domainName] }),
      queryStringParameters: { q: "b", n: "é" },
      multiValueQueryStringParameters: { q: ["a", "b"], n: ["é"] },
      pathParameters: { petId: "7" },
      stageVariables: {},
      requestContext: expect.objectContaining({
        resourceId: "r2",
        resourcePath: "/pets/{petId}",
        httpMethod: "PUT",
        path: "/pets/7",
        accountId: account,
        protocol: "HTTP/1.1",
        stage: "test",
        domainPrefix: "api",
        domainName,
        apiId,
        deploymentId: "dep001",
        requestTimeEpoch: now.getTime(),
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        extendedRequestId: expect.stringMatching(/=$/),
      }),
    });
    expect(JSON.stringify(event)).not.toContain("secret body");
  });

  test("absent parameters are empty objects", async () => {
    await system.call({ client });
    expect(system.aws.events.authorizer[0]).toMatchObject({
      queryStringParameters: {},
      multiValueQueryStringParameters: {},
      pathParameters: {},
      stageVariables: {},
    });
  });

  test("the certificate is there whole, named as real logs show it", async () => {
    await system.call({ client });
    const [event] = system.aws.events.authorizer as { requestContext: { identity: { clientCert: never } } }[];
    const node = new X509Certificate(client.cert);
    expect(event?.requestContext.identity.clientCert).toEqual({
      clientCertPem: client.cert,
      subjectDN: "CN=client-a,O=Example Ltd,OU=Partners",
      issuerDN: "CN=Ours Issuing,O=Example Ltd",
      serialNumber: BigInt(`0x${node.serialNumber}`).toString(),
      // Node's spelling is OpenSSL's, and OpenSSL's is AWS's: one-digit days are padded with a space.
      validity: { notBefore: node.validFrom, notAfter: node.validTo },
    });
  });

  test("one-digit days are padded with a space", async () => {
    const fixed = ours.issue({ notBefore: new Date("2026-02-03T06:02:08Z") });
    await system.call({ client: fixed });
    const [event] = system.aws.events.authorizer as {
      requestContext: { identity: { clientCert: object } };
    }[];
    expect(event?.requestContext.identity.clientCert).toHaveProperty(
      "validity.notBefore",
      "Feb  3 06:02:08 2026 GMT",
    );
  });

  test("the request's time is written as in a common log", async () => {
    await system.call({ client });
    const [event] = system.aws.events.authorizer as { requestContext: { requestTime: string } }[];
    const time = event?.requestContext.requestTime ?? "";
    expect(time).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
    expect(Date.parse(time.replace(/^(\d+)\/(\w+)\/(\d+):/, "$1 $2 $3 "))).toBe(
      Math.floor(now.getTime() / 1000) * 1000,
    );
  });

  test("a client cannot speak for the gateway: forwarding headers are the gateway's own", async () => {
    await system.call({
      client,
      headers: { "X-Forwarded-For": "10.9.9.9", "X-Forwarded-Port": "1", "x-forwarded-proto": "http" },
    });
    expect(system.aws.events.authorizer[0]).toMatchObject({
      headers: {
        "X-Forwarded-For": "10.9.9.9, 127.0.0.1",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
      },
      requestContext: { identity: { sourceIp: "127.0.0.1" } },
    });
  });

  test("one header in two spellings is one header with two values", async () => {
    await system.raw(
      `POST /api HTTP/1.1\r\nHost: ${domainName}\r\nAuthorization: a\r\nauthorization: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      client,
    );
    expect(system.aws.events.authorizer[0]).toMatchObject({
      headers: { Authorization: "b" },
      multiValueHeaders: { Authorization: ["a", "b"] },
    });
  });

  test("names of Object's prototype are names like any other", async () => {
    await system.call({ client, path: "/api?__proto__=x&constructor=y", headers: { constructor: "z" } });
    const parameters = system.aws.events.authorizer[0]?.queryStringParameters as object;
    expect(Object.entries(parameters)).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
  });

  test("with a base path the path holds it and the method's ARN does not", async () => {
    system.aws.domain = domainWith({}, { mappings: [{ basePath: "v1", apiId, stage: "test" }] });
    await system.gateway.reload();
    expect(await system.call({ client, path: "/v1/api" })).toMatchObject({ status: 200 });
    expect(system.aws.events.authorizer[0]).toMatchObject({
      path: "/v1/api",
      resource: "/api",
      methodArn: `${execution}/test/POST/api`,
    });
    for (const path of ["/api", "/v1api", "/v", "/v2/api"])
      expect(await system.call({ client, path })).toMatchObject({
        status: 403,
        body: '{"message":"Forbidden"}',
      });
  });
});

describe("identity sources", () => {
  const sources = [
    ["method.request.header.Authorization", { headers: { authorization: "x" } }],
    ["method.request.querystring.token", { path: "/api?token=x" }],
    ["context.identity.clientCert.clientCertPem", {}],
    ["stageVariables.tenant", {}],
  ] as const;

  test.each(sources)("%s: present, the function is asked", async (source, call) => {
    await reconfigure({ identitySources: [source] }, { stages: [{ ...stage, variables: { tenant: "a" } }] });
    expect(await system.call({ client, ...call })).toMatchObject({ status: 200 });
    expect(asked()).toBe(1);
  });

  test.each([
    ["a missing header", ["method.request.header.Authorization"], {}],
    ["an empty header", ["method.request.header.Authorization"], { headers: { Authorization: "" } }],
    ["a missing query parameter", ["method.request.querystring.token"], { path: "/api?other=x" }],
    ["a missing stage variable", ["stageVariables.tenant"], {}],
    ["a context variable that is none", ["context.identity.nothing"], {}],
    ["a path parameter, which AWS does not allow", ["method.request.path.petId"], { path: "/pets/7" }],
    ["one of two", ["context.identity.sourceIp", "method.request.header.Authorization"], {}],
  ])("%s is answered 401 and the function never called", async (_, identitySources, call) => {
    await reconfigure({ identitySources });
    expect(await system.call({ client, ...call })).toMatchObject({
      status: 401,
      body: '{"message":"Unauthorized"}',
    });
    expect(asked()).toBe(0);
    expect(system.reasons()).toEqual(["identity-source-missing"]);
  });

  test("without any, every request reaches the function", async () => {
    expect(await system.call({ client })).toMatchObject({ status: 200 });
    expect(asked()).toBe(1);
  });
});

describe("caching", () => {
  const cached = { identitySources: ["method.request.header.Authorization"], resultTtlSeconds: 300 };
  const call = { client, headers: { Authorization: "a" } };

  test("a TTL of 0 asks every time", async () => {
    await reconfigure({ ...cached, resultTtlSeconds: 0 });
    await system.call(call);
    await system.call(call);
    expect(asked()).toBe(2);
  });

  test("with a TTL the answer serves for that long, and no longer", async () => {
    await reconfigure(cached);
    await system.call(call);
    now = new Date(now.getTime() + 299_000);
    await system.call(call);
    expect(asked()).toBe(1);
    now = new Date(now.getTime() + 1_000);
    await system.call(call);
    expect(asked()).toBe(2);
  });

  test("another value of an identity source asks anew", async () => {
    await reconfigure(cached);
    await system.call(call);
    await system.call({ client, headers: { Authorization: "b" } });
    expect(asked()).toBe(2);
  });

  test("one cached policy answers for all methods: an Allow for one denies the next, as on AWS", async () => {
    await reconfigure(cached);
    expect(await system.call(call)).toMatchObject({ status: 200 });
    expect(await system.call({ ...call, method: "GET", path: "/pets/7" })).toMatchObject({ status: 403 });
    expect(asked()).toBe(1);
  });

  test("a stolen token rides on a cached Allow where the certificate is not in the key, as on AWS", async () => {
    await reconfigure(cached);
    await system.call(call);
    system.aws.authorizer = () => deny();
    expect(await system.call({ ...call, client: ours.issue() })).toMatchObject({ status: 200 });
    const withCertificate = ["context.identity.clientCert.clientCertPem", ...cached.identitySources];
    await reconfigure({ ...cached, identitySources: withCertificate });
    expect(await system.call({ ...call, client: ours.issue() })).toMatchObject({ status: 403 });
  });

  test("without identity sources nothing is cached", async () => {
    await reconfigure({ resultTtlSeconds: 300 });
    await system.call({ client });
    await system.call({ client });
    expect(asked()).toBe(2);
  });

  test("neither 401 nor a fault is kept", async () => {
    await reconfigure(cached);
    system.aws.authorizer = () => {
      throw new Error("Unauthorized");
    };
    expect(await system.call(call)).toMatchObject({ status: 401 });
    system.aws.authorizer = (event) => allow(event);
    expect(await system.call(call)).toMatchObject({ status: 200 });
  });
});

describe("the permission to invoke", () => {
  const ownArn = functionArn("authorizer");
  test.each([
    ["none", undefined],
    ["one for another authorizer", permission("authorizer", `${execution}/authorizers/other`)],
    ["one for the routes", permission("authorizer", `${execution}/test/POST/api`)],
    ["one for another API", permission("authorizer", "arn:aws:execute-api:eu-west-2:222222222222:other/*")],
  ])("%s: 500, and the function is not called", async (_, text) => {
    if (text === undefined) system.aws.policies.delete(ownArn);
    else system.aws.policies.set(ownArn, text);
    await system.gateway.reload();
    system.reasons();
    expect(await system.call({ client })).toMatchObject({ status: 500 });
    expect(asked()).toBe(0);
    expect(system.reasons()).toEqual(["authorizer-permission-missing"]);
  });

  test("given back, it works again", async () => {
    const text = system.aws.policies.get(ownArn) ?? "";
    system.aws.policies.delete(ownArn);
    await system.gateway.reload();
    expect(await system.call({ client })).toMatchObject({ status: 500 });
    system.aws.policies.set(ownArn, text);
    await system.gateway.reload();
    expect(await system.call({ client })).toMatchObject({ status: 200 });
  });
});

describe("the answer", () => {
  const message = "User is not authorized to access this resource";

  test("Allow lets the request through with the principal and the context as strings", async () => {
    system.aws.authorizer = (event) => allow(event, { name: "a", count: 3, bound: true });
    expect(await system.call({ client })).toMatchObject({ status: 200 });
    expect(system.aws.events.backend[0]).toMatchObject({
      requestContext: {
        authorizer: { principalId: "client-a", name: "a", count: "3", bound: "true", integrationLatency: 0 },
      },
    });
    expect(system.reasons()).toEqual(["none"]);
  });

  test("Deny is 403 with AWS's own words", async () => {
    system.aws.authorizer = () => deny();
    const answer = await system.call({ client });
    expect(answer).toMatchObject({ status: 403, body: `{"Message":"${message} with an explicit deny"}` });
    expect(answer.headers["x-amzn-errortype"]).toBe("AccessDeniedException");
    expect(system.aws.events.backend).toHaveLength(0);
    expect(system.reasons()).toEqual(["authorizer-denied"]);
  });

  test("an Allow of another method is 403", async () => {
    system.aws.authorizer = () => ({
      principalId: "a",
      policyDocument: policy("Allow", `${execution}/test/GET/api`),
    });
    expect(await system.call({ client })).toMatchObject({ status: 403, body: `{"Message":"${message}"}` });
    expect(system.reasons()).toEqual(["authorizer-allows-another-route"]);
  });

  test("Unauthorized is 401", async () => {
    system.aws.authorizer = () => {
      throw new Error("Unauthorized");
    };
    const answer = await system.call({ client });
    expect(answer).toMatchObject({ status: 401, body: '{"message":"Unauthorized"}' });
    expect(answer.headers["x-amzn-errortype"]).toBe("UnauthorizedException");
    expect(system.reasons()).toEqual(["authorizer-unauthorized"]);
  });

  test.each(["unauthorized", "Unauthorized ", "Unauthorized: token expired", "Access Denied", ""])(
    "an error that says %j is a fault: 500",
    async (text) => {
      system.aws.authorizer = () => {
        throw new Error(text);
      };
      const answer = await system.call({ client });
      expect(answer).toMatchObject({ status: 500, body: '{"message":null}' });
      expect(answer.headers["x-amzn-errortype"]).toBe("AuthorizerConfigurationException");
      expect(system.reasons()).toEqual(["authorizer-failed"]);
    },
  );

  test("a function that cannot be reached is 500", async () => {
    system.aws.authorizer = () => {
      throw new NotReached("connection refused");
    };
    expect(await system.call({ client })).toMatchObject({ status: 500 });
    expect(system.reasons()).toEqual(["authorizer-not-reached"]);
  });

  const fine = { principalId: "a", policyDocument: policy("Allow", "*") };
  const garbage: [string, unknown][] = [
    ["nothing", null],
    ["a string", "Allow"],
    ["true", true],
    ["a list", [fine]],
    ["no principal", { policyDocument: fine.policyDocument }],
    ["an empty principal", { ...fine, principalId: "" }],
    ["a number as principal", { ...fine, principalId: 7 }],
    ["no policy", { principalId: "a" }],
    ["a policy that is JSON in a string", { ...fine, policyDocument: JSON.stringify(fine.policyDocument) }],
    ["a policy without statements", { ...fine, policyDocument: { Version: "2012-10-17" } }],
    [
      "an effect in lower case",
      { ...fine, policyDocument: { Statement: [{ ...fine.policyDocument.Statement[0], Effect: "allow" }] } },
    ],
    [
      "a statement without resource",
      { ...fine, policyDocument: { Statement: [{ Effect: "Allow", Action: "*" }] } },
    ],
    [
      "a statement without action",
      { ...fine, policyDocument: { Statement: [{ Effect: "Allow", Resource: "*" }] } },
    ],
    [
      "a condition, which is not evaluated here",
      { ...fine, policyDocument: { Statement: [{ ...fine.policyDocument.Statement[0], Condition: {} }] } },
    ],
    [
      "NotResource",
      { ...fine, policyDocument: { Statement: [{ Effect: "Allow", Action: "*", NotResource: "x" }] } },
    ],
    ["a resource of 513 characters", { ...fine, policyDocument: policy("Allow", "*".repeat(513)) }],
    ["an object in the context", { ...fine, context: { a: { b: 1 } } }],
    ["a list in the context", { ...fine, context: { a: [] } }],
    ["null in the context", { ...fine, context: { a: null } }],
    ["a context that is a string", { ...fine, context: "x" }],
    ["a number as usage key", { ...fine, usageIdentifierKey: 7 }],
    ["more than 8 KB", { ...fine, context: { a: "x".repeat(8 * 1024) } }],
    ["API Gateway's version 2 answer", { isAuthorized: true }],
  ];
  test.each(garbage)("%s is malformed: 500, never an Allow", async (_, answer) => {
    system.aws.authorizer = () => answer;
    expect(await system.call({ client })).toMatchObject({ status: 500, body: '{"message":null}' });
    expect(system.aws.events.backend).toHaveLength(0);
    expect(system.reasons()).toEqual(["authorizer-answer-malformed"]);
  });

  test.each(["", "not JSON", "{", "undefined", '{"principalId":"a"} trailing'])(
    "the payload %j is malformed: 500",
    async (payload) => {
      system.aws.rawPayload.authorizer = payload;
      expect(await system.call({ client })).toMatchObject({ status: 500 });
      expect(system.reasons()).toEqual(["authorizer-answer-malformed"]);
    },
  );

  test("the answer that the garbage is made of is fine itself", async () => {
    system.aws.authorizer = () => ({
      ...fine,
      context: { a: "x", b: 1, c: false },
      usageIdentifierKey: "key",
    });
    expect(await system.call({ client })).toMatchObject({ status: 200 });
  });
});

describe("methods", () => {
  test("NONE asks no authorizer", async () => {
    const open = [{ id: "r1", path: "/api", methods: [method("POST", { authorizationType: "NONE" })] }];
    await reconfigure({}, { resources: open });
    expect(await system.call({ client })).toMatchObject({ status: 200 });
    expect(asked()).toBe(0);
  });

  test.each([
    ["AWS_IAM", method("POST", { authorizationType: "AWS_IAM" })],
    ["a user pool", method("POST", { authorizationType: "COGNITO_USER_POOLS" })],
    ["an authorizer that is not there", method("POST", { authorizerId: "gone" })],
    ["an API key that the client sends", method("POST", { apiKeyRequired: true })],
  ])("%s is not emulated and lets nobody through", async (_, changed) => {
    await reconfigure({}, { resources: [{ id: "r1", path: "/api", methods: [changed] }] });
    expect(await system.call({ client })).toMatchObject({ status: 500 });
    expect(system.aws.events).toEqual({ authorizer: [], backend: [] });
    expect(system.reasons()).toEqual(["not-emulated"]);
  });

  test.each([
    ["a TOKEN authorizer", { type: "TOKEN" }],
    ["an authorizer invoked with a role", { credentials: "arn:aws:iam::222222222222:role/x" }],
    ["an authorizer that is no function", { uri: "arn:aws:apigateway:eu-west-2:s3:path/x" }],
  ])("%s is not emulated and lets nobody through", async (_, change) => {
    await reconfigure(change);
    expect(await system.call({ client })).toMatchObject({ status: 500 });
    expect(system.reasons()).toEqual(["not-emulated"]);
  });

  test.each([
    ["a resource policy", { resourcePolicy: "{}" }],
    ["a web ACL that cannot be read", { stages: [{ ...stage, webAclArn: "arn:aws:wafv2:x" }] }],
  ])("%s is not emulated and lets nobody through", async (_, change) => {
    await reconfigure({}, change);
    expect(await system.call({ client })).toMatchObject({ status: 500 });
    expect(system.reasons()).toEqual(["not-emulated"]);
  });
});

test("the usual API has what these tests lean on", () => {
  expect(api.resources.map(({ path }) => path)).toEqual(["/", "/api", "/pets/{petId}"]);
});
