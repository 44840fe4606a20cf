/**
 * The conformance suites lie beside the project, not in it (`../shared/vectors`): where they are absent, their tests
 * are reported as skipped, one by one, so that the count is seen.
 */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

export const sharedVectors = resolve(process.cwd(), "..", "shared", "vectors");

/** The rows of an index, or as many placeholders as it has, to be skipped. */
export function readRows<T>(suite: string, index: string, expected: number, pick: (json: unknown) => T[]) {
  const file = resolve(sharedVectors, suite, index);
  if (!existsSync(file)) return { present: false, rows: [] as T[], expected };
  return { present: true, rows: pick(JSON.parse(readFileSync(file, "utf8"))), expected };
}

/** Defines one test a row, or as many skipped ones. */
export function testRows<T>(
  { present, rows, expected }: { present: boolean; rows: T[]; expected: number },
  name: (row: T) => string,
  run: (row: T) => void,
): void {
  if (!present) {
    for (let n = 1; n <= expected; n++)
      test.skip(`row ${n} of ${expected}: the suite is absent (../shared/vectors)`, () => {});
    return;
  }
  test(`the suite has its ${expected} rows`, () => expect(rows).toHaveLength(expected));
  test.each(rows.map((row) => [name(row), row] as const))("%s", (_, row) => run(row));
}
