/** Routes to a backend: what is passed on, what is refused before, and the token that goes with it. */
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { createLocalJWKSet, exportJWK, jwtVerify } from "jose";
import type { SignDigest } from "#aws/sign-digest.ts";
import { auditLine } from "#lambdas/authorizer/audit.ts";
import { backendTokens } from "#lambdas/authorizer/backend-tokens.ts";
import { policy as answerOf } from "#lambdas/authorizer/steps/policy.ts";
import { element, integer, sequence } from "#pki/der/writer.ts";
import { makeHierarchy } from "../../support/hierarchy.ts";
import {
  account,
  deployment,
  later,
  makeWorld,
  pem,
  requestEvent,
  start,
  type WorldOptions,
} from "./fixture.ts";

const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const folder = mkdtempSync(join(tmpdir(), "backend-token-"));
const keyFile = join(folder, "key.pem");
writeFileSync(keyFile, keys.privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const backend = {
  keyArn: "arn:aws:kms:eu-west-2:222222222222:key/11111111-2222-4333-8444-555555555555",
  keyId: "11111111-2222-4333-8444-555555555555",
  issuer: "https://api.dev.example.com",
  audience: "https://pets.example.com",
};
const hierarchy = makeHierarchy({ now: start });

/** KMS, as far as it is asked. */
class Kms {
  readonly asked: string[] = [];
  fails = false;
  readonly #signer: (digest: Buffer, count: number) => Buffer;
  constructor(signer: (digest: Buffer, count: number) => Buffer = signDigest) {
    this.#signer = signer;
  }
  readonly sign: SignDigest = async (keyArn, digest) => {
    this.asked.push(keyArn);
    if (this.fails) throw new Error("KMS did not sign");
    return this.#signer(digest, this.asked.length);
  };
}

function world(options: WorldOptions = {}) {
  const kms = new Kms();
  const made = makeWorld({ hierarchy, backend, sign: kms.sign, ...options });
  return { kms, made, certificate: pem(made.client.certificate) };
}

function petsEvent(certificate: string, changes: object = {}) {
  const event = requestEvent(certificate);
  return {
    ...event,
    resource: "/pets/{petId}",
    path: "/pets/12",
    httpMethod: "GET",
    pathParameters: { petId: "12" },
    queryStringParameters: {},
    ...changes,
  };
}

const jwks = async () =>
  createLocalJWKSet({
    keys: [{ ...(await exportJWK(keys.publicKey)), alg: "ES256", use: "sig", kid: backend.keyId }],
  });

describe("an allowed request to a backend", () => {
  test("carries a token that says who, for whom, and for what; jose verifies it", async () => {
    const { made, certificate } = world();
    const decision = await made.decide(petsEvent(certificate));
    if (!decision.allowed) throw new Error(decision.code);
    const { context } = answerOf(decision, deployment, account);
    const verified = await jwtVerify(context.backendToken ?? "", await jwks(), {
      issuer: backend.issuer,
      audience: backend.audience,
      algorithms: ["ES256"],
      currentDate: start,
    });
    expect(verified.protectedHeader).toEqual({ alg: "ES256", kid: backend.keyId, typ: "JWT" });
    expect(verified.payload).toEqual({
      iss: backend.issuer,
      aud: backend.audience,
      sub: decision.client.principal,
      iat: start.getTime() / 1000,
      exp: start.getTime() / 1000 + 60,
      client_certificate_sha256: decision.client.thumbprint,
      method: "GET",
      path: "/pets/12",
    });
  });

  test("the token is in no audit line", async () => {
    const { made, certificate } = world();
    const decision = await made.decide(petsEvent(certificate));
    expect(auditLine(decision, deployment, start)).not.toContain("eyJ");
  });

  test("the whole answer, token included, stays below 8 KB; beyond it is a fault", async () => {
    const { made, certificate } = world();
    const longest = petsEvent(certificate, { pathParameters: { petId: "a".repeat(128) } });
    const decision = await made.decide(longest);
    if (!decision.allowed) throw new Error(decision.code);
    expect(JSON.stringify(answerOf(decision, deployment, account)).length).toBeLessThan(3_000);
    const crowded = { ...decision, context: { hook: "x".repeat(8_000) } };
    expect(() => answerOf(crowded, deployment, account)).toThrow(/more than the 8192/);
  });

  test("the row's Allow covers its methods, and the route alone", async () => {
    const { made, certificate } = world();
    const decision = await made.decide(petsEvent(certificate, { httpMethod: "DELETE" }));
    expect(answerOf(decision, deployment, account).policyDocument.Statement[0].Resource).toBe(
      "arn:aws:execute-api:eu-west-2:222222222222:a1b2c3d4e5/dev/*/pets/*",
    );
  });

  test("a route that a function answers gets no token, and KMS is not asked", async () => {
    const { made, kms } = world();
    const decision = await made.decide();
    if (!decision.allowed) throw new Error(decision.code);
    expect(answerOf(decision, deployment, account).context).not.toHaveProperty("backendToken");
    expect(kms.asked).toEqual([]);
  });

  test("KMS that fails is a fault: nothing goes to a backend without a token", async () => {
    const { made, kms, certificate } = world();
    kms.fails = true;
    expect(await made.decide(petsEvent(certificate))).toMatchObject({
      allowed: false,
      code: "fault",
      step: "policy",
    });
    kms.fails = false;
    expect(await made.decide(petsEvent(certificate))).toMatchObject({ allowed: true });
  });

  test("a policy without a backend is a fault", async () => {
    const made = makeWorld({ hierarchy });
    expect(await made.decide(petsEvent(pem(made.client.certificate)))).toMatchObject({
      allowed: false,
      code: "fault",
    });
  });

  test("a denied request costs no signature", async () => {
    const { made, kms, certificate } = world({
      rules: [{ name: "x", routes: "all", subject: { OU: { equals: "No" } } }],
    });
    expect(await made.decide(petsEvent(certificate))).toMatchObject({ allowed: false, code: "no-rule" });
    expect(kms.asked).toEqual([]);
  });
});

describe("a token is kept for 30 seconds", () => {
  const client = {
    principal: "g1:01",
    generation: "g1",
    issuerFingerprint: "f",
    serial: "01",
    thumbprint: "t1",
  };
  const request = { client, forwarding: { method: "GET", path: "/pets/1" } };
  const grant = { scopes: ["a", "b"] };
  function issuer() {
    // Who looks at signatures here only wants to tell them apart.
    const kms = new Kms((_, count) => sequence(integer(1), integer(count)));
    const clock = { now: start };
    return { kms, clock, tokens: backendTokens(backend, kms.sign, () => clock.now) };
  }

  test("the same request gets the same token, KMS is asked once, even by two at once", async () => {
    const { kms, clock, tokens } = issuer();
    const [one, two] = await Promise.all([tokens(request), tokens(request)]);
    clock.now = later(29);
    expect([two, await tokens(request)]).toEqual([one, one]);
    expect(kms.asked).toEqual([backend.keyArn]);
  });

  test("after 30 seconds, or when the clock goes back, it is made anew", async () => {
    const { kms, clock, tokens } = issuer();
    await tokens(request);
    clock.now = later(30);
    await tokens(request);
    clock.now = start;
    await tokens(request);
    expect(kms.asked).toHaveLength(3);
  });

  test.each([
    ["another certificate", { client: { ...client, thumbprint: "t2" } }],
    ["another method", { forwarding: { method: "PUT", path: "/pets/1" } }],
    ["another path", { forwarding: { method: "GET", path: "/pets/2" } }],
    ["scopes", { grant }],
  ])("%s gets its own", async (_, change) => {
    const { kms, tokens } = issuer();
    expect(await tokens({ ...request, ...change })).not.toBe(await tokens(request));
    expect(kms.asked).toHaveLength(2);
  });

  test("scopes are the same in any order, and are named", async () => {
    const { kms, tokens } = issuer();
    const token = await tokens({ ...request, grant });
    expect(await tokens({ ...request, grant: { scopes: ["b", "a"] } })).toBe(token);
    expect(kms.asked).toHaveLength(1);
    expect(JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString())).toMatchObject({
      scope: "a b",
    });
  });

  test("a failure is not kept", async () => {
    const { kms, tokens } = issuer();
    kms.fails = true;
    await expect(tokens(request)).rejects.toThrow("KMS did not sign");
    kms.fails = false;
    await expect(tokens(request)).resolves.toMatch(/^eyJ/);
  });

  test("no more than 2,000 are kept, the oldest go first", async () => {
    const { kms, tokens } = issuer();
    const at = (index: number) => tokens({ client, forwarding: { method: "GET", path: `/pets/${index}` } });
    for (let index = 0; index <= 2_000; index += 1) await at(index);
    const before = kms.asked.length;
    await at(2_000);
    expect(kms.asked).toHaveLength(before);
    await at(0);
    expect(kms.asked).toHaveLength(before + 1);
  });

  test.each([
    ["garbage", Buffer.from("no DER")],
    ["numbers of another curve", sequence(integer(Buffer.alloc(48, 1)), integer(1))],
    ["a third number", sequence(integer(1), integer(2), integer(3))],
    ["no numbers", element(0x30)],
  ])("%s from KMS is no token", async (_, answer) => {
    await expect(
      backendTokens(
        backend,
        async () => answer,
        () => start,
      )(request),
    ).rejects.toThrow();
  });

  test("short numbers are filled up to 32 octets", async () => {
    const answer = sequence(integer(1), integer(Buffer.concat([Buffer.of(0x80), Buffer.alloc(31)])));
    const token = await backendTokens(
      backend,
      async () => answer,
      () => start,
    )(request);
    const signature = Buffer.from(token.split(".")[2] ?? "", "base64url");
    expect(signature.toString("hex")).toBe(`${"00".repeat(31)}01${"80"}${"00".repeat(31)}`);
  });
});

