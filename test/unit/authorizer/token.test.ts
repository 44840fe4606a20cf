import fc from "fast-check";
import { type Outcome, pass } from "#lambdas/authorizer/decision.ts";
import { CertificateStep, type Identified } from "#lambdas/authorizer/steps/certificate.ts";
import { scopes } from "#lambdas/authorizer/steps/scopes.ts";
import { bearerToken, token } from "#lambdas/authorizer/steps/token.ts";
import type { VerifiedToken } from "#lambdas/authorizer/token-verifier.ts";
import { makeHierarchy } from "../../support/hierarchy.ts";
import { issuerOf, pem, start } from "./fixture.ts";

const header = (value: unknown, name = "Authorization") => ({ headers: { [name]: value } });

describe("the token of a request", () => {
  test.each([
    [
      "as API Gateway sends it",
      { headers: { Authorization: "Bearer abc" }, multiValueHeaders: { Authorization: ["Bearer abc"] } },
    ],
    ["a header in small letters", header("Bearer abc", "authorization")],
    ["the scheme in small letters", header("bearer abc")],
    ["the scheme in capitals", header("BEARER abc")],
    ["several spaces, and one at the end", header("Bearer   abc ")],
  ])("is read: %s", (_, event) => {
    expect(bearerToken(event)).toEqual(pass("abc"));
  });

  test("is what every Authorization value says, wherever it stands, or none (property)", () => {
    const leaf = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom<unknown>("Bearer abc", "bearer abc") },
      { weight: 1, arbitrary: fc.constantFrom<unknown>("Bearer def", "", " ", null, 7, {}, true) },
    );
    const value = fc.oneof(
      leaf,
      fc.array(leaf, { maxLength: 2 }),
      fc.array(fc.array(leaf), { maxLength: 1 }),
    );
    const name = fc.constantFrom("Authorization", "authorization", "AUTHORIZATION", "__proto__", "X-Other");
    const map = fc.option(fc.dictionary(name, value, { maxKeys: 2 }), { nil: null });
    const query = fc.option(fc.dictionary(fc.constantFrom("access_token", "Access_Token", "a"), leaf));
    const places = { headers: map, multiValueHeaders: map };
    const event = fc.record({
      ...places,
      queryStringParameters: query,
      multiValueQueryStringParameters: query,
    });
    const leaves = (one: unknown): unknown[] => (Array.isArray(one) ? one.flatMap(leaves) : [one]);
    const values = (one: object | null, wanted: RegExp) =>
      Object.entries(one ?? {}).flatMap(([key, it]) => (wanted.test(key) ? leaves(it) : []));
    let passed = 0;
    fc.assert(
      fc.property(event, (one) => {
        const got = bearerToken(one);
        if (!got.passed) return;
        passed++;
        const said = [one.headers, one.multiValueHeaders].flatMap((it) => values(it, /^authorization$/i));
        const text = new Set(said.filter((it) => it !== null));
        expect(text.size).toBe(1);
        expect([...text][0]).toMatch(new RegExp(`^bearer ${got.found}$`, "i"));
        expect(values(one.queryStringParameters, /^access_token$/i).filter((it) => it !== null)).toEqual([]);
      }),
      { seed: 20260603, numRuns: 3000 },
    );
    expect(passed).toBeGreaterThan(30);
  });

  test("may hold every character of b64token, padding at its end, and 8 KB", () => {
    for (const text of ["aZ09-._~+/==", "x".repeat(8192)])
      expect(bearerToken(header(`Bearer ${text}`))).toEqual(pass(text));
  });

  test.each([
    ["no header", {}, "token-missing"],
    ["headers null", { headers: null, multiValueHeaders: null }, "token-missing"],
    ["an empty header", header(""), "token-missing"],
    ["a header that is no string", header(7), "token-missing"],
    ["another scheme", header("Basic abc"), "token-missing"],
    ["DPoP", header("DPoP abc"), "token-missing"],
    ["a scheme that only begins like ours", header("Bearerabc"), "token-missing"],
    ["no token after the scheme", header("Bearer "), "token-invalid"],
    ["the scheme alone", header("Bearer"), "token-invalid"],
    ["two tokens in one header", header("Bearer abc, Bearer def"), "token-invalid"],
    ["a space in the token", header("Bearer a b"), "token-invalid"],
    ["a line break in the token", header("Bearer a\r\nb"), "token-invalid"],
    ["padding inside", header("Bearer a=b"), "token-invalid"],
    ["more than 8 KB", header(`Bearer ${"x".repeat(8193)}`), "token-invalid"],
    [
      "two headers",
      { multiValueHeaders: { Authorization: ["Bearer abc", "Bearer abc"] } },
      "token-ambiguous",
    ],
    [
      "two spellings of the header",
      { multiValueHeaders: { Authorization: ["Bearer abc"], authorization: ["Bearer abc"] } },
      "token-ambiguous",
    ],
    [
      "two spellings, single-valued",
      { headers: { Authorization: "Bearer abc", authorization: "Bearer abc" } },
      "token-ambiguous",
    ],
    [
      "another value in headers than in multiValueHeaders",
      { headers: { authorization: "Bearer def" }, multiValueHeaders: { Authorization: ["Bearer abc"] } },
      "token-ambiguous",
    ],
    ["a token in the query", { queryStringParameters: { access_token: "abc" } }, "token-in-query"],
    [
      "a token in the query beside a good header",
      { ...header("Bearer abc"), queryStringParameters: { access_token: "abc" } },
      "token-in-query",
    ],
    [
      "an empty token in the query",
      { ...header("Bearer abc"), queryStringParameters: { access_token: "" } },
      "token-in-query",
    ],
    [
      "a token in the query, several values",
      { multiValueQueryStringParameters: { Access_Token: ["a", "b"] } },
      "token-in-query",
    ],
    ["a token in a cookie", { headers: { Cookie: "access_token=abc" } }, "token-missing"],
  ])("is refused: %s", (_, event, code) => {
    expect(bearerToken(event)).toMatchObject({ passed: false, code });
  });
});

