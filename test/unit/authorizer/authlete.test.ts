import type { AuthleteTokens } from "#contract/token-policy.ts";
import { CertificateStep, type Identified } from "#lambdas/authorizer/steps/certificate.ts";
import { authleteVerifier } from "#lambdas/authorizer/tokens/authlete.ts";
import { makeHierarchy } from "../../support/hierarchy.ts";
import { issuerOf, pem, start } from "./fixture.ts";
import { failures, TokenService } from "./token-service.ts";

const service = new TokenService();
beforeAll(() => service.start());
afterAll(() => service.stop());
beforeEach(() => {
  service.asked.length = 0;
});

const hierarchy = makeHierarchy({ now: start });
const leaf = pem(hierarchy.leaf().certificate);
const identified = ((): Identified => {
  const outcome = new CertificateStep([issuerOf(hierarchy)]).decide(leaf, start);
  if (!outcome.passed) throw new Error(outcome.code);
  return outcome.found;
})();

const ok = {
  type: "introspectionResponse",
  resultCode: "A056001",
  resultMessage: "[A056001] The access token is valid.",
  action: "OK",
  clientId: 26862190133482,
  subject: "user-1",
  scopes: ["time:query"],
  expiresAt: start.getTime() + 300_000,
  certificateThumbprint: "t",
  responseContent: 'Bearer error="invalid_request"',
};
const refusal = {
  action: "UNAUTHORIZED",
  resultCode: "A056301",
  resultMessage: "[A056301] The access token does not exist.",
  responseContent: 'Bearer error="invalid_token",error_description="The access token does not exist."',
};
const secret = (changes: object = {}) =>
  JSON.stringify({
    AUTHLETE_BASE_URL: service.url,
    AUTHLETE_SERVICE_APIKEY: "4711",
    AUTHLETE_SERVICE_APISECRET: "s3cret",
    ...changes,
  });
const policy = (changes: Partial<AuthleteTokens> = {}): AuthleteTokens => ({
  kind: "authlete",
  answers: "policy",
  bound: true,
  timeoutMilliseconds: 1500,
  version: 2,
  secret: { store: "secrets-manager", id: "arn:secret" },
  report: false,
  ...changes,
});
const question = { token: "abc", identified, scopes: ["time:query"], now: start };
const decide = (changes: Partial<AuthleteTokens> = {}, text = secret()) =>
  authleteVerifier(policy(changes), async () => text)(question);

