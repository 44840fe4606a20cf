/** The access log: the stage's own format, the client-certificate fields as real logs show them (FACTS 2). */
import { X509Certificate } from "node:crypto";
import { issueNamed, makeAuthority } from "./support/authority.ts";
import { allow, deny, domainName, domainWith, stage } from "./support/deployed.ts";
import { RunningGateway } from "./support/running-gateway.ts";

const ours = makeAuthority("Ours");
const client = ours.issue();
let system: RunningGateway;
let now: Date;

const fields = {
  requestId: "$context.requestId",
  time: "$context.requestTime",
  domainName: "$context.domainName",
  method: "$context.httpMethod",
  resourcePath: "$context.resourcePath",
  status: "$context.status",
  length: "$context.responseLength",
  latency: "$context.responseLatency",
  integrationLatency: "$context.integrationLatency",
  error: "$context.error.responseType",
  ip: "$context.identity.sourceIp",
  tls: "$context.tlsVersion",
  cipher: "$context.cipherSuite",
  subject: "$context.identity.clientCert.subjectDN",
  issuer: "$context.identity.clientCert.issuerDN",
  serial: "$context.identity.clientCert.serialNumber",
  notBefore: "$context.identity.clientCert.validity.notBefore",
  notAfter: "$context.identity.clientCert.validity.notAfter",
  principal: "$context.authorizer.principalId",
  code: "$context.authorizer.code",
  authorizerError: "$context.authorizer.error",
  authorizerLatency: "$context.authorizer.latency",
  authorizerStatus: "$context.authorizer.status",
};
const destinationArn = "arn:aws:logs:eu-west-2:222222222222:log-group:/access";

beforeEach(async () => {
  now = new Date();
  system = new RunningGateway(ours.truststore);
  await useFormat(JSON.stringify(fields), false);
  await system.start(() => now);
});
afterEach(() => system.close());

async function useFormat(format: string, reload = true) {
  system.aws.domain = domainWith({ stages: [{ ...stage, accessLog: { destinationArn, format } }] });
  if (reload) await system.gateway.reload();
}
const lastLine = (): Record<string, string> => JSON.parse(system.accessLog.at(-1) ?? "null");

test("an answered request: every field", async () => {
  system.aws.authorizer = (event) => {
    now = new Date(now.getTime() + 30);
    return allow(event, { code: "fine" });
  };
  system.aws.backend = () => {
    now = new Date(now.getTime() + 12);
    return { statusCode: 201, body: "12345" };
  };
  const answer = await system.call({ client });
  const node = new X509Certificate(client.cert);
  expect(lastLine()).toEqual({
    requestId: answer.headers["x-amzn-requestid"],
    time: expect.stringMatching(/^\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
    domainName,
    method: "POST",
    resourcePath: "/api",
    status: "201",
    length: "5",
    latency: "42",
    integrationLatency: "12",
    error: "-",
    ip: "127.0.0.1",
    tls: "TLSv1.3",
    cipher: expect.stringMatching(/^TLS_AES_/),
    subject: "CN=client-a,O=Example Ltd,OU=Partners",
    issuer: "CN=Ours Issuing,O=Example Ltd",
    serial: BigInt(`0x${node.serialNumber}`).toString(),
    notBefore: node.validFrom,
    notAfter: node.validTo,
    principal: "client-a",
    code: "fine",
    authorizerError: "-",
    authorizerLatency: "30",
    authorizerStatus: "200",
  });
});

test("a denied request shows the authorizer's context", async () => {
  system.aws.authorizer = () => deny({ code: "revoked" });
  await system.call({ client });
  expect(lastLine()).toMatchObject({
    status: "403",
    error: "ACCESS_DENIED",
    code: "revoked",
    principal: "client-a",
    authorizerStatus: "403",
    integrationLatency: "-",
  });
});

test("a thrown Unauthorized shows no context", async () => {
  system.aws.authorizer = () => {
    throw new Error("Unauthorized");
  };
  await system.call({ client });
  expect(lastLine()).toMatchObject({
    status: "401",
    error: "UNAUTHORIZED",
    code: "-",
    principal: "-",
    authorizerError: "Unauthorized",
    authorizerStatus: "401",
  });
});

test("an unknown path is logged without a resource", async () => {
  await system.call({ client, path: "/x" });
  expect(lastLine()).toMatchObject({
    status: "403",
    resourcePath: "-",
    error: "MISSING_AUTHENTICATION_TOKEN",
  });
});

test("what never reached the stage is in no stage's log", async () => {
  await system.call({ client: makeAuthority("Theirs").issue() });
  await system.call({ client, host: "other.example.com" });
  await system.call().catch(() => undefined);
  expect(system.accessLog).toEqual([]);
});

test("the line goes where the stage says, dated as the request", async () => {
  const written: unknown[] = [];
  Object.assign(system.aws, { writeAccessLog: async (...line: unknown[]) => void written.push(line) });
  await system.call({ client });
  expect(written).toEqual([[destinationArn, system.accessLog[0], now]]);
});

test("a log that cannot be written is told and stops no answer", async () => {
  Object.assign(system.aws, { writeAccessLog: async () => Promise.reject(new Error("throttled")) });
  expect(await system.call({ client })).toMatchObject({ status: 200 });
  expect(system.records).toContainEqual(
    expect.objectContaining({ event: "failed", what: "writing the access log", message: "throttled" }),
  );
});

describe("values from outside", () => {
  const evil = 'evil","status":"200"}\r\n{"forged":"\u2028\\';

  test("a name in a certificate ends no line and forges no field", async () => {
    await system.call({ client: issueNamed(ours.issuing, evil) });
    expect(system.accessLog).toHaveLength(1);
    expect(system.accessLog[0]).not.toMatch(/[\r\n\u2028]/);
    expect(Object.keys(lastLine())).toEqual(Object.keys(fields));
    expect(lastLine().subject).toContain("evil");
  });

  test("nor does a header, nor the authorizer's context", async () => {
    await useFormat('{"agent":"$context.identity.userAgent","code":"$context.authorizer.code"}');
    system.aws.authorizer = () => deny({ code: evil });
    await system.call({ client, headers: { "User-Agent": 'a","forged":"b\\' } });
    expect(lastLine()).toEqual({ agent: 'a","forged":"b\\', code: evil });
  });

  test("a value that looks like a variable is not filled in", async () => {
    await useFormat('{"agent":"$context.identity.userAgent"}');
    await system.call({ client, headers: { "User-Agent": "$context.requestId" } });
    expect(lastLine()).toEqual({ agent: "$context.requestId" });
  });

  test("variables that nobody knows are a dash", async () => {
    await useFormat('{"a":"$context.nothing","b":"$context.constructor","c":"$context.identity"}');
    await system.call({ client });
    expect(lastLine()).toEqual({ a: "-", b: "-", c: "-" });
  });
});

test("a name ends where a word ends", async () => {
  await useFormat("$context.httpMethod-$context.status.$context.path/$context.nothing-x");
  await system.call({ client });
  expect(system.accessLog[0]).toBe("POST-200./api/--x");
});

test("the common log format works as well", async () => {
  await useFormat(
    '$context.identity.sourceIp - [$context.requestTime] "$context.httpMethod $context.path" $context.status.',
  );
  await system.call({ client });
  expect(system.accessLog[0]).toMatch(/^127\.0\.0\.1 - \[.*\+0000\] "POST \/api" 200\.$/);
});
