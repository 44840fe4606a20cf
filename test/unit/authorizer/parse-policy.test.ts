import { parseAuthorizerPolicy } from "#contract/authorizer-policy.ts";
import { makeWorld } from "./fixture.ts";

const good = makeWorld().policy;
const parse = (value: unknown) => parseAuthorizerPolicy(JSON.stringify(value));
const rule = { name: "one", routes: "all" };
const withRule = (changes: object) => ({ ...good, rules: [{ ...rule, ...changes }] });

describe("parseAuthorizerPolicy", () => {
  test("returns what the stack wrote", () => {
    expect(parse(good)).toEqual(good);
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

  test.each<[string, unknown, string]>([
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
      { ...good, revocation: { ...good.revocation, refreshSeconds: -1 } },
      "policy.revocation.refreshSeconds: got -1",
    ],
    [
      "a time as text",
      { ...good, revocation: { ...good.revocation, maxOutageSeconds: "60" } },
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
