import fc from "fast-check";
import { timeWindow } from "#edge/time-window.ts";

/** As NGINX applies them: `~` begins a regular expression. */
const holds = (patterns: readonly string[], seconds: number): boolean =>
  patterns.some((one) => new RegExp(one.slice(1)).test(`${seconds}.123`));
const at = (seconds: number) => new Date(seconds * 1000);
const second = fc.integer({ min: 1_000_000_000, max: 9_999_999_998 });

test("holds from the first second to the last but one, and at no other", () => {
  fc.assert(
    fc.property(
      second,
      fc.integer({ min: 0, max: 100_000_000 }),
      fc.nat(100_000_000),
      (from, length, near) => {
        const until = Math.min(from + length, 9_999_999_999);
        const patterns = timeWindow(at(from), at(until));
        for (const one of [from - 1, from, until - 1, until, until + 1, from + near])
          expect(holds(patterns, one)).toBe(one >= from && one < until);
      },
    ),
    { seed: 7, numRuns: 500 },
  );
});

test("takes a handful of patterns for half an hour and for ten years", () => {
  expect(timeWindow(at(1_795_543_608), at(1_795_545_408)).length).toBeLessThan(40);
  expect(timeWindow(at(1_795_543_608), at(2_111_111_111)).length).toBeLessThan(200);
});

test("an empty span holds never", () => {
  expect(timeWindow(at(1_795_543_608), at(1_795_543_608))).toEqual([]);
  expect(timeWindow(at(1_795_543_608), at(1_795_543_000))).toEqual([]);
});

test.each([
  [new Date(Number.NaN), at(1_795_543_608)],
  [at(1_795_543_608), new Date(Number.NaN)],
  [at(0), at(1_795_543_608)],
  [at(1_795_543_608), at(10_000_000_000)],
])("times without ten digits are refused: %p %p", (from, until) => {
  expect(() => timeWindow(from, until)).toThrow("ten digits");
});