describe("refused before anything else", () => {
  test.each([
    "X-Backend-Token",
    "x-backend-token",
    "X_Backend_Token",
    "x-backend_token",
    " X-Backend-Token ",
  ])("a client that sends %s itself, on any route", async (name) => {
    const { made, certificate, kms } = world();
    for (const event of [petsEvent(certificate), requestEvent(certificate)])
      for (const where of ["headers", "multiValueHeaders"])
        expect(
          await made.decide({ ...event, [where]: { [name]: where === "headers" ? "" : [] } }),
        ).toMatchObject({
          allowed: false,
          step: "place",
          code: "backend-token-given",
        });
    expect(kms.asked).toEqual([]);
  });

  test.each([
    ["..", ".."],
    [".", "."],
    ["a decoded slash", "a/b"],
    ["an encoded slash", "a%2fb"],
    ["a backslash", "a\\b"],
    ["a line break", "a\r\nX-Admin: 1"],
    ["a NUL", "a\0"],
    ["a semicolon, a parameter to some", "1;admin=true"],
    ["a space", "a b"],
    ["a letter outside ASCII", "é"],
    ["a question mark", "1?x=1"],
    ["129 characters", "a".repeat(129)],
    ["nothing", ""],
    ["no text", 12],
  ])("a path parameter of %s", async (_, petId) => {
    const { made, certificate } = world();
    expect(await made.decide(petsEvent(certificate, { pathParameters: { petId } }))).toMatchObject({
      step: "place",
      code: "path-not-plain",
    });
  });

  test.each([undefined, null, {}, [], "petId"])("path parameters that are %p", async (pathParameters) => {
    const { made, certificate } = world();
    expect(await made.decide(petsEvent(certificate, { pathParameters }))).toMatchObject({
      code: "path-not-plain",
    });
  });

  test.each(["TRACE", "CONNECT", "get", "ANY", "*"])("the method %s", async (httpMethod) => {
    const { made, certificate } = world();
    expect(await made.decide(petsEvent(certificate, { httpMethod }))).toMatchObject({
      code: "unknown-route",
    });
  });

  test("what is passed on never holds a character that has two spellings", async () => {
    const { made, certificate } = world({ sign: async () => sequence(integer(1), integer(1)) });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 8 }), async (petId) => {
        const decision = await made.decide(petsEvent(certificate, { pathParameters: { petId } }));
        const plain = /^[A-Za-z0-9\-._~]+$/.test(petId) && petId !== "." && petId !== "..";
        expect(decision.allowed).toBe(plain);
      }),
      { seed: 7, numRuns: 100 },
    );
  });
});

/** ECDSA over a digest as it is: node:crypto only signs messages. */
function signDigest(digest: Buffer): Buffer {
  return execFileSync("openssl", ["pkeyutl", "-sign", "-inkey", keyFile], { input: digest });
}
