/** docs/invariants.md names tests that are there, for all fifteen promises, and figures that are the configuration's. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { environments } from "#config/environments.ts";
import { worstCaseRevocationSeconds } from "#config/worst-case-revocation.ts";

const docs = resolve(__dirname, "../../../docs");
const text = readFileSync(join(docs, "invariants.md"), "utf8");
const checks = readFileSync(resolve(docs, "../local/check/index.ts"), "utf8");
const rows = text
  .split("\n")
  .filter((line) => /^\| I\d+ /.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()));

test("fifteen promises, in order", () => {
  expect(rows.map((cells) => cells[1])).toEqual(Array.from({ length: 15 }, (_, index) => `I${index + 1}`));
});

test.each(rows.map((cells) => [cells[1], cells[3], cells[4]] as const))(
  "%s: what keeps it is there",
  (_id, keptBy) => {
    for (const [, path = ""] of keptBy?.matchAll(/\]\(([^)]+)\)/g) ?? [])
      expect([path, existsSync(join(docs, path))]).toEqual([path, true]);
  },
);

test.each(rows.map((cells) => [cells[1], cells[4]] as const))(
  "%s: what proves it is there",
  (_id, provenBy = "") => {
    const proofs = [...provenBy.matchAll(/\]\(([^)]+)\): "([^"]+)"/g)];
    expect(proofs.length).toBeGreaterThan(0);
    for (const [, path = "", name = ""] of proofs) {
      expect([path, existsSync(join(docs, path))]).toEqual([path, true]);
      expect(readFileSync(join(docs, path), "utf8")).toContain(name);
    }
    for (const [, numbers = ""] of provenBy.matchAll(/\bchecks? ([\d, and]+)/g))
      for (const [number] of numbers.matchAll(/\d+/g)) expect(checks).toContain(`\n  [${number}, "`);
  },
);

test.each(environments.map((one) => [one.name, one] as const))(
  "the figures of %s are the configuration's",
  (name, one) => {
    const [api] = one.apis;
    if (!api) throw new Error(`${name} has no API`);
    const { honest, hostile } = worstCaseRevocationSeconds(one, api);
    const written = (seconds: number) => `${seconds.toLocaleString("en-GB")} s`;
    expect(text).toContain(`| ${name} | ${written(honest)} | ${written(hostile)} |`);
  },
);
