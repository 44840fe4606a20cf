import { parseAuthorizerPolicy, type RevocationLimits } from "#contract/authorizer-policy.ts";
import { makeWorld } from "./fixture.ts";

const good = makeWorld().policy;
const limits = good.revocation as RevocationLimits;
const parse = (value: unknown) => parseAuthorizerPolicy(JSON.stringify(value));
const rule = { name: "one", routes: "all" };
const withRule = (changes: object) => ({ ...good, rules: [{ ...rule, ...changes }] });

describe("parseAuthorizerPolicy", () => {
  test("returns what the stack wrote", () => {
    expect(parse(good)).toEqual(good);
  });

  test.each([undefined, "OFF", false, null, ""])("revocation of %j is not off", (revocation) => {
    expect(() => parse({ ...good, revocation })).toThrow("policy.revocation");
  });

  test("revocation off must be said in so many words", () => {
    expect(parse({ ...good, revocation: "off" }).revocation).toBe("off");
  });

  test("reads every sort of condition", () => {
    const full = withRule({
      routes: ["POST /api"],
      subject: { OU: { equals: "a" }, CN: { oneOf: ["b", "c"] }, O: { pattern: "d.*" } },
      subjectAltNames: { dns: { equals: "e" } },
      thumbprints: ["f"],
      certificates: [{ generation: "g1", serial: "01" }],
    });
    expect(parse(full)).toEqual(full);
  });

  const common = { answers: "policy", bound: true, timeoutMilliseconds: 1000 };
  const claims = { issuer: "https://as.example.com", audience: "a", clockToleranceSeconds: 5 };
  const secret = { store: "secrets-manager", id: "arn" };
  const client = { authentication: "mtls", id: "rs", secret };
  const jwt = { kind: "jwt", ...common, ...claims, keys: { url: "https://as.example.com/jwks" } };
  const introspection = {
    kind: "introspection",
    ...common,
    ...claims,
    url: "https://as.example.com/i",
    client,
  };
  const authlete = { kind: "authlete", ...common, version: 3, secret, report: false };
  const withTokens = (tokens: unknown) => ({ ...good, tokens });

  test.each<[string, object]>([
    ["jwt by URL", jwt],
    ["jwt with static keys", { ...jwt, keys: { static: [{ kty: "EC", kid: "1" }] } }],
    ["introspection", introspection],
    ["authlete", authlete],
  ])("reads tokens: %s", (_, tokens) => {
    expect(parse(withTokens(tokens))).toEqual(withTokens(tokens));
  });

  test("reads the key of a usage plan", () => {
    const keyed = withRule({ usageKey: "k", thumbprints: ["f"] });
    expect(parse(keyed)).toEqual(keyed);
  });

  test.each<[string, unknown, string]>([
    [
      "tokens of no kind",
      withTokens({}),
      "policy.tokens.kind: got undefined; allowed: jwt, introspection, authlete",
    ],
    ["tokens null", withTokens(null), "policy.tokens.kind"],
    ["tokens of an unknown kind", withTokens({ ...jwt, kind: "opaque" }), "policy.tokens.kind: got opaque"],
    ["tokens of a kind of the prototype", withTokens({ ...jwt, kind: "constructor" }), "policy.tokens.kind"],
    ["bound left out", withTokens({ ...jwt, bound: undefined }), "policy.tokens.bound: got nothing"],
    [
      "bound in words",
      withTokens({ ...jwt, bound: "false" }),
      "policy.tokens.bound: got false; allowed: true or false",
    ],
    ["answers of another sort", withTokens({ ...jwt, answers: "both" }), "policy.tokens.answers"],
    [
      "a token key that is not known",
      withTokens({ ...jwt, algorithms: ["none"] }),
      "policy.tokens.algorithms: got an unknown key",
    ],
    [
      "keys in two ways",
      withTokens({ ...jwt, keys: { url: "u", static: [{}] } }),
      "policy.tokens.keys: got url, static",
    ],
    ["no keys", withTokens({ ...jwt, keys: {} }), "policy.tokens.keys"],
    ["a list of no keys", withTokens({ ...jwt, keys: { static: [] } }), "policy.tokens.keys.static"],
    [
      "a client without a secret",
      withTokens({ ...introspection, client: { ...client, secret: "s3cret" } }),
      "policy.tokens.client.secret",
    ],
    [
      "a client of another sort",
      withTokens({ ...introspection, client: { ...client, authentication: "none" } }),
      "policy.tokens.client.authentication",
    ],
    [
      "a secret in another store",
      withTokens({ ...authlete, secret: { store: "environment", id: "X" } }),
      "policy.tokens.secret.store",
    ],
    [
      "Authlete's version 4",
      withTokens({ ...authlete, version: 4 }),
      "policy.tokens.version: got 4; allowed: 2, 3",
    ],
    ["no object", [], "policy: got a list"],
    ["no issuers", { ...good, issuers: undefined }, "policy.issuers: got nothing"],
    ["no issuer", { ...good, issuers: [] }, "policy.issuers: got object; allowed: a list with an entry"],
    ["an unknown key", { ...good, bypass: true }, "policy.bypass: got an unknown key"],
    ["no rules", { ...good, rules: [] }, "policy.rules"],
    [
      "an empty version",
      { ...good, truststore: { ...good.truststore, version: "" } },
      "policy.truststore.version",
    ],
    [
      "a negative time",
      { ...good, revocation: { ...limits, refreshSeconds: -1 } },
      "policy.revocation.refreshSeconds: got -1",
    ],
    [
      "a time as text",
      { ...good, revocation: { ...limits, maxOutageSeconds: "60" } },
      "policy.revocation.maxOutageSeconds",
    ],
    ["a rule without conditions", withRule({}), "policy.rules[0]: got none of subject"],
    [
      "a rule with a condition that is not known",
      withRule({ thumbprints: ["x"], ip: "192.0.2.1" }),
      "policy.rules[0].ip: got an unknown key",
    ],
    ["an empty subject", withRule({ subject: {} }), "policy.rules[0].subject: got {}"],
    [
      "two ways to compare",
      withRule({ subject: { OU: { equals: "a", oneOf: ["b"] } } }),
      "exactly one of equals, oneOf, pattern",
    ],
    [
      "an unknown way to compare",
      withRule({ subject: { OU: { startsWith: "a" } } }),
      "policy.rules[0].subject.OU.startsWith",
    ],
    ["no way to compare", withRule({ subject: { OU: {} } }), "policy.rules[0].subject.OU"],
    ["one of nothing", withRule({ subject: { OU: { oneOf: [] } } }), "policy.rules[0].subject.OU.oneOf"],
    ["a pattern that is none", withRule({ subject: { OU: { pattern: "(" } } }), "Invalid regular expression"],
    [
      "an alternative name of an unknown kind",
      withRule({ subjectAltNames: { x400: { equals: "a" } } }),
      "policy.rules[0].subjectAltNames.x400",
    ],
    ["routes that are neither", withRule({ thumbprints: ["x"], routes: "ALL" }), "policy.rules[0].routes"],
    [
      "a certificate without generation",
      withRule({ certificates: [{ serial: "01" }] }),
      "policy.rules[0].certificates[0].generation",
    ],
    ["thumbprints as text", withRule({ thumbprints: "x" }), "policy.rules[0].thumbprints"],
  ])("refuses %s, with its path", (_, value, message) => {
    expect(() => parse(value)).toThrow(message);
  });

  test("refuses what is no JSON", () => {
    expect(() => parseAuthorizerPolicy("{")).toThrow(SyntaxError);
  });
});
