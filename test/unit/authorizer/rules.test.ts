import type { Rule } from "#contract/authorizer-policy.ts";
import { type Route, routes } from "#contract/routes.ts";
import { CertificateStep, type Identified } from "#lambdas/authorizer/steps/certificate.ts";
import { rules } from "#lambdas/authorizer/steps/rules.ts";
import type { LeafOptions } from "#pki/issue.ts";
import { makeHierarchy } from "../../support/hierarchy.ts";
import { issuerOf, pem, start } from "./fixture.ts";

const hierarchy = makeHierarchy({ now: start });
const step = new CertificateStep([issuerOf(hierarchy)]);
const route = routes[0] as Route;

type Subject = LeafOptions["subject"];

function client(subject: Subject, rest: Partial<LeafOptions> = {}): Identified {
  const outcome = step.decide(pem(hierarchy.leaf({ subject, ...rest }).certificate), start);
  if (!outcome.passed) throw new Error(outcome.code);
  return outcome.found;
}
const ou = (...values: string[]): Subject => values.map((value) => ({ type: "OU", value }));
const rule = (conditions: Partial<Rule>, name = "one"): Rule => ({ name, routes: "all", ...conditions });
const admitted = (all: readonly Rule[], by: Identified) => rules(all, route, by).passed;

describe("the step rules", () => {
  const partner = client([
    { type: "O", value: "Example Ltd" },
    { type: "OU", value: "Partners" },
    { type: "CN", value: "partner-a" },
  ]);

  test("no rule, no access", () => {
    expect(rules([], route, partner)).toEqual({ passed: false, code: "no-rule" });
  });

  test("a rule without conditions matches nobody", () => {
    expect(admitted([rule({})], partner)).toBe(false);
    expect(admitted([rule({ subject: {} })], partner)).toBe(false);
  });

  test("the first rule that matches decides", () => {
    const all = [
      rule({ subject: { OU: { equals: "Staff" } } }, "staff"),
      rule({ subject: { OU: { equals: "Partners" } } }, "partners"),
      rule({ subject: { O: { equals: "Example Ltd" } } }, "everybody"),
    ];
    expect(rules(all, route, partner)).toMatchObject({ passed: true, found: { name: "partners" } });
  });

  test("a rule covers all routes, or those that it names and no other", () => {
    const subject = { OU: { equals: "Partners" } };
    expect(admitted([rule({ subject, routes: ["POST /api"] })], partner)).toBe(true);
    for (const key of ["GET /api", "POST /api/", "POST /*", "*", "all"])
      expect(admitted([rule({ subject, routes: [key] })], partner)).toBe(false);
  });

  test.each<[string, NonNullable<Rule["subject"]>, boolean]>([
    ["equals", { OU: { equals: "Partners" } }, true],
    ["equals, other case", { OU: { equals: "partners" } }, false],
    ["equals a part only", { OU: { equals: "Partner" } }, false],
    ["one of", { OU: { oneOf: ["Staff", "Partners"] } }, true],
    ["one of others", { OU: { oneOf: ["Staff", "Suppliers"] } }, false],
    ["one of nothing", { OU: { oneOf: [] } }, false],
    ["a pattern over the whole value", { CN: { pattern: "partner-[a-z]" } }, true],
    ["a pattern over a part", { CN: { pattern: "partner" } }, false],
    ["a pattern with an alternative at its start", { CN: { pattern: "partner|x" } }, false],
    ["a pattern with an alternative at its end", { CN: { pattern: "x|partner" } }, false],
    ["all of several", { O: { equals: "Example Ltd" }, OU: { equals: "Partners" } }, true],
    ["not all of several", { O: { equals: "Example Ltd" }, OU: { equals: "Staff" } }, false],
    ["an attribute that is not there", { L: { equals: "Partners" } }, false],
    ["an attribute that is not there, any value", { L: { pattern: ".*" } }, false],
    ["a name of the prototype", { constructor: { pattern: ".*" } }, false],
  ])("subject: %s", (_, subject, expected) => {
    expect(admitted([rule({ subject })], partner)).toBe(expected);
  });

  describe("every value of an attribute must satisfy", () => {
    const subject = { OU: { oneOf: ["Partners", "Suppliers"] } };
    test.each<[string, string[], boolean]>([
      ["one, the right one", ["Partners"], true],
      ["two, both right", ["Partners", "Suppliers"], true],
      ["the right one first", ["Partners", "Visitors"], false],
      ["the right one last", ["Visitors", "Partners"], false],
      ["the right one as text in another", ["Visitors,OU=Partners"], false],
      ["none", [], false],
    ])("%s", (_, values, expected) => {
      const by = client([{ type: "CN", value: "x" }, ...ou(...values)]);
      expect(admitted([rule({ subject })], by)).toBe(expected);
    });
  });

  test("O=CN=bob is no CN", () => {
    const by = client([{ type: "O", value: "CN=bob" }]);
    expect(admitted([rule({ subject: { CN: { equals: "bob" } } })], by)).toBe(false);
  });

  test.each<[string, NonNullable<Rule["subjectAltNames"]>, boolean]>([
    ["a name that is there", { dns: { equals: "a.example.com" } }, true],
    ["both names by a pattern", { dns: { pattern: "[ab]\\.example\\.com" } }, false],
    ["of another kind", { uri: { equals: "a.example.com" } }, false],
    ["a URI", { uri: { pattern: "spiffe://example\\.com/.*" } }, true],
    ["both kinds", { dns: { equals: "a.example.com" }, uri: { equals: "spiffe://example.com/a" } }, true],
    ["one kind of two", { dns: { equals: "a.example.com" }, email: { equals: "a@example.com" } }, false],
  ])("alternative names: %s", (title, subjectAltNames, expected) => {
    const by = client(ou("Partners"), {
      subjectAltNames: [
        { kind: "dns", value: "a.example.com" },
        ...(title.startsWith("both names") ? [{ kind: "dns" as const, value: "z.example.com" }] : []),
        { kind: "uri", value: "spiffe://example.com/a" },
      ],
    });
    expect(admitted([rule({ subjectAltNames })], by)).toBe(expected);
  });

  test("a pattern is not tried on a value that is longer than any sensible one", () => {
    const value = (length: number) => `spiffe://example.com/${"a".repeat(length - 21)}`;
    const all = [rule({ subjectAltNames: { uri: { pattern: "spiffe://.*" } } })];
    const by = (length: number) =>
      client(ou("Partners"), { subjectAltNames: [{ kind: "uri", value: value(length) }] });
    expect(admitted(all, by(256))).toBe(true);
    expect(admitted(all, by(257))).toBe(false);
  });

  test("a thumbprint names one certificate", () => {
    const { thumbprint } = partner.client;
    expect(admitted([rule({ thumbprints: ["x".repeat(43), thumbprint] })], partner)).toBe(true);
    expect(admitted([rule({ thumbprints: [thumbprint] })], client(ou("Partners")))).toBe(false);
    expect(admitted([rule({ thumbprints: [] })], partner)).toBe(false);
  });

  test("a serial counts only with its generation", () => {
    const { serial } = partner.client;
    expect(admitted([rule({ certificates: [{ generation: "g1", serial }] })], partner)).toBe(true);
    expect(admitted([rule({ certificates: [{ generation: "g2", serial }] })], partner)).toBe(false);
    expect(admitted([rule({ certificates: [] })], partner)).toBe(false);
  });

  test("conditions of different sorts must all hold", () => {
    const { thumbprint } = partner.client;
    const both = (value: string) => rule({ subject: { OU: { equals: value } }, thumbprints: [thumbprint] });
    expect(admitted([both("Partners")], partner)).toBe(true);
    expect(admitted([both("Staff")], partner)).toBe(false);
  });
});
