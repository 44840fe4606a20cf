/** Request validators: what a request must bring, checked once it is authorized; 400, and no function is asked. */
import type { DeployedMethod, DeployedRestApi } from "#aws/deployed-api-model.ts";
import { modelText } from "#contract/request-rules.ts";
import { routes } from "#contract/routes.ts";
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

/** As the row of POST /pets asks. */
const body = routes.find((one) => one.method === "POST" && one.path === "/pets")?.request?.body ?? {};
const wanting: Partial<DeployedMethod> = {
  requestValidatorId: "v1",
  requestModels: { $default: "Pet" },
  requestParameters: { "method.request.header.Idempotency-Key": true },
};

async function deploy(change: Partial<DeployedMethod> = {}, api: Partial<DeployedRestApi> = {}) {
  system.aws.domain = domainWith({
    resources: [{ id: "r1", path: "/pets", methods: [method("POST", { ...wanting, ...change })] }],
    models: { Pet: modelText(body) },
    requestValidators: [{ id: "v1", body: true, parameters: true }],
    ...api,
  });
  await system.gateway.reload();
  system.reasons();
}

const key = { "Idempotency-Key": "a1" };
const good = '{"name":"Nemo","kind":"cat"}';
const call = (text: string | Buffer | undefined, headers: Record<string, string> = key, query = "") =>
  system.call({
    client,
    path: `/pets${query}`,
    headers,
    ...(text === undefined ? {} : { body: text }),
  });
const refused = async (answer: Promise<{ status: number; body: string }>) => {
  const { status, body: text } = await answer;
  expect(system.aws.events.backend).toEqual([]);
  return [status, JSON.parse(text).message, ...system.reasons()];
};
const wrong = [400, "Invalid request body", "request-invalid"];

test("a request that brings all reaches the function as it came", async () => {
  await deploy();
  expect(await call(good)).toMatchObject({ status: 200 });
  expect(system.aws.events.backend).toMatchObject([{ body: good }]);
});

