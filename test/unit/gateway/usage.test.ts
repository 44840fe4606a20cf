/** Usage plans: the key that the authorizer names is counted, throttled, and comes back. */
import type { DeployedUsagePlan } from "#aws/deployed-usage-plans.ts";
import { Usage } from "#local/gateway/usage.ts";
import { makeAuthority } from "./support/authority.ts";
import { allow, apiId, domainWith, method } from "./support/deployed.ts";
import { RunningGateway } from "./support/running-gateway.ts";

const place = `${apiId}/test`;
const key = "k".repeat(64);
const plan: DeployedUsagePlan = { id: "p1", name: "trial", stages: [place], keyValues: [key] };
const metered: DeployedUsagePlan = { ...plan, quota: { limit: 3, period: "DAY" } };
const slow: DeployedUsagePlan = { ...plan, throttle: { ratePerSecond: 1, burst: 2 } };
const noon = "2026-01-31T12:00:00Z";

const admit = (usage: Usage, of: DeployedUsagePlan, at = noon, value: string | undefined = key) =>
  usage.admit([of], place, value, new Date(at));

test("a quota is used up, and comes back with the next day", () => {
  const usage = new Usage();
  for (let n = 0; n < 3; n++) expect(admit(usage, metered)).toBe("admitted");
  expect(admit(usage, metered)).toBe("quota-exceeded");
  expect(admit(usage, metered, "2026-01-31T23:59:59Z")).toBe("quota-exceeded");
  expect(admit(usage, metered, "2026-02-01T00:00:00Z")).toBe("admitted");
});

test.each([
  ["WEEK", "2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z"],
  ["MONTH", "2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z"],
] as const)("a %s begins on Sunday or on the first", (period, before, after) => {
  const usage = new Usage();
  const of: DeployedUsagePlan = { ...plan, quota: { limit: 1, period } };
  expect(admit(usage, of, "2026-01-29T12:00:00Z")).toBe("admitted");
  expect(admit(usage, of, before)).toBe("quota-exceeded");
  expect(admit(usage, of, after)).toBe("admitted");
});

test("a raised quota lets on at once what was used up", () => {
  const usage = new Usage();
  for (let n = 0; n < 3; n++) admit(usage, metered);
  expect(admit(usage, metered)).toBe("quota-exceeded");
  expect(admit(usage, { ...metered, quota: { limit: 4, period: "DAY" } })).toBe("admitted");
});

test("a rate holds after its burst, and a second later one more is let on", () => {
  const usage = new Usage();
  expect([1, 2, 3].map(() => admit(usage, slow))).toEqual(["admitted", "admitted", "throttled"]);
  expect(admit(usage, slow, "2026-01-31T12:00:01Z")).toBe("admitted");
});

test("what the rate refuses is not taken from the quota", () => {
  const usage = new Usage();
  const both: DeployedUsagePlan = { ...metered, throttle: { ratePerSecond: 1, burst: 1 } };
  expect([1, 2, 3, 4, 5].map(() => admit(usage, both))).toEqual(["admitted", ...Array(4).fill("throttled")]);
  expect(admit(usage, both, "2026-01-31T12:00:10Z")).toBe("admitted");
});

test("clients are counted apart", () => {
  const usage = new Usage();
  const two: DeployedUsagePlan = { ...metered, keyValues: [key, "other"] };
  for (let n = 0; n < 4; n++) admit(usage, two);
  expect(admit(usage, two, noon, "other")).toBe("admitted");
});

test.each([
  ["no key", undefined, plan],
  ["a key of no plan", "unknown", plan],
  ["a plan of another stage", key, { ...plan, stages: [`${apiId}/other`] }],
])("%s admits nobody", (_, value, of) => {
  expect(new Usage().admit([of], place, value, new Date(noon))).toBe("no-usage-plan");
});

describe("in the gateway", () => {
  const ours = makeAuthority("Ours");
  const client = ours.issue();
  let system: RunningGateway;
  const retryAfter = {
    responseType: "QUOTA_EXCEEDED",
    statusCode: "429",
    responseParameters: { "gatewayresponse.header.Retry-After": "'3600'" },
    responseTemplates: { "application/json": '{"code":"quota-exceeded"}' },
  };

  beforeEach(async () => {
    system = new RunningGateway(ours.truststore);
    const counted = method("POST", { apiKeyRequired: true });
    system.aws.domain = domainWith({
      apiKeySource: "AUTHORIZER",
      gatewayResponses: [retryAfter],
      resources: [{ id: "r1", path: "/api", methods: [counted] }],
    });
    system.aws.usagePlans = [{ ...plan, quota: { limit: 1, period: "DAY" } }];
    system.aws.authorizer = (event) => ({ ...allow(event), usageIdentifierKey: key });
    await system.start();
  });
  afterEach(() => system.close());

  test("beyond the quota 429 with Retry-After, and nothing behind the gateway is called", async () => {
    expect(await system.call({ client })).toMatchObject({ status: 200 });
    const answer = await system.call({ client });
    expect(answer).toMatchObject({ status: 429, body: '{"code":"quota-exceeded"}' });
    expect(answer.headers["retry-after"]).toBe("3600");
    expect(system.aws.events.backend).toHaveLength(1);
    expect(system.reasons()).toEqual(["none", "quota-exceeded"]);
  });

  test("an authorizer that names no key admits nobody; what the client sends as a key is not looked at", async () => {
    system.aws.authorizer = (event) => allow(event);
    const answer = await system.call({ client, headers: { "x-api-key": key } });
    expect(answer).toMatchObject({ status: 403, body: '{"message":"Forbidden"}' });
    expect(system.reasons()).toEqual(["no-usage-plan"]);
  });

  test("who is refused by the authorizer is not counted", async () => {
    system.aws.authorizer = () => ({
      principalId: "client-a",
      policyDocument: {
        Version: "2012-10-17",
        Statement: [{ Effect: "Deny", Action: "execute-api:Invoke", Resource: "*" }],
      },
      usageIdentifierKey: key,
    });
    expect(await system.call({ client })).toMatchObject({ status: 403 });
    system.aws.authorizer = (event) => ({ ...allow(event), usageIdentifierKey: key });
    expect(await system.call({ client })).toMatchObject({ status: 200 });
  });
});
