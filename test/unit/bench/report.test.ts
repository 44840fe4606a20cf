// What a bench says must be what it measured, and land where it belongs.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ratioOf } from "#test/bench/measure.ts";
import { forTerminal, goalCell, goalLines, isMet, type Table, writeTables } from "#test/bench/report.ts";

const table = (name: string, cell: string): Table => ({
  name,
  title: "title",
  head: ["what", "wall"],
  rows: [[cell, "1 ms"]],
  note: "note.",
  goals: [{ what: cell, value: 2.001, atMost: 2 }],
});

describe("a goal", () => {
  test.each([
    [{ value: 2, atMost: 2 }, true],
    [{ value: 2.0001, atMost: 2 }, false],
    [{ value: 5, atLeast: 5 }, true],
    [{ value: 4.999, atLeast: 5 }, false],
    [{ value: Number.NaN, atMost: 2 }, false],
    [{ value: Number.NaN, atLeast: 2 }, false],
  ])("%j is met: %p", (goal, met) => {
    expect(isMet({ what: "x", ...goal })).toBe(met);
  });

  test("is not rounded into being met", () => {
    expect(goalCell({ what: "x", value: 2.001, atMost: 2 })).toBe("≤ 2: not met");
    expect(goalLines([table("a", "cell")])).toEqual(["NOT MET  cell: 2.00 (≤ 2)"]);
  });
});

test("a ratio is the median of the rounds' ratios, not of the times", () => {
  expect(ratioOf([2, 20, 300], [1, 10, 100])).toBe(2);
});

describe("the tables in the documentation", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "bench-report-"));
    file = join(folder, "benchmarks.md");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test("replace what stood in their own place, and nothing else", () => {
    writeFileSync(
      file,
      "A\n<!-- bench:a -->\nold\n<!-- /bench:a -->\nB\n<!-- bench:b -->\nkept\n<!-- /bench:b -->\n",
    );
    for (const cell of ["first", "second"]) writeTables(file, [table("a", cell)], "Machine.");
    const text = readFileSync(file, "utf8");
    expect(text).toMatch(
      /^A\n<!-- bench:a -->\n\| what \| wall \|\n\|---\|---\|\n\| second \| 1 ms \|\n\n\*note\. Machine\.\*\n/,
    );
    expect(text).toMatch(/\nB\n<!-- bench:b -->\nkept\n<!-- \/bench:b -->\n$/);
    expect(text).not.toMatch(/old|first/);
  });

  test("that have no place stop the writing, and the file stays as it was", () => {
    writeFileSync(file, "<!-- bench:a -->\nold\n<!-- /bench:a -->\n");
    expect(() => writeTables(file, [table("a", "new"), table("b", "new")], "Machine.")).toThrow(/bench:b/);
    expect(readFileSync(file, "utf8")).toContain("old");
  });

  test("have a place for every table that there is", () => {
    const names = ["crl-verdict", "crl-libraries", "crl-writer", "authorizer-cold", "authorizer-bundle"];
    const more = ["dependencies", "authorizer-warm", "authorizer-memory", "synth", "edge"];
    const text = readFileSync(join(__dirname, "../../../docs/benchmarks.md"), "utf8");
    for (const name of [...names, ...more])
      expect(text).toMatch(new RegExp(`<!-- bench:${name} -->[^]*<!-- /bench:${name} -->`));
  });
});

test("columns line up in the terminal", () => {
  const lines = forTerminal(table("a", "a long cell")).split("\n");
  expect(lines.slice(0, 3)).toEqual(["title", "  what          wall", "  a long cell   1 ms"]);
});
