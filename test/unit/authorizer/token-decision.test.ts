import { type Route, routes } from "#contract/routes.ts";
import type { IntrospectionTokens } from "#contract/token-policy.ts";
import { auditLine } from "#lambdas/authorizer/audit.ts";
import type { Hooks } from "#lambdas/authorizer/hooks.ts";
import { policy as answerOf } from "#lambdas/authorizer/steps/policy.ts";
import { makeHierarchy } from "../../support/hierarchy.ts";
import { account, deployment, makeWorld, pem, requestEvent, start, type WorldOptions } from "./fixture.ts";
import { TokenService } from "./token-service.ts";

const service = new TokenService();
beforeAll(() => service.start());
afterAll(() => service.stop());
beforeEach(() => {
  service.asked.length = 0;
  service.says(active());
});

const hierarchy = makeHierarchy({ now: start });
let thumbprint = "";

function world(
  options: WorldOptions & { readonly answers?: "exception" | "policy"; readonly bound?: boolean } = {},
) {
  const { answers = "policy", bound = true, ...rest } = options;
  const tokens: IntrospectionTokens = {
    kind: "introspection",
    answers,
    bound,
    timeoutMilliseconds: 1500,
    url: `${service.url}/introspect`,
    issuer: "https://as.example.com",
    audience: "https://api.example.com",
    clockToleranceSeconds: 5,
    client: { authentication: "secret", id: "rs", secret: { store: "secrets-manager", id: "s" } },
  };
  const made = makeWorld({ hierarchy, tokens, secrets: async () => "s3cret", ...rest });
  thumbprint = Buffer.from(made.client.certificate.fingerprint, "hex").toString("base64url");
  service.says(active());
  return made;
}

const active = (changes: object = {}) => ({
  active: true,
  aud: "https://api.example.com",
  sub: "user-1",
  client_id: "client-1",
  scope: "time:query",
  exp: start.getTime() / 1000 + 300,
  cnf: { "x5t#S256": thumbprint },
  ...changes,
});
type World = ReturnType<typeof world>;
const time = (it: World, changes: object = {}) => ({
  ...requestEvent(pem(it.client.certificate)),
  resource: "/time",
  httpMethod: "GET",
  headers: { Authorization: "Bearer SECRET-TOKEN" },
  queryStringParameters: null,
  ...changes,
});

/** With the row of /time changed. */
async function withRow(change: Partial<Route>, run: () => Promise<void>): Promise<void> {
  const all = routes as Route[];
  const index = all.findIndex(({ path }) => path === "/time");
  const row = all[index] as Route;
  all[index] = { ...row, ...change } as Route;
  await run().finally(() => {
    all[index] = row;
  });
}

