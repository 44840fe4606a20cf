/** ARN patterns, as policies and permissions use them. */
import { matchesArn, matchesGlob } from "#local/gateway/arn.ts";

const arn = "arn:aws:execute-api:eu-west-2:222222222222:a1/test/GET/pets/7";

test.each([
  [arn, true],
  ["*", true],
  ["arn:aws:execute-api:*", true],
  ["arn:aws:execute-api:eu-west-2:222222222222:*", true],
  ["arn:aws:execute-api:*:*:a1/*", true],
  ["arn:aws:execute-api:eu-west-2:222222222222:a1/*/GET/*", true],
  ["arn:aws:execute-api:eu-west-2:222222222222:a1/test/GET/pets/?", true],
  ["arn:aws:execute-api:eu-west-2:222222222222:a1/test/GET/pets", false],
  ["arn:aws:execute-api:eu-west-2:222222222222:a1/test/POST/*", false],
  ["arn:aws:execute-api:eu-west-2:222222222222:a1", false],
  ["arn:aws:execute-api:eu-west-1:222222222222:a1/*", false],
  ["arn:aws:execute-api:eu-west-2:111111111111:a1/*", false],
  ["arn:aws:lambda:*", false],
  ["arn:aws:execute-api:eu-west-2", false],
  ["", false],
])("%s → %s", (pattern, expected) => {
  expect(matchesArn(pattern, arn)).toBe(expected);
});

test("a wildcard does not reach across a colon", () => {
  expect(
    matchesArn("arn:aws:execute-api:eu*:a1/test", "arn:aws:execute-api:eu-west-2:222222222222:a1/test"),
  ).toBe(false);
  expect(matchesArn("arn:*:a1/test:x", "arn:aws:execute-api:eu-west-2:222222222222:a1/test:x")).toBe(false);
});

test("what is no ARN matches nothing", () => {
  expect(matchesArn("*", "a1/test/GET")).toBe(false);
});

test("an asterisk in the request's path is a character, not a wildcard", () => {
  expect(matchesArn("arn:aws:execute-api:r:a:x/s/GET/pets", "arn:aws:execute-api:r:a:x/s/GET/*")).toBe(false);
});

test("characters of regular expressions mean themselves", () => {
  expect(matchesGlob("a.c", "abc")).toBe(false);
  expect(matchesGlob("(a+)+$", "(a+)+$")).toBe(true);
});

test("a pattern of many asterisks against a long text takes no time worth the name", () => {
  expect(matchesGlob(`${"*a".repeat(50)}b`, "a".repeat(20_000))).toBe(false);
}, 2_000);
