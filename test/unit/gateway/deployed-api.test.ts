/** Reading a deployed API back through the SDK: all pages, AWS's defaults, against answers as API Gateway gives them. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DeployedApi } from "#aws/deployed-api.ts";
import { DeployedFunctions } from "#aws/deployed-function.ts";
import { TruststoreObjects } from "#aws/truststore-object.ts";

type Reply = unknown | ((query: URLSearchParams, body: string) => unknown);
const replies = new Map<string, Reply>();
const seen: string[] = [];
let server: Server;
let endpoint: string;

beforeAll((done) => {
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      const key = `${request.method} ${decodeURIComponent(pathname)}`;
      seen.push(`${key}?${searchParams}`);
      const reply = replies.get(key);
      const value = typeof reply === "function" ? reply(searchParams, body) : reply;
      if (value === undefined) {
        response.writeHead(404, { "x-amzn-errortype": "ResourceNotFoundException" }).end("{}");
        return;
      }
      const { headers = {}, text } = value as { headers?: Record<string, string>; text?: string };
      response.writeHead(200, { "content-type": "application/json", ...headers });
      response.end(text ?? JSON.stringify(value));
    });
  }).listen(0, "127.0.0.1", () => {
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    done();
  });
});
afterAll((done) => {
  server.close(done);
  server.closeAllConnections();
});
beforeEach(() => {
  seen.length = 0;
  replies.clear();
  for (const [key, value] of Object.entries(usual)) replies.set(key, value);
});

const connection = () => ({
  region: "eu-west-2",
  endpoint,
  credentials: { accessKeyId: "222222222222", secretAccessKey: "test" },
});
const read = () => new DeployedApi(connection()).read("api.test.example.com", "222222222222");

const usual: Record<string, Reply> = {
  "GET /domainnames/api.test.example.com": {
    domainName: "api.test.example.com",
    securityPolicy: "TLS_1_2",
    mutualTlsAuthentication: {
      truststoreUri: "s3://ca/truststore.pem",
      truststoreVersion: "v7",
      truststoreWarnings: ["careful"],
    },
  },
  "GET /domainnames/api.test.example.com/basepathmappings": {
    item: [{ basePath: "(none)", restApiId: "a1", stage: "test" }],
  },
  "GET /restapis/a1": { id: "a1", disableExecuteApiEndpoint: true },
  "GET /restapis/a1/resources": {
    item: [
      {
        id: "r1",
        path: "/api",
        resourceMethods: {
          POST: {
            httpMethod: "POST",
            authorizationType: "CUSTOM",
            authorizerId: "auth01",
            methodIntegration: {
              type: "AWS_PROXY",
              httpMethod: "POST",
              uri: "arn:x",
              requestParameters: { "integration.request.path.a": "method.request.path.a" },
              timeoutInMillis: 5000,
            },
          },
          GET: {
            httpMethod: "GET",
            authorizationType: "CUSTOM",
            authorizerId: "auth01",
            requestValidatorId: "v1",
            requestParameters: { "method.request.header.X-A": true },
            requestModels: { $default: "Pet" },
            methodIntegration: {
              type: "MOCK",
              requestTemplates: { "application/json": '{"statusCode":200}' },
              passthroughBehavior: "NEVER",
              timeoutInMillis: 29000,
              integrationResponses: {
                "200": {
                  statusCode: "200",
                  responseTemplates: { "application/json": "{}" },
                  responseParameters: { "method.response.header.X-B": "'b'" },
                },
              },
            },
          },
        },
      },
    ],
  },
  "GET /restapis/a1/authorizers": {
    item: [{ id: "auth01", type: "REQUEST", authorizerUri: "arn:y", authorizerResultTtlInSeconds: 0 }],
  },
  "GET /restapis/a1/gatewayresponses": { item: [] },
  "GET /restapis/a1/models": { item: [{ name: "Pet", schema: '{"type":"object"}' }] },
  "GET /restapis/a1/requestvalidators": {
    item: [{ id: "v1", validateRequestBody: true, validateRequestParameters: false }],
  },
  "GET /restapis/a1/stages/test": { stageName: "test", deploymentId: "dep1" },
};

test("the usual API is read whole", async () => {
  expect(await read()).toEqual({
    domainName: "api.test.example.com",
    region: "eu-west-2",
    account: "222222222222",
    securityPolicy: "TLS_1_2",
    mutualTls: { truststoreUri: "s3://ca/truststore.pem", truststoreVersion: "v7", warnings: ["careful"] },
    mappings: [{ basePath: "", apiId: "a1", stage: "test" }],
    apis: [
      {
        id: "a1",
        disableExecuteApiEndpoint: true,
        binaryMediaTypes: [],
        resources: [
          {
            id: "r1",
            path: "/api",
            methods: [
              {
                httpMethod: "POST",
                authorizationType: "CUSTOM",
                authorizerId: "auth01",
                apiKeyRequired: false,
                integration: {
                  type: "AWS_PROXY",
                  httpMethod: "POST",
                  uri: "arn:x",
                  requestParameters: { "integration.request.path.a": "method.request.path.a" },
                  timeoutMilliseconds: 5000,
                  requestTemplates: {},
                  passthroughBehavior: "WHEN_NO_MATCH",
                  responses: [],
                },
                requestParameters: {},
                requestModels: {},
              },
              {
                httpMethod: "GET",
                authorizationType: "CUSTOM",
                authorizerId: "auth01",
                apiKeyRequired: false,
                requestValidatorId: "v1",
                requestParameters: { "method.request.header.X-A": true },
                requestModels: { $default: "Pet" },
                integration: {
                  type: "MOCK",
                  httpMethod: "ANY",
                  requestParameters: {},
                  timeoutMilliseconds: 29000,
                  requestTemplates: { "application/json": '{"statusCode":200}' },
                  passthroughBehavior: "NEVER",
                  responses: [
                    {
                      statusCode: "200",
                      parameters: { "method.response.header.X-B": "'b'" },
                      templates: { "application/json": "{}" },
                    },
                  ],
                },
              },
            ],
          },
        ],
        authorizers: [
          { id: "auth01", type: "REQUEST", uri: "arn:y", identitySources: [], resultTtlSeconds: 0 },
        ],
        gatewayResponses: [],
        models: { Pet: '{"type":"object"}' },
        requestValidators: [{ id: "v1", body: true, parameters: false }],
        stages: [{ name: "test", deploymentId: "dep1", variables: {}, methodSettings: {} }],
      },
    ],
  });
});

test("every page of resources, authorizers and gateway responses is read", async () => {
  const paged =
    (pages: unknown[][]): Reply =>
    (query: URLSearchParams) => {
      const at = Number(query.get("position") ?? 0);
      return { item: pages[at], ...(at + 1 < pages.length ? { position: String(at + 1) } : {}) };
    };
  replies.set(
    "GET /restapis/a1/resources",
    paged([[{ id: "r1", path: "/" }], [{ id: "r2", path: "/a" }], [{ id: "r3", path: "/b" }]]),
  );
  replies.set(
    "GET /restapis/a1/authorizers",
    paged([[{ id: "x", type: "REQUEST" }], [{ id: "y", type: "TOKEN" }]]),
  );
  replies.set(
    "GET /restapis/a1/gatewayresponses",
    paged([[{ responseType: "UNAUTHORIZED", statusCode: "401" }], [{ responseType: "ACCESS_DENIED" }]]),
  );
  const [api] = (await read()).apis;
  expect(api?.resources.map(({ id }) => id)).toEqual(["r1", "r2", "r3"]);
  expect(api?.authorizers.map(({ id }) => id)).toEqual(["x", "y"]);
  expect(api?.gatewayResponses.map(({ responseType }) => responseType)).toEqual([
    "UNAUTHORIZED",
    "ACCESS_DENIED",
  ]);
  expect(seen.find((line) => line.includes("resources"))).toContain("embed=methods");
});

test("what AWS leaves out has AWS's default, never a kinder one", async () => {
  replies.set("GET /restapis/a1", { id: "a1" });
  replies.set("GET /restapis/a1/authorizers", {
    item: [{ id: "x", type: "REQUEST", identitySource: " a , b " }],
  });
  const { mutualTlsAuthentication: _, ...bare } = usual["GET /domainnames/api.test.example.com"] as {
    mutualTlsAuthentication: unknown;
  };
  replies.set("GET /domainnames/api.test.example.com", bare);
  const domain = await read();
  expect(domain).not.toHaveProperty("mutualTls");
  expect(domain.apis[0]).toMatchObject({
    disableExecuteApiEndpoint: false,
    authorizers: [{ identitySources: ["a", "b"], resultTtlSeconds: 300 }],
  });
});

test("AWS's own gateway responses are not configuration", async () => {
  replies.set("GET /restapis/a1/gatewayresponses", {
    item: [
      { responseType: "UNAUTHORIZED", statusCode: "401", defaultResponse: true },
      { responseType: "ACCESS_DENIED", statusCode: "403", defaultResponse: false },
    ],
  });
  const [api] = (await read()).apis;
  expect(api?.gatewayResponses.map(({ responseType }) => responseType)).toEqual(["ACCESS_DENIED"]);
});

test("method settings are keyed without AWS's escapes, -1 is the account's", async () => {
  replies.set("GET /restapis/a1/stages/test", {
    stageName: "test",
    deploymentId: "dep1",
    methodSettings: {
      "*/*": { throttlingRateLimit: 50, throttlingBurstLimit: -1 },
      "~1pets~1{petId}/GET": { throttlingBurstLimit: 5 },
    },
    accessLogSettings: { destinationArn: "arn:log", format: "$context.status" },
    webAclArn: "arn:waf",
  });
  expect((await read()).apis[0]?.stages[0]).toMatchObject({
    methodSettings: { "*/*": { ratePerSecond: 50 }, "pets/{petId}/GET": { burst: 5 } },
    accessLog: { destinationArn: "arn:log", format: "$context.status" },
    webAclArn: "arn:waf",
  });
});