describe("a route that asks for scopes", () => {
  test("answers a valid token with its certificate; the grant is in the context", async () => {
    const it = world();
    const decision = await it.decide(time(it));
    expect(decision).toMatchObject({ allowed: true });
    expect(Object.keys(decision.milliseconds)).toEqual([
      "place",
      "certificate",
      "revocation",
      "rules",
      "token",
      "scopes",
    ]);
    expect(answerOf(decision, deployment, account)).toMatchObject({
      policyDocument: {
        Statement: [{ Effect: "Allow", Resource: expect.stringMatching(/\/dev\/GET\/time$/) }],
      },
      context: {
        scope: "time:query",
        client_id: "client-1",
        sub: "user-1",
        exp: String(start.getTime() / 1000 + 300),
      },
    });
  });

  test("asks nobody about a token where the route wants none", async () => {
    const it = world();
    expect((await it.decide()).allowed).toBe(true);
    expect(service.asked).toEqual([]);
  });

  test("asks nobody about the token of a certificate that is refused", async () => {
    const it = world();
    const stranger = makeHierarchy({ now: start }).leaf().certificate;
    const event = { ...time(it), ...{ requestContext: requestEvent(pem(stranger)).requestContext } };
    expect(await it.decide(event)).toMatchObject({ allowed: false, step: "certificate" });
    expect(service.asked).toEqual([]);
  });

  const invalid = 'Bearer error="invalid_token"';
  test.each<[string, object, object | undefined, string, string, string | undefined]>([
    ["no token", { headers: {} }, undefined, "token-missing", "unauthorized", invalid],
    [
      "a token in the query",
      { queryStringParameters: { access_token: "x" } },
      undefined,
      "token-in-query",
      "unauthorized",
      'Bearer error="invalid_request"',
    ],
    [
      "two headers",
      { multiValueHeaders: { Authorization: ["Bearer a", "Bearer b"] } },
      undefined,
      "token-ambiguous",
      "unauthorized",
      'Bearer error="invalid_request"',
    ],
    ["a token that is not active", {}, { active: false }, "token-invalid", "unauthorized", invalid],
    ["an expired token", {}, { exp: 1 }, "token-expired", "unauthorized", invalid],
    ["a token without binding", {}, { cnf: undefined }, "token-not-bound", "unauthorized", invalid],
    [
      "another certificate's token",
      {},
      { cnf: { "x5t#S256": "x" } },
      "token-of-another-certificate",
      "unauthorized",
      invalid,
    ],
    [
      "a token without the scope",
      {},
      { scope: "other" },
      "insufficient-scope",
      "deny",
      'Bearer error="insufficient_scope", scope="time:query"',
    ],
    [
      "a token of which nothing is said",
      {},
      { exp: undefined, active: undefined },
      "token-invalid",
      "unauthorized",
      invalid,
    ],
  ])("refuses %s", async (_, changes, token, code, thrown, challenge) => {
    for (const [answers, answer] of [
      ["policy", "deny"],
      ["exception", thrown],
    ] as const) {
      const it = world({ answers });
      if (token) service.says(active(token));
      const decision = await it.decide(time(it, changes));
      expect(decision).toMatchObject({ allowed: false, code, answer, challenge });
      service.says(active());
      expect((await it.decide(time(it))).allowed).toBe(true);
    }
  });

  test.each([
    ["policy", "deny"],
    ["exception", "fault"],
  ] as const)(
    "with answers %s, a service that fails is answered by %s, without a challenge",
    async (answers, answer) => {
      const it = world({ answers });
      service.says({}, "application/json", 500);
      const decision = await it.decide(time(it));
      expect(decision).toMatchObject({ allowed: false, step: "token", code: "token-service-failed", answer });
      expect(decision).not.toHaveProperty("challenge");
    },
  );

  test("with answers exception, a refused certificate is still a Deny (403)", async () => {
    const it = world({ answers: "exception" });
    const event = time(it, { requestContext: requestEvent("x").requestContext });
    expect(await it.decide(event)).toMatchObject({ code: "certificate-malformed", answer: "deny" });
  });

  test("with bound false, a token without binding is good, another certificate's is not", async () => {
    const it = world({ bound: false });
    service.says(active({ cnf: undefined }));
    expect((await it.decide(time(it))).allowed).toBe(true);
    service.says(active({ cnf: { "x5t#S256": "x" } }));
    expect(await it.decide(time(it))).toMatchObject({ code: "token-of-another-certificate" });
  });

  test("with bound false, a route whose row says bound takes none without binding", async () => {
    const it = world({ bound: false });
    service.says(active({ cnf: undefined }));
    await withRow({ tokens: "bound" }, async () => {
      expect(await it.decide(time(it))).toMatchObject({ code: "token-not-bound" });
    });
  });

  test("a row may want a token and no scope of it: any valid one, but one", async () => {
    const it = world();
    service.says(active({ scope: "" }));
    await withRow({ tokens: "required", scopes: "none" }, async () => {
      expect(await it.decide(time(it))).toMatchObject({ allowed: true, grant: { scopes: [] } });
      expect(await it.decide(time(it, { headers: {} }))).toMatchObject({ code: "token-missing" });
    });
    expect(await it.decide(time(it))).toMatchObject({ code: "insufficient-scope" });
  });

  test("is a fault where the policy knows no tokens: never open", async () => {
    const it = makeWorld({ hierarchy });
    const event = { ...requestEvent(pem(it.client.certificate)), resource: "/time", httpMethod: "GET" };
    expect(await it.decide(event)).toMatchObject({
      allowed: false,
      code: "fault",
      error: expect.objectContaining({
        message: "the route asks for a token, and the policy knows none",
      }),
    });
  });

  test("never writes the token into the audit line", async () => {
    const it = world();
    for (const changes of [{}, { scope: "" }, { active: false }]) {
      service.says(active(changes));
      const line = auditLine(await it.decide(time(it)), deployment, start);
      expect(line).not.toContain("SECRET-TOKEN");
      expect(JSON.parse(line)).toMatchObject({ route: "GET /time" });
    }
  });
});

