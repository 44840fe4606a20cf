/** Rules and tokens of an API: every condition and kind is taken, every wrong one is refused by path. */
import { generateKeyPairSync } from "node:crypto";
import { ConfigError } from "#config/config-error.ts";
import { routeKey, routesOf } from "#contract/routes.ts";
import { changed, type Loose } from "./sample.ts";

const jwt = () => ({
  kind: "jwt",
  issuer: "https://tokens.example.com",
  audience: "https://api.test.example.com",
  keys: { url: "https://tokens.example.com/jwks" } as Loose,
});
const introspection = () => ({
  kind: "introspection",
  url: "https://tokens.example.com/introspect",
  issuer: "https://tokens.example.com",
  audience: "https://api.test.example.com",
  client: {
    authentication: "secret",
    id: "api",
    secret: { store: "secrets-manager", id: "tokens/client" } as Loose,
  },
});
const authlete = () => ({
  kind: "authlete",
  version: 3 as Loose,
  secret: { store: "parameter-store", id: "/tokens/authlete" } as Loose,
});

const withTokens = (tokens: Loose, more: (input: Loose) => void = () => undefined) =>
  changed((input) => {
    input.apis[0].authorizer.tokens = tokens;
    more(input);
  });
const withRule = (rule: Loose, more: (input: Loose) => void = () => undefined) =>
  changed((input) => {
    input.apis[0].authorizer.rules = [{ name: "one", routes: "all", ...rule }];
    more(input);
  });

function problemsOf(make: () => unknown): readonly string[] {
  try {
    make();
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).problems;
  }
}

describe("tokens", () => {
  test("what is not said takes the careful value", () => {
    expect(withTokens(jwt()).apis[0]?.authorizer.tokens).toEqual({
      ...jwt(),
      ...{ answers: "exception", bound: true, timeoutMilliseconds: 1500, clockToleranceSeconds: 5 },
    });
    expect(withTokens(introspection()).apis[0]?.authorizer.tokens).toMatchObject({ bound: true });
    expect(withTokens(authlete()).apis[0]?.authorizer.tokens).toMatchObject({ report: false, bound: true });
  });

  test("a route that asks for scopes is part of an API with tokens, and of no other", () => {
    const keys = (one: Loose) => routesOf(one.apis[0]).map(routeKey);
    expect(keys(withTokens(jwt()))).toContain("GET /time");
    expect(keys(changed(() => undefined))).not.toContain("GET /time");
    const toTime = (input: Loose) => {
      input.apis[0].authorizer.rules[0].routes = ["GET /time"];
    };
    expect(withTokens(jwt(), toTime).apis[0]?.authorizer.rules[0]?.routes).toEqual(["GET /time"]);
    expect(problemsOf(() => changed(toTime))).toEqual([
      expect.stringMatching(
        /^apis\.0\.authorizer\.rules\.0\.routes\.0: one of this API's: POST \/api, .*; got "GET \/time"$/,
      ),
    ]);
  });

  test("public keys of the configuration; a private member is refused, and not repeated", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const keys = (key: Loose) => ({ ...jwt(), keys: { static: [{ ...key, kid: "k1" }] } });
    expect(problemsOf(() => withTokens(keys(publicKey.export({ format: "jwk" }))))).toEqual([]);
    const secret = privateKey.export({ format: "jwk" });
    const problems = problemsOf(() => withTokens(keys(secret)));
    expect(problems).toEqual([
      'apis.0.authorizer.tokens.keys.static.0: unknown key: remove it or correct its spelling; got "d"',
    ]);
    expect(problems.join()).not.toContain(secret.d);
  });

  const at = "apis.0.authorizer.tokens";
  test.each<[string, () => Loose, string]>([
    ["a kind that is not there", () => ({ kind: "opaque" }), `${at}.kind: one of "jwt", "introspection"`],
    [
      "a key set by http",
      () => ({ ...jwt(), keys: { url: "http://tokens.example.com/jwks" } }),
      "keys.url: https",
    ],
    [
      "a key set on loopback",
      () => ({ ...jwt(), keys: { url: "http://127.0.0.1:1/jwks" } }),
      "keys.url: https",
    ],
    ["an issuer by http", () => ({ ...jwt(), issuer: "http://tokens.example.com" }), `${at}.issuer: https`],
    [
      "a URL with credentials",
      () => ({ ...jwt(), issuer: "https://me:it@tokens.example.com" }),
      `${at}.issuer: a URL in lower case`,
    ],
    [
      "introspection by http",
      () => ({ ...introspection(), url: "http://t.example.com/i" }),
      `${at}.url: https`,
    ],
    [
      "a wait without end",
      () => ({ ...jwt(), timeoutMilliseconds: 60_000 }),
      `${at}.timeoutMilliseconds: Too big`,
    ],
    [
      "a clock that may be an hour off",
      () => ({ ...jwt(), clockToleranceSeconds: 3600 }),
      "clockToleranceSeconds",
    ],
    ["neither keys nor URL", () => ({ ...jwt(), keys: {} }), `${at}.keys`],
    [
      "a symmetric key",
      () => ({ ...jwt(), keys: { static: [{ kty: "oct", k: "c2VjcmV0" }] } }),
      "static.0.kty",
    ],
    ["a version of Authlete that is not there", () => ({ ...authlete(), version: 1 }), `${at}.version`],
    [
      "a secret by its value",
      () => ({ ...authlete(), secret: "AUTHLETE_SERVICE_APISECRET=x" }),
      `${at}.secret: one of "secrets-manager", "parameter-store"`,
    ],
    [
      "a secret of the environment",
      () => ({ ...authlete(), secret: { store: "environment", id: "X" } }),
      `${at}.secret.store: one of "secrets-manager", "parameter-store"`,
    ],
    [
      "all secrets",
      () => ({ ...authlete(), secret: { store: "parameter-store", id: "/tokens/*" } }),
      `${at}.secret.id: the name`,
    ],
    [
      "a secret of another account",
      () => ({
        ...authlete(),
        secret: {
          store: "secrets-manager",
          id: "arn:aws:secretsmanager:eu-west-2:111111111111:secret:tokens-AbCdEf",
        },
      }),
      `${at}.secret.id: in the API's region and account (eu-west-2:222222222222)`,
    ],
    [
      "half an ARN",
      () => ({
        ...authlete(),
        secret: {
          store: "secrets-manager",
          id: "arn:aws:secretsmanager:eu-west-2:222222222222:secret:tokens",
        },
      }),
      `${at}.secret.id: the name or the whole ARN`,
    ],
  ])("%s is refused", (_what, tokens, says) => {
    const problems = problemsOf(() => withTokens(tokens()));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(says);
  });

  test("http to loopback is for the sandbox of this machine, and loopback only", () => {
    const at = (url: string, name: string, tier = "sandbox") =>
      withTokens({ ...jwt(), issuer: url, keys: { url: `${url}/jwks` } }, (input) => {
        Object.assign(input, { name, tier });
      });
    expect(problemsOf(() => at("http://127.0.0.1:4000", "local"))).toEqual([]);
    expect(problemsOf(() => at("http://127.0.0.1:4000", "dev"))).toHaveLength(2);
    expect(problemsOf(() => at("http://127.0.0.1:4000", "local", "staging"))).toHaveLength(2);
    expect(problemsOf(() => at("http://127.0.0.1.example.com:4000", "local"))).toHaveLength(2);
  });
});

