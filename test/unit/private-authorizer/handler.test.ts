/** The private authorizer's own handler, against a store of objects and a Secrets Manager on loopback. */
import { makeHierarchy } from "../../support/hierarchy.ts";
import { type LoopbackAws, startLoopbackAws } from "../authorizer/deployed-function.ts";
import { crl, functionArn, makeWorld, pem, requestEvent } from "../authorizer/fixture.ts";
import { privateEvent, secret } from "./fixture.ts";

type Handler = typeof import("#lambdas/private-authorizer/index.ts")["handler"];

const now = new Date();
const hierarchy = makeHierarchy({ now });
const world = makeWorld({ hierarchy });
const objects = world.buckets.objects;
const certificate = pem(world.client.certificate);
let stages: Record<string, string>;
let aws: LoopbackAws;
let lines: string[];
const before = { ...process.env };

beforeAll(async () => {
  aws = await startLoopbackAws(
    () => objects,
    (question) => {
      const value = stages[JSON.parse(question).VersionStage];
      return value && JSON.stringify({ SecretString: value });
    },
  );
});
afterAll(() => aws.close());
beforeEach(() => {
  jest.resetModules();
  lines = [];
  stages = { AWSCURRENT: secret };
  const note = (text: unknown) => lines.push(String(text)) > 0;
  jest.spyOn(process.stdout, "write").mockImplementation(note);
  jest.spyOn(process.stderr, "write").mockImplementation(note);
  objects.set(world.issuingKey, crl(hierarchy.issuing, { at: now }));
  objects.set(world.rootKey, crl(hierarchy.root, { at: now }));
  Object.assign(process.env, aws.environment, {
    VPC_ENDPOINT: "vpce-1",
    EDGE_SECRET: "arn:aws:secretsmanager:eu-west-2:222222222222:secret:edge",
    POLICY_SHA256: world.policySha256,
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...before };
});

const load = async (): Promise<Handler> => (await import("#lambdas/private-authorizer/index.ts")).handler;
const context = { invokedFunctionArn: functionArn };
const effect = (answer: Awaited<ReturnType<Handler>>) => answer.policyDocument.Statement[0].Effect;

test("allows the certificate of NGINX's header, and neither logs nor returns it or the secret", async () => {
  const answer = await (await load())(privateEvent(certificate), context);
  expect(effect(answer)).toBe("Allow");
  expect(answer.principalId).toBe(`g1:${world.client.certificate.serial}`);
  expect(lines).toHaveLength(1);
  for (const text of [JSON.stringify(answer), ...lines]) {
    expect(text).not.toContain(secret);
    expect(text).not.toMatch(/BEGIN|MII/);
  }
});

test("the previous value counts while NGINX still sends it", async () => {
  stages = { AWSCURRENT: "n".repeat(43), AWSPREVIOUS: secret };
  expect(effect(await (await load())(privateEvent(certificate), context))).toBe("Allow");
});

test.each([
  ["the certificate without the secret", () => privateEvent(certificate, "w".repeat(43)), "not-through-edge"],
  [
    "an event of the public API, whose domain verified the certificate",
    () => requestEvent(certificate),
    "not-through-edge",
  ],
  [
    "a certificate of nobody",
    () => privateEvent(pem(makeHierarchy({ now }).leaf().certificate)),
    "issuer-not-accepted",
  ],
])("denies %s", async (_, event, code) => {
  const answer = await (await load())(event(), context);
  expect(effect(answer)).toBe("Deny");
  expect(answer.context).toMatchObject({ code });
});

test("the same CRLs decide: a revoked certificate is denied", async () => {
  objects.set(
    world.issuingKey,
    crl(hierarchy.issuing, { at: now, revoked: [world.client.certificate.serial] }),
  );
  expect((await (await load())(privateEvent(certificate), context)).context).toMatchObject({
    code: "revoked",
  });
});

test("a secret that cannot be read is a fault, and the log says which secret, not its value", async () => {
  stages = {};
  await expect((await load())(privateEvent(certificate), context)).rejects.toThrow(/^fault$/);
  expect(lines.join("")).toContain("secret:edge");
  expect(lines.join("")).not.toContain(secret);
});

test.each(["VPC_ENDPOINT", "EDGE_SECRET"])("does not start without %s", async (name) => {
  delete process.env[name];
  await expect(load()).rejects.toThrow(name);
});

test("the public authorizer takes no certificate from a header, whatever comes beside it", async () => {
  process.env.DOMAIN_NAME = "a1b2c3d4e5.execute-api.eu-west-2.amazonaws.com";
  const { handler } = await import("#lambdas/authorizer/index.ts");
  const answer = await handler(privateEvent(certificate), context);
  expect(effect(answer)).toBe("Deny");
  expect(answer.context).toMatchObject({ code: "no-certificate" });
});