test.each<[string, string | Buffer | undefined]>([
  ["no body", undefined],
  ["what is no JSON", "name=Nemo"],
  ["JSON that ends early", '{"name":"Nemo"'],
  ["bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
  ["a list", "[]"],
  ["a property too few", '{"name":"Nemo"}'],
  ["a property too many", '{"name":"Nemo","kind":"cat","owner":"x"}'],
  ["a property of another type", '{"name":7,"kind":"cat"}'],
  ["a value that is not listed", '{"name":"Nemo","kind":"fish"}'],
  ["an empty name", '{"name":"","kind":"cat"}'],
  ["a name that is too long", JSON.stringify({ name: "x".repeat(65), kind: "cat" })],
  ["__proto__ for a property", '{"__proto__":{"name":"Nemo","kind":"cat"}}'],
])("%s is 400", async (_, text) => {
  await deploy();
  expect(await refused(call(text))).toEqual(wrong);
});

test("another Content-Type is no way around a model for $default", async () => {
  await deploy();
  for (const type of ["text/plain", "application/xml", "", "application/json; charset=utf-8"])
    expect(await refused(call("<pet/>", { ...key, "content-type": type }))).toEqual(wrong);
  expect(await call(good, { ...key, "content-type": "text/plain" })).toMatchObject({ status: 200 });
});

test("a model of one type is for that type alone, as on AWS", async () => {
  await deploy({ requestModels: { "application/json": "Pet" } });
  expect(await refused(call("<pet/>", { ...key, "content-type": "Application/JSON" }))).toEqual(wrong);
  expect(await refused(call("<pet/>"))).toEqual(wrong);
  expect(await call("<pet/>", { ...key, "content-type": "application/xml" })).toMatchObject({ status: 200 });
});

test("the model of the type goes before that of $default", async () => {
  const models = { Pet: modelText(body), Any: "{}" };
  await deploy({ requestModels: { "text/plain": "Any", $default: "Pet" } }, { models });
  expect(await call('"x"', { ...key, "content-type": "text/plain" })).toMatchObject({ status: 200 });
  expect((await call('"x"')).status).toBe(400);
});

test.each<[string, Record<string, string>]>([
  ["left out", {}],
  ["empty", { "Idempotency-Key": "" }],
  ["blank", { "Idempotency-Key": " " }],
])("a required header that is %s is 400", async (_, headers) => {
  await deploy();
  expect(await refused(call(good, headers))).toEqual([
    ...[400, "Missing required request parameters: [Idempotency-Key]", "request-invalid"],
  ]);
});

test("a required query parameter must be there and not empty", async () => {
  await deploy({ requestParameters: { "method.request.querystring.seed": true } });
  const missing = [400, "Missing required request parameters: [seed]", "request-invalid"];
  for (const query of ["", "?", "?Seed=1", "?seed", "?seed="])
    expect(await refused(call(good, {}, query))).toEqual(missing);
  expect(await call(good, {}, "?seed=1")).toMatchObject({ status: 200 });
});

test("what is not required may be missing", async () => {
  await deploy({ requestParameters: { "method.request.header.X-A": false } });
  expect(await call(good, {})).toMatchObject({ status: 200 });
});

test("a validator checks what it says and nothing else", async () => {
  await deploy({}, { requestValidators: [{ id: "v1", body: false, parameters: true }] });
  expect(await call("<pet/>")).toMatchObject({ status: 200 });
  await deploy({}, { requestValidators: [{ id: "v1", body: true, parameters: false }] });
  expect(await call(good, {})).toMatchObject({ status: 200 });
});

test("the authorizer decides first: whoever is refused learns nothing of the schema", async () => {
  await deploy();
  system.aws.authorizer = () => deny();
  expect(await call("<pet/>")).toMatchObject({ status: 403 });
  expect(system.reasons()).toEqual(["authorizer-denied"]);
});

test("the usage plan counts first: a request is refused for its key whatever its body", async () => {
  await deploy({ apiKeyRequired: true }, { apiKeySource: "AUTHORIZER" });
  expect(await call("<pet/>")).toMatchObject({ status: 403 });
  expect(system.reasons()).toEqual(["no-usage-plan"]);
});

test("the refusal has the API's own body", async () => {
  const template = '{"message":"no","requestId":"$context.requestId"}';
  const response = {
    responseType: "BAD_REQUEST_BODY",
    statusCode: "400",
    responseParameters: {},
    responseTemplates: { "application/json": template },
  };
  await deploy({}, { gatewayResponses: [response] });
  expect((await call("<pet/>")).body).toMatch(/^\{"message":"no","requestId":"[0-9a-f-]{36}"\}$/);
});

test("the reason names the keyword and nothing that the client wrote", async () => {
  await deploy();
  await call('{"name":"Nemo","kind":"SECRET"}');
  const [record] = system.records.filter(({ event }) => event === "answered");
  expect(record).toMatchObject({ reason: { detail: "#/properties/kind/enum does not hold" } });
});

test.each<[string, Partial<DeployedMethod>, Partial<DeployedRestApi>]>([
  ["a validator that is not there", { requestValidatorId: "gone" }, {}],
  ["a model that is not there", { requestModels: { $default: "constructor" } }, {}],
  ["a model that is no schema", {}, { models: { Pet: "{" } }],
  [
    "a model that refers to another",
    {},
    { models: { Pet: '{"$ref":"https://apigateway.amazonaws.com/x"}' } },
  ],
  ["a parameter of no known place", { requestParameters: { "method.request.body.x": true } }, {}],
])("%s is not emulated: 500, and the function is not asked", async (_, change, api) => {
  await deploy(change, api);
  expect(await call(good)).toMatchObject({ status: 500 });
  expect(system.aws.events.backend).toEqual([]);
  expect(system.reasons()).toEqual(["not-emulated"]);
});
