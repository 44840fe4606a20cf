/** MOCK integrations: what our stacks deploy is answered, behind certificate and authorizer; all else is refused. */
import type { DeployedIntegration } from "#aws/deployed-api-model.ts";
import { makeAuthority } from "./support/authority.ts";
import { deny, domainWith, method } from "./support/deployed.ts";
import { RunningGateway } from "./support/running-gateway.ts";

const ours = makeAuthority("Ours");
const client = ours.issue();
let system: RunningGateway;

beforeEach(async () => {
  system = new RunningGateway(ours.truststore);
  await system.start();
});
afterEach(() => system.close());

const mock: DeployedIntegration = {
  type: "MOCK",
  httpMethod: "ANY",
  requestParameters: {},
  timeoutMilliseconds: 29_000,
  requestTemplates: { "application/json": '{"statusCode":200}' },
  passthroughBehavior: "NEVER",
  responses: [
    {
      statusCode: "200",
      parameters: { "method.response.header.X-Origin": "'https://app.example.com'" },
      templates: { "application/json": '{"status":"ok"}' },
    },
  ],
};

async function deploy(change: Partial<DeployedIntegration> = {}) {
  const methods = [method("GET", { integration: { ...mock, ...change } })];
  system.aws.domain = domainWith({ resources: [{ id: "r1", path: "/health", methods }] });
  await system.gateway.reload();
  system.reasons();
}

const call = (headers = {}) => system.call({ client, method: "GET", path: "/health", headers });

test("answers with its status, body and headers; no function but the authorizer is asked", async () => {
  await deploy();
  expect(await call()).toMatchObject({
    status: 200,
    body: '{"status":"ok"}',
    headers: { "content-type": "application/json", "x-origin": "https://app.example.com" },
  });
  expect(system.aws.events).toMatchObject({ authorizer: [{ resource: "/health" }], backend: [] });
  expect(system.reasons()).toEqual(["none"]);
});

test("the authorizer decides first", async () => {
  await deploy();
  system.aws.authorizer = () => deny();
  expect(await call()).toMatchObject({ status: 403 });
  expect(system.reasons()).toEqual(["authorizer-denied"]);
});

test("the response whose pattern fits the status answers, else the one without", async () => {
  const responses = [
    { statusCode: "200", parameters: {}, templates: { "application/json": "rest" } },
    {
      statusCode: "503",
      selectionPattern: "5\\d",
      parameters: {},
      templates: { "application/json": "part" },
    },
    {
      statusCode: "503",
      selectionPattern: "5\\d\\d",
      parameters: {},
      templates: { "application/json": "down" },
    },
  ];
  await deploy({ responses, requestTemplates: { "application/json": '{"statusCode":503}' } });
  expect(await call()).toMatchObject({ status: 503, body: "down" });
  await deploy({ responses });
  expect(await call()).toMatchObject({ status: 200, body: "rest" });
});

test("a response without a body is one", async () => {
  const responses = [{ statusCode: "204", parameters: {}, templates: { "application/json": "" } }];
  await deploy({ responses, requestTemplates: { "application/json": '{"statusCode":204}' } });
  expect(await call()).toMatchObject({ status: 204, body: "" });
});

test.each(["text/plain", "application/xml; charset=utf-8", "application/json2"])(
  "the Content-Type %s is 415",
  async (type) => {
    await deploy();
    expect(await call({ "content-type": type })).toMatchObject({
      status: 415,
      body: '{"message":"Unsupported Media Type"}',
    });
    expect(system.reasons()).toEqual(["content-type-unsupported"]);
  },
);

test.each(["application/json", "Application/JSON; charset=utf-8"])(
  "the Content-Type %s fits",
  async (type) => {
    await deploy();
    expect(await call({ "content-type": type })).toMatchObject({ status: 200 });
  },
);

test.each<[string, Partial<DeployedIntegration>]>([
  ["anything passed through", { passthroughBehavior: "WHEN_NO_TEMPLATES" }],
  ["a request template that evaluates", { requestTemplates: { "application/json": '{"statusCode":$x}' } }],
  ["no response", { responses: [] }],
  [
    "a body that evaluates the request",
    {
      responses: [{ statusCode: "200", parameters: {}, templates: { "application/json": "$input.body" } }],
    },
  ],
  [
    "a header that repeats the request",
    {
      responses: [
        {
          statusCode: "200",
          parameters: { "method.response.header.X-A": "method.request.header.Origin" },
          templates: {},
        },
      ],
    },
  ],
])("%s is not emulated: 500", async (_, change) => {
  await deploy(change);
  expect(await call()).toMatchObject({ status: 500 });
  expect(system.reasons()).toEqual(["not-emulated"]);
});