describe("the binding of a token to the certificate", () => {
  const hierarchy = makeHierarchy({ now: start });
  const identify = (): Identified => {
    const outcome = new CertificateStep([issuerOf(hierarchy)]).decide(
      pem(hierarchy.leaf().certificate),
      start,
    );
    if (!outcome.passed) throw new Error(outcome.code);
    return outcome.found;
  };
  const mine = identify();
  const theirs = identify().client.thumbprint;
  const own = mine.client.thumbprint;

  const decide = (confirmation: unknown, bound: boolean) => {
    const verify = async (): Promise<Outcome<VerifiedToken>> => pass({ scopes: ["a"], confirmation });
    return token(header("Bearer abc"), { identified: mine, scopes: ["a"], now: start }, verify, { bound });
  };

  test.each<[string, unknown, string | undefined, string | undefined]>([
    ["its own", { "x5t#S256": own }, undefined, undefined],
    [
      "another certificate's",
      { "x5t#S256": theirs },
      "token-of-another-certificate",
      "token-of-another-certificate",
    ],
    ["none", undefined, "token-not-bound", undefined],
    ["an empty one", {}, "token-not-bound", "token-not-bound"],
    ["a DPoP key's", { jkt: own }, "token-not-bound", "token-not-bound"],
    ["its own beside another sort", { "x5t#S256": own, jkt: "x" }, "token-not-bound", "token-not-bound"],
    ["null", null, "token-invalid", "token-invalid"],
    ["text", own, "token-invalid", "token-invalid"],
    [
      "its own in a list",
      { "x5t#S256": [own] },
      "token-of-another-certificate",
      "token-of-another-certificate",
    ],
    [
      "its own with padding",
      { "x5t#S256": `${own}=` },
      "token-of-another-certificate",
      "token-of-another-certificate",
    ],
    [
      "its own in hex",
      { "x5t#S256": mine.certificate.fingerprint },
      "token-of-another-certificate",
      "token-of-another-certificate",
    ],
    ["empty text", { "x5t#S256": "" }, "token-of-another-certificate", "token-of-another-certificate"],
    ["an inherited one", Object.create({ "x5t#S256": own }), "token-not-bound", "token-not-bound"],
  ])("confirmation: %s", async (_, confirmation, whenBound, whenNot) => {
    for (const [bound, code] of [
      [true, whenBound],
      [false, whenNot],
    ] as const) {
      const outcome = await decide(confirmation, bound);
      expect(outcome.passed ? undefined : outcome.code).toBe(code);
    }
  });

  test("the confirmation does not travel on with the grant", async () => {
    expect(await decide({ "x5t#S256": own }, true)).toEqual(pass({ scopes: ["a"] }));
  });
});

describe("the step scopes", () => {
  test.each([
    [["a"], ["a"], true],
    [["a"], ["b", "a"], true],
    [["a", "b"], ["b", "a", "c"], true],
    [["a", "b"], ["a"], false],
    [["a"], [], false],
    [["a"], ["A"], false],
    [["time:query"], ["time"], false],
    [["a"], ["ab"], false],
  ])("wanted %j, granted %j: %j", (wanted, granted, expected) => {
    expect(scopes(wanted, { scopes: granted }).passed).toBe(expected);
  });

  test("the challenge says what is needed", () => {
    expect(scopes(["a", "b"], { scopes: [] })).toEqual({
      passed: false,
      code: "insufficient-scope",
      challenge: 'Bearer error="insufficient_scope", scope="a b"',
    });
  });
});
