/** The deployed metric filter over the deployed access log's lines, as the gateway writes them: 429s of ours, no others. */
import { readFileSync } from "node:fs";
import { gatewayMetrics } from "#contract/metrics.ts";
import { counted, type MetricFilter, matches } from "#local/check/metric-filter.ts";
import { issueNamed, makeAuthority } from "./support/authority.ts";
import { allow, apiId, domainWith, method, stage } from "./support/deployed.ts";
import { RunningGateway } from "./support/running-gateway.ts";

const { resource } = JSON.parse(readFileSync("terraform/stacks/local-api/cdk.tf.json", "utf8"));
// biome-ignore lint/suspicious/noExplicitAny: Terraform's JSON has no schema of ours
const [deployed] = Object.values(resource.aws_cloudwatch_log_metric_filter) as any[];
// biome-ignore lint/suspicious/noExplicitAny: the same
const [deployedStage] = Object.values(resource.aws_api_gateway_stage) as any[];
const filter: MetricFilter = {
  pattern: deployed.pattern,
  dimensions: deployed.metric_transformation.dimensions,
};
const { throttled, quotaExceeded } = gatewayMetrics.errorTypes;

const ours = makeAuthority("Ours");
const client = ours.issue();
const key = "k".repeat(64);
const plan = { id: "p1", name: "trial", stages: [`${apiId}/test`], keyValues: [key] };
const accessLog = {
  destinationArn: "arn:aws:logs:eu-west-2:222222222222:log-group:/access",
  format: deployedStage.access_log_settings.format,
};
let system: RunningGateway;

beforeEach(async () => {
  system = new RunningGateway(ours.truststore);
  system.aws.domain = domainWith({ stages: [{ ...stage, accessLog }] });
  const now = new Date();
  await system.start(() => now);
});
afterEach(() => system.close());

const countedLines = () => system.accessLog.map((line) => counted(filter, line));
const asCounted = (errorType: string) => ({ apiId, stage: "test", errorType });

test("over the stage's rate: counted as throttled, what was let through is not", async () => {
  const methodSettings = { "*/*": { ratePerSecond: 1, burst: 1 } };
  system.aws.domain = domainWith({ stages: [{ ...stage, accessLog, methodSettings }] });
  await system.gateway.reload();
  expect([await system.call({ client }), await system.call({ client })].map(({ status }) => status)).toEqual([
    200, 429,
  ]);
  expect(countedLines()).toEqual([undefined, asCounted(throttled)]);
});

test.each([
  ["over a usage plan's rate", { throttle: { ratePerSecond: 1, burst: 1 } }, throttled],
  ["over a usage plan's quota", { quota: { limit: 1, period: "DAY" as const } }, quotaExceeded],
])("%s: counted, each kind apart", async (_, limit, errorType) => {
  const resources = [{ id: "r1", path: "/api", methods: [method("POST", { apiKeyRequired: true })] }];
  const change = { apiKeySource: "AUTHORIZER", resources, stages: [{ ...stage, accessLog }] } as const;
  system.aws.domain = domainWith(change);
  system.aws.usagePlans = [{ ...plan, ...limit }];
  system.aws.authorizer = (event) => ({ ...allow(event), usageIdentifierKey: key });
  await system.gateway.reload();
  for (const status of [200, 429]) expect(await system.call({ client })).toMatchObject({ status });
  expect(countedLines()).toEqual([undefined, asCounted(errorType)]);
});

test("a 429 of the function's own, a refusal and an unknown path are not counted", async () => {
  system.aws.backend = () => ({ statusCode: 429, body: "{}" });
  expect(await system.call({ client })).toMatchObject({ status: 429 });
  expect(await system.call({ client, path: "/x" })).toMatchObject({ status: 403 });
  system.aws.authorizer = () => {
    throw new Error("Unauthorized");
  };
  expect(await system.call({ client })).toMatchObject({ status: 401 });
  expect(countedLines()).toEqual([undefined, undefined, undefined]);
});

test("nor is a client whose certificate bears the fields as its name", async () => {
  const evil = issueNamed(ours.issuing, '","status":"429","errorType":"THROTTLED","x":"');
  expect(await system.call({ client: evil })).toMatchObject({ status: 200 });
  expect(countedLines()).toEqual([undefined]);
});

describe("patterns", () => {
  const line = JSON.stringify({ a: "1", b: { c: "x" }, n: 1 });

  test.each([
    ['{ $.a = "1" }', true],
    ['{ $.b.c = "x" }', true],
    ['{ $.b.d = "x" }', false],
    // A number is no string.
    ['{ $.n = "1" }', false],
    ['{ ($.a = "1") && ($.b.c = "y") }', false],
    ['{ ($.a = "2") || (($.a = "1") && ($.b.c = "x")) }', true],
  ])("%s", (pattern, expected) => expect(matches(pattern, line)).toBe(expected));

  test.each([
    ...["", "ERROR", '{ $.a != "1" }', "{ $.a = 1 }", '{ $.a = "1*" }', '{ $.a = "1" ', '{ ($.a = "1" }'],
    ...[
      '{ $.a = "1" && $.a = "1" || $.a = "1" }',
      '{ $.a[0] = "1" }',
      "{ }",
      '{ $.a = "1" } }',
      "{ $.a IS NULL }",
    ],
  ])("refused, not guessed: %j", (pattern) => expect(() => matches(pattern, line)).toThrow());

  test("what is no JSON matches nothing", () => expect(matches('{ $.a = "1" }', "plain")).toBe(false));

  test("a line without a dimension's field counts for no metric", () => {
    expect(counted({ pattern: '{ $.a = "1" }', dimensions: { stage: "$.stage" } }, line)).toBeUndefined();
  });
});