test("two mappings of one API are one API with both stages", async () => {
  replies.set("GET /domainnames/api.test.example.com/basepathmappings", {
    item: [
      { basePath: "v1", restApiId: "a1", stage: "test" },
      { basePath: "/v2/", restApiId: "a1", stage: "next" },
    ],
  });
  replies.set("GET /restapis/a1/stages/next", { stageName: "next", deploymentId: "dep2" });
  const domain = await read();
  expect(domain.mappings.map(({ basePath }) => basePath)).toEqual(["v1", "v2"]);
  expect(domain.apis.map(({ stages }) => stages.map(({ name }) => name))).toEqual([["test", "next"]]);
});

test.each([
  ["the domain", "GET /domainnames/api.test.example.com"],
  ["the API", "GET /restapis/a1"],
  ["the stage", "GET /restapis/a1/stages/test"],
])("%s missing is an error, not an empty API", async (_, key) => {
  replies.delete(key);
  await expect(read()).rejects.toThrow();
});

test("an answer without what decides is an error", async () => {
  replies.set("GET /restapis/a1/resources", {
    item: [{ id: "r1", path: "/", resourceMethods: { GET: {} } }],
  });
  await expect(read()).rejects.toThrow("authorization type");
});

describe("functions", () => {
  const arn = "arn:aws:lambda:eu-west-2:222222222222:function:backend";

  test("the policy of the function, or of the alias that the ARN names", async () => {
    replies.set(`GET /2015-03-31/functions/${arn}/policy`, (query: URLSearchParams) => ({
      Policy: `policy of ${query.get("Qualifier") ?? "the function"}`,
    }));
    const functions = new DeployedFunctions(connection());
    expect(await functions.policy(arn)).toBe("policy of the function");
    expect(await functions.policy(`${arn}:live`)).toBe("policy of live");
  });

  test("no policy is undefined", async () => {
    expect(await new DeployedFunctions(connection()).policy(arn)).toBeUndefined();
  });

  test("an invocation gives payload and function error apart, and is made once", async () => {
    replies.set(`POST /2015-03-31/functions/${arn}/invocations`, (_: URLSearchParams, body: string) => ({
      headers: { "x-amz-function-error": "Unhandled" },
      text: `{"got":${body}}`,
    }));
    const { signal } = new AbortController();
    expect(await new DeployedFunctions(connection()).invoke(arn, '{"a":1}', signal)).toEqual({
      payload: '{"got":{"a":1}}',
      functionError: "Unhandled",
    });
    replies.clear();
    seen.length = 0;
    await expect(new DeployedFunctions(connection()).invoke(arn, "{}", signal)).rejects.toThrow();
    expect(seen).toHaveLength(1);
  });
});

describe("the truststore", () => {
  test("is one version of one object", async () => {
    replies.set("GET /ca/path/truststore.pem", (query: URLSearchParams) => ({
      text: `version ${query.get("versionId") ?? "latest"}`,
    }));
    const objects = new TruststoreObjects(connection());
    expect(await objects.read("s3://ca/path/truststore.pem", "v7")).toBe("version v7");
    expect(await objects.read("s3://ca/path/truststore.pem", undefined)).toBe("version latest");
  });

  test.each(["https://ca/truststore.pem", "s3://ca", "s3:///truststore.pem", ""])(
    "%j names no object",
    async (uri) => {
      await expect(new TruststoreObjects(connection()).read(uri, "v1")).rejects.toThrow("s3://bucket/key");
    },
  );
});
