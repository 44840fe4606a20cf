import type { Route } from "#contract/routes.ts";
import type { TokenPolicy } from "#contract/token-policy.ts";
import { makeHierarchy } from "../../support/hierarchy.ts";
import { type LoopbackAws, startLoopbackAws } from "./deployed-function.ts";
import { crl, functionArn, makeWorld, pem, requestEvent } from "./fixture.ts";

type Handler = typeof import("#lambdas/authorizer/index.ts")["handler"];

// The deployed handler has no clock of its own to set: everything here is valid now.
const now = new Date();
const hierarchy = makeHierarchy({ now });
const world = makeWorld({ hierarchy });
let objects = world.buckets.objects;
let aws: LoopbackAws;
let out: string[];
let errors: string[];
const before = { ...process.env };

beforeAll(async () => {
  aws = await startLoopbackAws(() => objects);
});
afterAll(() => aws.close());
beforeEach(() => {
  jest.resetModules();
  aws.asked.length = 0;
  objects = world.buckets.objects;
  out = [];
  errors = [];
  jest.spyOn(process.stdout, "write").mockImplementation((text) => out.push(String(text)) > 0);
  jest.spyOn(process.stderr, "write").mockImplementation((text) => errors.push(String(text)) > 0);
  objects.set(world.issuingKey, crl(hierarchy.issuing, { at: now }));
  objects.set(world.rootKey, crl(hierarchy.root, { at: now }));
  Object.assign(process.env, aws.environment, {
    DOMAIN_NAME: "api.dev.example.com",
    POLICY_SHA256: world.policySha256,
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...before };
});

const load = async (): Promise<Handler> => (await import("#lambdas/authorizer/index.ts")).handler;
const context = { invokedFunctionArn: functionArn };
const event = () => requestEvent(pem(world.client.certificate));

describe("the authorizer's handler", () => {
  test("reads what is pinned, allows, and writes one audit line", async () => {
    const answer = await (await load())(event(), context);
    expect(answer).toMatchObject({
      principalId: `g1:${world.client.certificate.serial}`,
      policyDocument: {
        Statement: [{ Effect: "Allow", Resource: expect.stringMatching(/:a1b2c3d4e5\/dev\/POST\/api$/) }],
      },
    });
    expect(aws.asked).toEqual([
      "/dev-api-policy-222222222222/authorizer-policy.json?versionId=p1",
      "/dev-ca-external-111111111111/truststore.pem?versionId=t1",
      "/dev-ca-external-111111111111/crl/g1-issuing.crl",
      "/dev-ca-external-111111111111/crl/g1-root.crl",
    ]);
    expect(out).toHaveLength(1);
    expect(out[0]).toMatch(/^\{"audit":"decision".*"decision":"allow".*\}\n$/);
    expect(errors).toEqual([]);
  });

  test("denies with the code in the context, and writes one audit line", async () => {
    objects.delete(world.issuingKey);
    const answer = await (await load())(event(), context);
    expect(answer).toMatchObject({
      policyDocument: { Statement: [{ Effect: "Deny" }] },
      context: { code: "revocation-unknown", step: "revocation", message: expect.any(String) },
    });
    expect(out).toHaveLength(1);
    expect(JSON.parse(out[0] as string)).toMatchObject({
      decision: "deny",
      detail: "issuing CRL: status 403",
    });
  });

  test.each([undefined, null, {}, [], "x", 7])("denies the event %j", async (it) => {
    const answer = await (await load())(it, context);
    expect(answer).toMatchObject({
      principalId: "unknown",
      policyDocument: { Statement: [{ Effect: "Deny", Resource: expect.stringMatching(/\/dev\/\*$/) }] },
    });
  });

  test("throws a fault that says nothing, and logs what it was", async () => {
    process.env.POLICY_SHA256 = "0".repeat(64);
    await expect((await load())(event(), context)).rejects.toThrow(/^fault$/);
    expect(JSON.parse(out[0] as string)).toMatchObject({
      decision: "fault",
      step: "certificate",
      code: "fault",
    });
    expect(JSON.parse(errors[0] as string)).toMatchObject({
      fault: "Error",
      step: "certificate",
      message: expect.stringContaining("pinned is 000"),
    });
  });

  test("answers a refused token by throwing Unauthorized where the policy says so, and calls it a denial", async () => {
    const tokens: TokenPolicy = {
      kind: "jwt",
      answers: "exception",
      bound: true,
      timeoutMilliseconds: 100,
      clockToleranceSeconds: 0,
      issuer: "https://as.example.com",
      audience: "a",
      keys: { static: [{ kty: "EC" }] },
    };
    const other = makeWorld({ hierarchy, tokens });
    objects = other.buckets.objects;
    objects.set(world.issuingKey, crl(hierarchy.issuing, { at: now }));
    objects.set(world.rootKey, crl(hierarchy.root, { at: now }));
    process.env.POLICY_SHA256 = other.policySha256;
    const { routes } = await import("#contract/routes.ts");
    const [first] = routes as Route[];
    (routes as Route[]).push({ ...(first as Route), path: "/time", tokens: "bound", scopes: ["time:query"] });
    const handler = await load();
    await expect(handler({ ...event(), resource: "/time" }, context)).rejects.toThrow(/^Unauthorized$/);
    expect(JSON.parse(out[0] as string)).toMatchObject({
      decision: "deny",
      step: "token",
      code: "token-in-query",
    });
    expect(errors).toEqual([]);
  });

  test("throws when it cannot tell where it runs", async () => {
    const handler = await load();
    await expect(handler(event(), { invokedFunctionArn: "" })).rejects.toThrow("the function's own ARN");
  });

  test.each([
    "API_ID",
    "STAGE",
    "DOMAIN_NAME",
    "POLICY_VERSION",
    "POLICY_SHA256",
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
  ])("does not start without %s", async (name) => {
    delete process.env[name];
    await expect(load()).rejects.toThrow(name);
  });
});
