/** The function customer-info: deterministic, synthetic, and deaf to what is not documented. */
import fc from "fast-check";
import { handler } from "#lambdas/customer-info/index.ts";
import { messagesOf } from "#lambdas/customer-info/messages.ts";

/** The first message of the seed "check". */
const checkFirst = [
  {
    body: {
      customerId: "sample-3f082acd",
      name: "Ada Maple",
      segment: "charity",
      email: "ada.maple@example.com",
    },
    attributes: { sequence: 1, source: "branch", quality: "good" },
  },
];

const ask = (query?: Record<string, readonly string[]> | null) =>
  handler(query === undefined ? {} : { multiValueQueryStringParameters: query });

test("status, counts and messages agree", async () => {
  const { statusCode, body } = await ask({ seed: ["s"], count: ["100"] });
  const answer = JSON.parse(body);
  expect(statusCode).toBe(200);
  expect(answer.total).toBe(100);
  expect(answer.messages).toHaveLength(100);
  const bad = answer.messages.filter(
    (one: { attributes: { quality: string } }) => one.attributes.quality === "bad",
  );
  expect(bad).toHaveLength(answer.bad);
  expect(answer.bad).toBeGreaterThan(0);
  expect(answer.status).toBe("partial");
  for (const { body: one } of bad) expect(one).not.toHaveProperty("email");
});

test("all good is ok", async () => {
  const good = Array.from({ length: 50 }, (_, index) => `s${index}`).find((seed) =>
    messagesOf(seed, 2).every(({ attributes }) => attributes.quality === "good"),
  );
  expect(JSON.parse((await ask({ seed: [good ?? ""], count: ["2"] })).body)).toMatchObject({
    status: "ok",
    bad: 0,
  });
});

test("the same seed says the same, whatever the process", async () => {
  const { body } = await ask({ seed: ["check"], count: ["1"] });
  expect(JSON.parse(body).messages).toEqual(checkFirst);
  expect(messagesOf("check", 3).slice(0, 1)).toEqual(checkFirst);
  expect(messagesOf("other", 1)).not.toEqual(checkFirst);
});

test.each([undefined, null, {}])("without parameters (%p) there are ten of the example", async (query) => {
  expect((await ask(query)).body).toBe((await ask({ seed: ["example"], count: ["10"] })).body);
});

test("nobody in it can be real: sample ids, example.com, no long numbers", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/), (seed) => {
      for (const { body } of messagesOf(seed, 20)) {
        expect(body.customerId).toMatch(/^sample-[0-9a-f]{8}$/);
        if (body.email !== undefined) expect(body.email).toMatch(/^[a-z]+\.[a-z]+@example\.com$/);
        expect(body.name).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
      }
    }),
    { seed: 1, numRuns: 50 },
  );
});

test.each([
  ["markup", { seed: ["<script>"] }, "seed"],
  ["an empty seed", { seed: [""] }, "seed"],
  ["65 characters", { seed: ["a".repeat(65)] }, "seed"],
  ["two seeds", { seed: ["a", "b"] }, "seed"],
  ["none", { count: ["0"] }, "count"],
  ["a hundred and one", { count: ["101"] }, "count"],
  ["a fraction", { count: ["1.5"] }, "count"],
  ["a number in another notation", { count: ["1e1"] }, "count"],
  ["two counts", { count: ["1", "2"] }, "count"],
])("%s is answered 400, and not repeated", async (_, query, about) => {
  const { statusCode, body } = await ask(query);
  expect(statusCode).toBe(400);
  expect(JSON.parse(body).message).toMatch(new RegExp(`^${about}: `));
  expect(body).not.toContain("script");
});
