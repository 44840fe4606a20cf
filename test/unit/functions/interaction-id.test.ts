/** The caller's mark of a request is repeated as it came, and nothing else of its headers is. */
import { interactionIdOf } from "#contract/interaction-id.ts";
import { handler as apiResponse } from "#lambdas/api-response/index.ts";
import { handler as customerInfo } from "#lambdas/customer-info/index.ts";
import { handler as time } from "#lambdas/time/index.ts";

const id = "c770aef3-6784-41f7-8e0e-ff5f97bddb3a";

test.each([
  ["api-response", apiResponse],
  ["customer-info", customerInfo],
  ["time", time],
] as const)("%s repeats it, however its name is written", async (_name, handler) => {
  const { headers } = await handler({
    headers: { "X-FAPI-Interaction-ID": id, Authorization: "Bearer x" },
  } as never);
  expect(headers).toEqual({ "Content-Type": "application/json", "x-fapi-interaction-id": id });
  expect((await handler({ headers: {} } as never)).headers).toEqual({ "Content-Type": "application/json" });
});

test("without one, or with one that is none, API Gateway's id of the request marks the answer", () => {
  const requestContext = { requestId: "0a1b2c3d-1111-4222-8333-444455556666" };
  const own = { "x-fapi-interaction-id": requestContext.requestId };
  expect(interactionIdOf({ headers: {}, requestContext })).toEqual(own);
  expect(interactionIdOf({ headers: null, requestContext })).toEqual(own);
  expect(interactionIdOf({ headers: { "x-fapi-interaction-id": "a b" }, requestContext })).toEqual(own);
  expect(interactionIdOf({ headers: { "x-fapi-interaction-id": id }, requestContext })).toEqual({
    "x-fapi-interaction-id": id,
  });
  for (const requestId of [
    undefined,
    7,
    "",
    "0a1b2c3d-1111-4222-8333-444455556666\r\nA: b",
    "JKJaXmPLvHcESHA=",
  ])
    expect(interactionIdOf({ headers: {}, requestContext: { requestId } })).toEqual({});
});

test.each<[string, unknown]>([
  ["no event", undefined],
  ["no headers", { headers: null }],
  ["a line break in it", { headers: { "x-fapi-interaction-id": `${id}\r\nSet-Cookie: a=b` } }],
  ["129 characters", { headers: { "x-fapi-interaction-id": "a".repeat(129) } }],
  ["no text", { headers: { "x-fapi-interaction-id": 7 } }],
  ["two of them", { headers: { "x-fapi-interaction-id": id, "X-Fapi-Interaction-Id": id } }],
])("%s: none is sent", (_what, event) => {
  expect(interactionIdOf(event)).toEqual({});
});
