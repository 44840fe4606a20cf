/** docs/errors.md is the table of contract/problems.ts and the codes of the gateway responses: none missing, none made up. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type ProblemCode, problems } from "#contract/problems.ts";
import { answerTo, challengeOf } from "#lambdas/authorizer/decision.ts";

const root = resolve(__dirname, "../../..");
const text = readFileSync(resolve(root, "docs/errors.md"), "utf8");
const [, own = "", around = ""] = text.split(/^## /m);
const rowsOf = (section: string) =>
  section
    .split("\n")
    .filter((line) => /^\| [`(]/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")));

const statusOf = { deny: "403", unauthorized: "401", fault: "500" } as const;

test("every problem is there once, in its order, with step, status and message", () => {
  const expected = Object.entries(problems).map(([code, { step, message }]) => {
    const one = code as ProblemCode;
    const statuses = [answerTo(one, "exception"), answerTo(one, "policy")].map((answer) => statusOf[answer]);
    return [code, step, [...new Set(statuses)].join(" / "), message];
  });
  expect(rowsOf(own).map((cells) => cells.slice(1, 5))).toEqual(expected);
});

test("every row says what to do", () => {
  for (const cells of [...rowsOf(own), ...rowsOf(around)]) expect(cells.at(-2)).toMatch(/^[A-Z].*\.$/);
});

test("the codes of the API's other answers are those of its gateway responses", () => {
  const source = readFileSync(resolve(root, "stacks/api/gateway-responses.ts"), "utf8");
  const codes = [...source.matchAll(/problemBody\('"[^']*"', '"([a-z-]+)"'\)/g)].map(([, code]) => code);
  const documented = [...rowsOf(around).map((cells) => cells[1]), "unauthorized", "fault"];
  expect([...new Set(codes)].filter((code) => !documented.includes(code))).toEqual([]);
  expect(documented.filter((code) => !code?.startsWith("(") && !codes.includes(code))).toEqual([]);
});

test("the challenges that are shown are those that are sent", () => {
  const shown = [...text.matchAll(/`(?:WWW-Authenticate: )?(Bearer error="(\w+)")/g)].map(([, all]) => all);
  const sent = Object.keys(problems).map((code) => challengeOf(code as ProblemCode));
  expect(new Set(shown)).toEqual(new Set(sent.filter(Boolean)));
});
