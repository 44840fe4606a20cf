/** Throttling by the stage's method settings; AWS's account default where there are none (FACTS 1). */
import { Throttle } from "#local/gateway/throttle.ts";
import { stage } from "./support/deployed.ts";

const start = Date.parse("2026-01-01T00:00:00Z");
const at = (milliseconds: number) => new Date(start + milliseconds);
const limited = { ...stage, methodSettings: { "*/*": { ratePerSecond: 2, burst: 3 } } };

const take = (throttle: Throttle, count: number, milliseconds: number, path = "/api", of = limited) =>
  Array.from({ length: count }, () => throttle.admits("a1", of, path, "POST", at(milliseconds))).filter(
    Boolean,
  ).length;

test("a burst is admitted, then the rate", () => {
  const throttle = new Throttle();
  expect(take(throttle, 10, 0)).toBe(3);
  expect(take(throttle, 10, 499)).toBe(0);
  expect(take(throttle, 10, 500)).toBe(1);
  expect(take(throttle, 10, 1500)).toBe(2);
  expect(take(throttle, 10, 60_000)).toBe(3);
});

test("every method has a bucket of its own", () => {
  const throttle = new Throttle();
  expect(take(throttle, 10, 0)).toBe(3);
  expect(take(throttle, 10, 0, "/other")).toBe(3);
});

test("a method's own settings come before the stage's", () => {
  const own = { ...limited, methodSettings: { ...limited.methodSettings, "api/POST": { burst: 1 } } };
  expect(take(new Throttle(), 10, 0, "/api", own)).toBe(1);
  expect(take(new Throttle(), 10, 0, "/other", own)).toBe(3);
});

test("without settings the account's 5,000 hold", () => {
  expect(take(new Throttle(), 6_000, 0, "/api", stage as typeof limited)).toBe(5_000);
});

test("a burst of 0 admits nobody", () => {
  const none = { ...stage, methodSettings: { "*/*": { ratePerSecond: 0, burst: 0 } } };
  expect(take(new Throttle(), 3, 60_000, "/api", none)).toBe(0);
});

test("a clock that goes back gives nothing away", () => {
  const throttle = new Throttle();
  expect(take(throttle, 3, 10_000)).toBe(3);
  expect(take(throttle, 3, 0)).toBe(0);
});
