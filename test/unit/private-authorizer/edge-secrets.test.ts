import {
  EdgeSecrets,
  floorSeconds,
  keptSeconds,
  maxOutageSeconds,
} from "#lambdas/private-authorizer/edge-secrets.ts";

const start = new Date("2026-06-01T12:00:00Z");
const [a, b, c] = ["a", "b", "c"].map((one) => one.repeat(43)) as [string, string, string];

let now: Date;
let values: readonly (string | undefined)[] | Error;
let readings: number;
let secrets: EdgeSecrets;
const later = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};

beforeEach(() => {
  now = start;
  values = [a, undefined];
  readings = 0;
  secrets = new EdgeSecrets({
    now: () => now,
    read: async () => {
      readings++;
      if (values instanceof Error) throw values;
      return values;
    },
  });
});

test("the current and the previous value match, no other text does", async () => {
  values = [b, a];
  expect(await secrets.matches(a)).toBe(true);
  expect(await secrets.matches(b)).toBe(true);
  for (const text of [c, "", a.slice(1), `${a}a`, ` ${a}`, a.toUpperCase()])
    expect(await secrets.matches(text)).toBe(false);
});

test("a known value is read once a minute", async () => {
  for (let i = 0; i < keptSeconds; i++, later(1)) await secrets.matches(a);
  expect(readings).toBe(1);
  await secrets.matches(a);
  expect(readings).toBe(2);
});

test("a new value counts at once, a value that was rotated out is gone within a minute", async () => {
  await secrets.matches(a);
  later(floorSeconds);
  values = [b, a];
  expect(await secrets.matches(b)).toBe(true);
  values = [c, b];
  expect(await secrets.matches(a)).toBe(true);
  later(keptSeconds);
  expect(await secrets.matches(a)).toBe(false);
});

test("guessing reads at most once in the floor's time", async () => {
  for (let i = 0; i < 100; i++) await secrets.matches(`guess-${i}`);
  expect(readings).toBe(1);
  later(floorSeconds);
  for (let i = 0; i < 100; i++) await secrets.matches(`guess-${i}`);
  expect(readings).toBe(2);
});

test("many at once share one reading", async () => {
  expect(await Promise.all(Array.from({ length: 50 }, () => secrets.matches(a)))).not.toContain(false);
  expect(readings).toBe(1);
});

test("an outage is borne for five minutes, and no longer", async () => {
  await secrets.matches(a);
  values = new Error("down");
  later(maxOutageSeconds);
  expect(await secrets.matches(a)).toBe(true);
  expect(await secrets.matches(b)).toBe(false);
  later(1);
  await expect(secrets.matches(a)).rejects.toThrow("down");
  values = [a];
  later(floorSeconds);
  expect(await secrets.matches(a)).toBe(true);
});

test("nobody gets in before the secret was read", async () => {
  values = new Error("down");
  await expect(secrets.matches(a)).rejects.toThrow("down");
  await expect(secrets.matches("")).rejects.toThrow("down");
});

test.each([[""], ["short"], [`${"a".repeat(32)}\n`], ['{"secret":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}']])(
  "the value %j is none",
  async (value) => {
    values = [value, undefined];
    await expect(secrets.matches(value)).rejects.toThrow("no value that can be used");
  },
);

test("a clock that goes backwards has the secret read anew", async () => {
  await secrets.matches(a);
  later(-60);
  values = [b];
  expect(await secrets.matches(a)).toBe(false);
});
