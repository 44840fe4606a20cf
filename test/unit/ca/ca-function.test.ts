/** The frame around every CA function: what leaves it, and what its log says. */
import { CaFault } from "#ca/fault.ts";
import { Refused } from "#ca/refusal.ts";
import { caFunction, callerOf, ownConnection } from "#lambdas/shared/ca-function.ts";

const arn = "arn:aws:lambda:eu-west-2:111111111111:function:dev-ca-issue";
const invokedAs = (invokedFunctionArn: string) => ({
  awsRequestId: "r-1",
  invokedFunctionArn,
  getRemainingTimeInMillis: () => 90_000,
});
const context = invokedAs(arn);

function capturing(): { lines: () => Record<string, unknown>[] } {
  const write = jest.spyOn(process.stdout, "write").mockReturnValue(true);
  return { lines: () => write.mock.calls.map(([line]) => JSON.parse(String(line))) };
}

afterEach(() => jest.restoreAllMocks());

const parse = (event: unknown): string => {
  if (typeof event !== "string") throw new Refused("request", "csr: a string, got nothing");
  return event;
};

test("a result is the answer", async () => {
  const handler = caFunction("ca-issue", parse, async (request) => ({ got: request }));
  expect(await handler("x", context)).toEqual({ got: "x" });
});

test("a refusal while parsing or operating is an answer, and a warning in the log", async () => {
  const log = capturing();
  const handler = caFunction("ca-issue", parse, async () => {
    throw new Refused("profile", "subject OU is not allowed");
  });
  expect(await handler(7, context)).toEqual({
    refused: { code: "request", message: "csr: a string, got nothing" },
  });
  expect(await handler("x", context)).toEqual({
    refused: { code: "profile", message: "subject OU is not allowed" },
  });
  expect(log.lines()).toMatchObject([
    { level: "warn", event: "refused", function: "ca-issue", requestId: "r-1", code: "request" },
    { level: "warn", event: "refused", code: "profile" },
  ]);
});

test("a fault is thrown with its code as type and in front of its message, and logged as an error", async () => {
  const log = capturing();
  const handler = caFunction("ca-publish", parse, async () => {
    throw new CaFault("crl-would-lose-revocation", "the ledger is older", { cause: new Error("inner") });
  });
  await expect(handler("x", context)).rejects.toMatchObject({
    name: "crl-would-lose-revocation",
    message: "crl-would-lose-revocation: the ledger is older",
  });
  expect(log.lines()).toMatchObject([
    { level: "error", event: "fault", code: "crl-would-lose-revocation", cause: { message: "inner" } },
  ]);
});

test.each([
  ["its alias", `${arn}:onboarding`, "onboarding"],
  ["itself", arn, "caller"],
  ["its latest version", `${arn}:$LATEST`, "caller"],
  ["a version", `${arn}:7`, "caller"],
  ["no name at all", `${arn}:`, "caller"],
])("who asks is known by the alias: a function invoked by %s", async (_what, invoked, expected) => {
  capturing();
  const handler = caFunction("ca-issue", parse, async (_request, run) => ({
    caller: callerOf(run),
    seconds: run.remainingSeconds(),
  }));
  const answer = await handler("x", invokedAs(invoked));
  expect("refused" in answer ? answer.refused.code : answer.caller).toBe(expected);
  if (!("refused" in answer)) expect(answer.seconds).toBe(90);
});

test("without a region a function does not start", () => {
  expect(() => ownConnection({})).toThrow("AWS_REGION");
  expect(ownConnection({ AWS_REGION: "eu-west-2" })).toEqual({ region: "eu-west-2" });
});
