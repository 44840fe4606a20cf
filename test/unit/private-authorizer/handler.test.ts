/** The private authorizer's own handler, against a store of objects and a Secrets Manager on loopback. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { makeHierarchy } from "../../support/hierarchy.ts";
import { crl, functionArn, makeWorld, pem, requestEvent } from "../authorizer/fixture.ts";
import { privateEvent, secret } from "./fixture.ts";

type Handler = typeof import("#lambdas/private-authorizer/index.ts")["handler"];

const now = new Date();
const hierarchy = makeHierarchy({ now });
const world = makeWorld({ hierarchy });
const objects = world.buckets.objects;
const certificate = pem(world.client.certificate);
let stages: Record<string, string>;
let server: Server;
let lines: string[];
const before = { ...process.env };

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.method === "GET") {
      const key = (request.url as string).split("?")[0]?.split("/").slice(2).join("/");
      const body = objects.get(decodeURIComponent(key ?? ""));
      response.writeHead(body ? 200 : 403).end(body);
      return;
    }
    let text = "";
    request.on("data", (part) => {
      text += part;
    });
    request.on("end", () => {
      const value = stages[JSON.parse(text).VersionStage];
      response.writeHead(value ? 200 : 400).end(JSON.stringify({ SecretString: value }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  jest.resetModules();
  lines = [];
  stages = { AWSCURRENT: secret };
  const note = (text: unknown) => lines.push(String(text)) > 0;
  jest.spyOn(process.stdout, "write").mockImplementation(note);
  jest.spyOn(process.stderr, "write").mockImplementation(note);
  objects.set(world.issuingKey, crl(hierarchy.issuing, { at: now }));
  objects.set(world.rootKey, crl(hierarchy.root, { at: now }));
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_REGION: "eu-west-2",
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    API_ID: "a1b2c3d4e5",
    STAGE: "dev",
    VPC_ENDPOINT: "vpce-1",
    EDGE_SECRET: "arn:aws:secretsmanager:eu-west-2:222222222222:secret:edge",
    POLICY_BUCKET: "dev-api-policy-222222222222",
    POLICY_KEY: "authorizer-policy.json",
    POLICY_VERSION: "p1",
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
