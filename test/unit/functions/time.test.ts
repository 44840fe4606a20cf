/** The function time. */
import { handler } from "#lambdas/time/index.ts";

test("says the time in UTC", async () => {
  jest.useFakeTimers({ now: new Date("2026-06-01T12:00:00Z") });
  expect(await handler()).toEqual({
    statusCode: 200,
    headers: { "Content-Type": "application/json" },
    body: '{"time":"2026-06-01T12:00:00.000Z"}',
  });
  jest.useRealTimers();
});