describe("Authlete's introspection", () => {
  test.each([
    [2, "/api/auth/introspection", `Basic ${Buffer.from("4711:s3cret").toString("base64")}`],
    [3, "/api/4711/auth/introspection", "Bearer s3cret"],
  ] as const)(
    "version %i is asked at %s with token, scopes and certificate",
    async (version, url, authorization) => {
      service.says(ok);
      expect((await decide({ version })).passed).toBe(true);
      const [asked] = service.asked;
      expect(asked).toMatchObject({
        method: "POST",
        url,
        headers: { authorization, "content-type": "application/json" },
      });
      expect(JSON.parse(asked?.body ?? "")).toEqual({
        token: "abc",
        scopes: ["time:query"],
        clientCertificate: leaf,
      });
    },
  );

  test("OK grants what it says, with the certificate's thumbprint as confirmation", async () => {
    service.says(ok);
    expect(await decide()).toEqual({
      passed: true,
      found: {
        scopes: ["time:query"],
        subject: "user-1",
        clientId: "26862190133482",
        expiresAt: start.getTime() / 1000 + 300,
        confirmation: { "x5t#S256": "t" },
        context: { action: "OK", resultMessage: "[A056001] The access token is valid." },
      },
    });
  });

  test.each<[string, object, string | undefined]>([
    ["without thumbprint: there is no confirmation", { certificateThumbprint: null }, undefined],
    ["without subject, for a client of its own", { subject: undefined }, undefined],
    ["without scopes", { scopes: null }, undefined],
    ["expired by our clock", { expiresAt: start.getTime() }, "token-expired"],
    ["without expiry", { expiresAt: undefined }, "token-service-failed"],
    ["with scopes in words", { scopes: "time:query" }, "token-service-failed"],
    ["with scopes that are no words", { scopes: [1] }, "token-service-failed"],
  ])("OK %s", async (_, changes, code) => {
    service.says({ ...ok, ...changes });
    const outcome = await decide();
    expect(outcome.passed ? undefined : outcome.code).toBe(code);
    if (outcome.passed && "certificateThumbprint" in changes)
      expect(outcome.found.confirmation).toBeUndefined();
  });

  test.each([
    ["BAD_REQUEST", "token-invalid", true],
    ["UNAUTHORIZED", "token-invalid", true],
    ["FORBIDDEN", "insufficient-scope", true],
    ["INTERNAL_SERVER_ERROR", "token-service-failed", false],
    ["SOMETHING_NEW", "token-service-failed", false],
    ["ok", "token-service-failed", false],
    ["constructor", "token-service-failed", false],
    [undefined, "token-service-failed", false],
  ])("%s is %s, and its challenge goes on: %p", async (action, code, challenged) => {
    service.says({ ...refusal, action });
    const outcome = await decide();
    expect(outcome).toMatchObject({
      passed: false,
      code,
      detail: "A056301",
      context: { ...(action === undefined ? {} : { action }), resultMessage: refusal.resultMessage },
    });
    expect(outcome).toEqual(
      challenged
        ? expect.objectContaining({ challenge: refusal.responseContent })
        : expect.not.objectContaining({ challenge: expect.anything() }),
    );
  });

  test.each([
    ["a line break", 'Bearer\r\nSet-Cookie: x="y"'],
    ["characters beyond ASCII", "Bearer ü"],
    ["a thousand characters more", "x".repeat(1001)],
    ["no text", 7],
  ])("a challenge with %s does not go on", async (_, responseContent) => {
    service.says({ ...refusal, responseContent });
    expect(await decide()).not.toHaveProperty("challenge");
  });

  test.each(failures)("a service that is %s: the token cannot be checked", async (_, fail) => {
    fail(service);
    expect(await decide()).toMatchObject({ passed: false, code: "token-service-failed" });
  });

  test("request, response and error are reported only when asked for, without token and certificate", async () => {
    service.says({ ...ok, accessToken: "abc", clientCertificate: leaf });
    const quiet = await decide();
    expect(JSON.stringify(quiet)).not.toContain("introspection_");
    const loud = await decide({ report: true });
    if (!loud.passed) throw new Error(loud.code);
    expect(Object.keys(loud.found.context ?? {})).toEqual([
      "action",
      "resultMessage",
      "introspection_request",
      "introspection_response",
    ]);
    expect(JSON.stringify(loud.found.context)).not.toMatch(/abc|BEGIN/);
    service.says("<html>", "text/html");
    expect(await decide({ report: true })).toMatchObject({
      context: {
        introspection_exception: "no JSON content type",
        introspection_request: '{"scopes":["time:query"]}',
      },
    });
  });

  test.each(["AUTHLETE_BASE_URL", "AUTHLETE_SERVICE_APIKEY", "AUTHLETE_SERVICE_APISECRET"])(
    "a secret without %s is a fault that tells no value",
    async (name) => {
      await expect(decide({}, secret({ [name]: "" }))).rejects.toThrow(
        new Error(`Authlete's secret lacks ${name}`),
      );
    },
  );

  test.each(["s3cret", '{"AUTHLETE_BASE_URL": "s3cret"', "null", "7"])(
    "a secret of %j is a fault that tells no value",
    async (text) => {
      await expect(decide({}, text)).rejects.toThrow(new Error("Authlete's secret is no JSON object"));
    },
  );

  test("an address that is plain http to another machine is a fault", async () => {
    await expect(decide({}, secret({ AUTHLETE_BASE_URL: "http://authlete.example.com" }))).rejects.toThrow(
      "allowed: https",
    );
  });
});
