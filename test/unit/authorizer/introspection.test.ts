import type { IntrospectionTokens } from "#contract/token-policy.ts";
import type { Identified } from "#lambdas/authorizer/steps/certificate.ts";
import { introspectionVerifier } from "#lambdas/authorizer/tokens/introspection.ts";
import { start } from "./fixture.ts";
import { failures, TokenService } from "./token-service.ts";

const service = new TokenService();
beforeAll(() => service.start());
afterAll(() => service.stop());
beforeEach(() => {
  service.asked.length = 0;
});

const now = start.getTime() / 1000;
const active = {
  active: true,
  iss: "https://as.example.com",
  aud: "https://api.example.com",
  sub: "user-1",
  client_id: "client-1",
  scope: "time:query other",
  token_type: "Bearer",
  exp: now + 300,
  cnf: { "x5t#S256": "t" },
};
const policy = (changes: Partial<IntrospectionTokens> = {}): IntrospectionTokens => ({
  kind: "introspection",
  answers: "policy",
  bound: true,
  timeoutMilliseconds: 1500,
  url: `${service.url}/introspect`,
  issuer: "https://as.example.com",
  audience: "https://api.example.com",
  clockToleranceSeconds: 5,
  client: {
    authentication: "secret",
    id: "rs:1",
    secret: { store: "secrets-manager", id: "arn:secret" },
  },
  ...changes,
});
const question = { token: "abc+/=", identified: {} as Identified, scopes: ["time:query"], now: start };
const decide = (secret = "s3cr/t ü") => introspectionVerifier(policy(), async () => secret)(question);

describe("introspection", () => {
  test("asks by POST, as the client that we are, and says what the token grants", async () => {
    service.says(active);
    expect(await decide()).toEqual({
      passed: true,
      found: {
        scopes: ["time:query", "other"],
        subject: "user-1",
        clientId: "client-1",
        expiresAt: now + 300,
        confirmation: { "x5t#S256": "t" },
      },
    });
    const [asked] = service.asked;
    expect(asked).toMatchObject({
      method: "POST",
      url: "/introspect",
      body: "token=abc%2B%2F%3D&token_type_hint=access_token",
      headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    });
    const basic = Buffer.from(
      (asked?.headers.authorization ?? "").replace("Basic ", ""),
      "base64",
    ).toString();
    expect(basic).toBe("rs%3A1:s3cr%2Ft+%C3%BC");
  });

  test.each<[string, object, string | undefined]>([
    ["not active", { active: false }, "token-invalid"],
    ["active in words", { active: "true" }, "token-invalid"],
    ["active as a number", { active: 1 }, "token-invalid"],
    ["active not said", { active: undefined }, "token-invalid"],
    ["expired", { exp: now - 5 }, "token-expired"],
    ["expired within the tolerance", { exp: now - 4 }, undefined],
    ["without expiry", { exp: undefined }, "token-invalid"],
    ["with an expiry in words", { exp: String(now + 300) }, "token-invalid"],
    ["not valid yet", { nbf: now + 6 }, "token-invalid"],
    ["valid within the tolerance", { nbf: now + 5 }, undefined],
    ["with a start in words", { nbf: "0" }, "token-invalid"],
    ["of another issuer", { iss: "https://evil.example.com" }, "token-invalid"],
    ["of an issuer that is not said", { iss: undefined }, undefined],
    ["for another audience", { aud: "https://other.example.com" }, "token-invalid"],
    ["for nobody", { aud: undefined }, "token-invalid"],
    ["for us among others", { aud: ["https://other.example.com", "https://api.example.com"] }, undefined],
    ["of another type", { token_type: "DPoP" }, "token-invalid"],
    ["of our type in small letters", { token_type: "bearer" }, undefined],
    ["of a type that is not said", { token_type: undefined }, undefined],
    ["with scopes in a list", { scope: ["time:query"] }, "token-invalid"],
    ["without scopes", { scope: undefined }, undefined],
  ])("a token %s", async (_, changes, code) => {
    service.says({ ...active, ...changes });
    const outcome = await decide();
    expect(outcome.passed ? undefined : outcome.code).toBe(code);
  });

  test.each(failures)(
    "a server that is %s: the token cannot be checked, and nothing of it is kept",
    async (_, fail) => {
      fail(service);
      const verify = introspectionVerifier(policy(), async () => "s");
      expect(await verify(question)).toMatchObject({ passed: false, code: "token-service-failed" });
      service.says(active);
      expect((await verify(question)).passed).toBe(true);
    },
  );

  test("every token is asked about anew: a revoked one ends at once", async () => {
    const verify = introspectionVerifier(policy(), async () => "s");
    service.says(active);
    expect((await verify(question)).passed).toBe(true);
    service.says({ active: false });
    expect(await verify(question)).toMatchObject({ code: "token-invalid" });
  });

  test("a rotated secret is used", async () => {
    let secret = "one";
    const verify = introspectionVerifier(policy(), async () => secret);
    service.says(active);
    await verify(question);
    secret = "two";
    await verify(question);
    expect(service.asked.map(({ headers }) => headers.authorization)).toEqual(
      ["rs%3A1:one", "rs%3A1:two"].map((pair) => `Basic ${Buffer.from(pair).toString("base64")}`),
    );
  });

  test("a secret that cannot be had is a fault, not an answer", async () => {
    const verify = introspectionVerifier(policy(), () =>
      Promise.reject(new Error("secret arn:secret: status 403")),
    );
    await expect(verify(question)).rejects.toThrow("status 403");
  });

  test("with a client certificate, a secret that is no certificate and key is a fault", async () => {
    const client = { ...policy().client, authentication: "mtls" as const };
    const verify = introspectionVerifier(policy({ client }), async () => '{"cert":"x"}');
    await expect(verify(question)).rejects.toThrow('must be {"cert": PEM, "key": PEM');
  });

  test("with a client certificate, a secret that is no JSON is a fault that tells no value", async () => {
    const client = { ...policy().client, authentication: "mtls" as const };
    const verify = introspectionVerifier(policy({ client }), async () => "s3cret");
    await expect(verify(question)).rejects.toThrow(
      new Error("the introspection client's secret is no JSON object"),
    );
  });
});
