import { handler } from "#lambdas/api-response/index.ts";

test("api-response answers 200 with the message as JSON", async () => {
  expect(await handler()).toEqual({
    statusCode: 200,
    headers: { "Content-Type": "application/json" },
    body: '{"message":"successful response from API Gateway lambda function"}',
  });
});