// biome-ignore lint/suspicious/noExplicitAny: a hook that does what its types forbid
type Anything = any;
const writing = (change: (...shown: Anything[]) => unknown) =>
  ((...shown: Anything[]) => {
    change(...shown);
    return undefined;
  }) as never;

describe("hooks", () => {
  const allowedWith = async (hooks: Hooks) => {
    const it = world({ hooks });
    return { decision: await it.decide(time(it)), it };
  };

  test("are called in their order, with what has been proven", async () => {
    const calls: string[] = [];
    const note = (name: string) => (request: object) => {
      calls.push(name);
      expect(Object.keys(request)).toEqual(["event", "route", "client"]);
      return undefined;
    };
    const { decision } = await allowedWith({
      onEnter: note("onEnter"),
      determineScopes: (request) => {
        note("determineScopes")(request);
        return [];
      },
      onIntrospection: note("onIntrospection"),
      updateContext: (request) => {
        note("updateContext")(request);
        return {};
      },
      onAllow: note("onAllow"),
      onDeny: () => {
        throw new Error("not asked");
      },
    });
    expect(decision.allowed).toBe(true);
    expect(calls).toEqual(["onEnter", "determineScopes", "onIntrospection", "updateContext", "onAllow"]);
  });

  test("add to the context, below our own keys", async () => {
    const { decision } = await allowedWith({
      onEnter: () => ({ context: { a: "1", code: "x" } }),
      onIntrospection: () => ({ context: { b: "2", sub: "x" } }),
      updateContext: () => ({ c: "3", n: 4 as never }),
      onAllow: () => ({ context: { a: "5" } }),
    });
    const { context } = answerOf(decision, deployment, account);
    expect(context).toMatchObject({ a: "5", b: "2", c: "3", code: "allowed", sub: "user-1" });
    expect(context).not.toHaveProperty("n");
  });

  test.each<[string, Hooks]>([
    ["onEnter denies", { onEnter: () => ({ deny: true }) }],
    ["onIntrospection denies", { onIntrospection: async () => ({ deny: true }) }],
    ["onAllow denies", { onAllow: () => ({ deny: true }) }],
    ["onAllow says something that is neither", { onAllow: () => ({ deny: "no" as never }) }],
    ...(["onEnter", "determineScopes", "onIntrospection", "updateContext", "onAllow"] as const).flatMap(
      (name): [string, Hooks][] => [
        [
          `${name} throws`,
          {
            [name]: () => {
              throw new Error("boom");
            },
          },
        ],
        [`${name} rejects`, { [name]: () => Promise.reject(new Error("boom")) }],
      ],
    ),
    ["determineScopes gives no list", { determineScopes: () => "time:query" as never }],
    ["determineScopes gives what is no scope", { determineScopes: () => ['a"b'] }],
  ])("deny: %s", async (_, hooks) => {
    const { decision } = await allowedWith(hooks);
    expect(decision).toMatchObject({ allowed: false, step: "hooks", code: "denied-by-hook" });
  });

  test("determineScopes can ask for more, not for less", async () => {
    expect((await allowedWith({ determineScopes: () => [] })).decision.allowed).toBe(true);
    expect((await allowedWith({ determineScopes: () => ["more"] })).decision).toMatchObject({
      code: "insufficient-scope",
      challenge: 'Bearer error="insufficient_scope", scope="time:query more"',
    });
  });

  test("determineScopes can ask for a token on a route that wants none", async () => {
    const it = world({ hooks: { determineScopes: () => ["time:query"] } });
    expect(await it.decide()).toMatchObject({ allowed: false, step: "token" });
  });

  test("a refusal stays one, whatever its hooks return or throw", async () => {
    for (const answers of ["policy", "exception"] as const)
      for (const answer of [{ allowed: true, deny: false, code: "allowed" }, undefined]) {
        const seen: string[] = [];
        const hook = (name: string) =>
          (() => {
            seen.push(name);
            if (!answer) throw new Error("boom");
            return answer;
          }) as never;
        const it = world({
          answers,
          hooks: {
            onIntrospectionError: hook("onIntrospectionError"),
            onDeny: hook("onDeny"),
            onUnauthorized: hook("onUnauthorized"),
            onFault: hook("onFault"),
          },
        });
        service.says({ active: false });
        expect(await it.decide(time(it))).toMatchObject({ allowed: false, code: "token-invalid" });
        expect(seen).toEqual(["onIntrospectionError", answers === "policy" ? "onDeny" : "onUnauthorized"]);
      }
  });

  test.each<[string, Hooks]>([
    ["onEnter takes the route's scopes away", { onEnter: writing(({ route }) => (route.scopes = "none")) }],
    [
      "onEnter puts a token in",
      { onEnter: writing(({ event }) => (event.headers = { Authorization: "x" })) },
    ],
    ["onEnter names another client", { onEnter: writing(({ client }) => (client.thumbprint = "x")) }],
    ["determineScopes takes one away", { determineScopes: writing(({ route }) => route.scopes.pop()) }],
    ["onIntrospection grants more", { onIntrospection: writing((_, grant) => grant.scopes.push("admin")) }],
    ["updateContext grants more", { updateContext: writing((_, grant) => grant.scopes.push("admin")) }],
    ["onAllow grants more", { onAllow: writing((_, grant) => grant.scopes.push("admin")) }],
  ])("cannot change what they are shown: %s is a denial", async (_, hooks) => {
    expect((await allowedWith(hooks)).decision).toMatchObject({
      allowed: false,
      code: "denied-by-hook",
      detail: expect.stringContaining("threw"),
    });
    expect((await allowedWith({})).decision.allowed).toBe(true);
  });

  test.each<[string, Hooks, "policy" | "exception"]>([
    [
      "onIntrospectionError",
      { onIntrospectionError: writing((_, denied) => (denied.passed = true)) },
      "policy",
    ],
    ["onDeny", { onDeny: writing((refused) => (refused.allowed = true)) }, "policy"],
    ["onUnauthorized", { onUnauthorized: writing((refused) => (refused.answer = "deny")) }, "exception"],
  ])("cannot turn a refusal into anything else: %s", async (_, hooks, answers) => {
    const it = world({ hooks, answers });
    service.says({ active: false });
    const answer = answers === "policy" ? "deny" : "unauthorized";
    expect(await it.decide(time(it))).toMatchObject({ allowed: false, code: "token-invalid", answer });
  });

  test("onDeny adds to the context of a denial; onFault hears of a fault", async () => {
    const faults: unknown[] = [];
    const it = world({
      hooks: {
        onDeny: () => ({ context: { hint: "x", code: "allowed" } }),
        onFault: ({ error }) => void faults.push(error),
      },
    });
    service.says({ active: false });
    expect(answerOf(await it.decide(time(it)), deployment, account).context).toMatchObject({
      hint: "x",
      code: "token-invalid",
    });
    it.buckets.instead.set(it.issuingKey, { kind: "found", body: undefined as never, etag: undefined });
    it.now = new Date(start.getTime() + 5000);
    expect(await it.decide(time(it))).toMatchObject({ code: "fault" });
    expect(faults).toHaveLength(1);
  });
});