describe("rules", () => {
  const thumbprint = "A".repeat(43);
  test.each<[string, Loose]>([
    ["a pattern", { subject: { CN: { pattern: "partner-[a-z]+" } } }],
    ["an alternative name", { subjectAltNames: { uri: { equals: "urn:partner:a" } } }],
    ["thumbprints", { thumbprints: [thumbprint] }],
    ["certificates", { certificates: [{ generation: "g1", serial: "0a1b" }] }],
  ])("%s is a condition of its own", (_what, rule) => {
    expect(withRule(rule).apis[0]?.authorizer.rules).toEqual([{ name: "one", routes: "all", ...rule }]);
  });

  test("a serial is written in one way, however it came", () => {
    const one = withRule({ certificates: [{ generation: "g1", serial: "0x0A1B" }] });
    expect(one.apis[0]?.authorizer.rules[0]?.certificates).toEqual([{ generation: "g1", serial: "0a1b" }]);
  });

  const at = "apis.0.authorizer.rules.0";
  test.each<[string, Loose, string]>([
    ["no condition", {}, `${at}: at least one of subject, subjectAltNames, thumbprints, certificates`],
    ["an empty condition", { subjectAltNames: {} }, `${at}.subjectAltNames: at least one entry; got {}`],
    ["a pattern that is none", { subject: { CN: { pattern: "(" } } }, `${at}.subject.CN.pattern: a regular`],
    [
      "two conditions in one",
      { subject: { CN: { equals: "a", pattern: "a" } } },
      `${at}.subject.CN: unknown key`,
    ],
    [
      "a name of a kind that is not there",
      { subjectAltNames: { other: { equals: "a" } } },
      `${at}.subjectAltNames`,
    ],
    ["a thumbprint in hex", { thumbprints: ["ab".repeat(32)] }, `${at}.thumbprints.0: base64url SHA-256`],
    ["no thumbprint", { thumbprints: [] }, `${at}.thumbprints: at least one`],
    [
      "a serial without its generation",
      { certificates: [{ serial: "0a" }] },
      `${at}.certificates.0.generation: Invalid input`,
    ],
    [
      "a generation that is not there",
      { certificates: [{ generation: "g2", serial: "0a" }] },
      `${at}.certificates.0.generation: one of g1; got "g2"`,
    ],
    ["a key of the caller's own", { thumbprints: [thumbprint], usageKey: "x" }, `${at}: unknown key`],
  ])("%s is refused", (_what, rule, says) => {
    const problems = problemsOf(() => withRule(rule));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(says);
  });

  test("a bucket that is asked more seldom than it may be out of reach is refused", () => {
    const settings = (refreshSeconds: number, maxOutageSeconds: number) => () =>
      changed((input) => Object.assign(input.apis[0].authorizer, { refreshSeconds, maxOutageSeconds }));
    expect(problemsOf(settings(60, 60))).toEqual([]);
    expect(problemsOf(settings(61, 60))[0]).toContain(
      "apis.0.authorizer.refreshSeconds: at most maxOutageSeconds (60)",
    );
  });

  test("mistakes in rules and tokens are told together", () => {
    const problems = problemsOf(() =>
      withTokens({ ...jwt(), issuer: "http://x.example.com" }, (input) => {
        input.apis[0].authorizer.rules = [{ name: "one", routes: ["GET /nowhere"] }];
      }),
    );
    expect(problems.map((one) => one.slice(0, one.indexOf(":")))).toEqual([
      "apis.0.authorizer.rules.0",
      "apis.0.authorizer.rules.0.routes.0",
      "apis.0.authorizer.tokens.issuer",
    ]);
  });
});
