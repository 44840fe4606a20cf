/** The frame around every CA function: what leaves it, and what its log says. */
import { CaFault } from "#ca/fault.ts";
import { Refused } from "#ca/refusal.ts";
import type { CaNotification } from "#contract/ca-events.ts";
import {
  caFunction,
  callerOf,
  type Invocation,
  ownConnection,
  type Run,
} from "#lambdas/shared/ca-function.ts";

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

const told: CaNotification[] = [];
const outside = {
  authority: "dev-ca",
  notify: async (notifications: readonly CaNotification[]) => void told.push(...notifications),
};
beforeEach(() => told.splice(0));

const functionOf = <T>(
  slug: "ca-issue" | "ca-publish",
  operate: (request: string, run: Run) => Promise<T>,
): ((event: unknown, context: Invocation) => ReturnType<ReturnType<typeof caFunction<string, T>>>) =>
  caFunction(slug, parse, operate, outside);

const parse = (event: unknown): string => {
  if (typeof event !== "string") throw new Refused("request", "csr: a string, got nothing");
  return event;
};

test("a result is the answer", async () => {
  const handler = functionOf("ca-issue", async (request) => ({ got: request }));
  expect(await handler("x", context)).toEqual({ got: "x" });
});

test("a refusal while parsing or operating is an answer, and a warning in the log", async () => {
  const log = capturing();
  const handler = functionOf("ca-issue", async () => {
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
    { Refusals: 1, Authority: "dev-ca" },
    { level: "warn", event: "refused", code: "profile" },
    { Refusals: 1, Authority: "dev-ca" },
  ]);
});

test("a fault is thrown with its code as type and in front of its message, and logged as an error", async () => {
  const log = capturing();
  const handler = functionOf("ca-publish", async () => {
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
  const handler = functionOf("ca-issue", async (_request, run) => ({
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

describe("what others are told", () => {
  const issued = {
    generation: "g1",
    serial: "4a",
    subject: "CN=partner-a",
    profile: "client",
    caller: "operator",
    fingerprint: "ab",
    notAfter: "2026-06-01T00:00:00.000Z",
  };

  test("goes out once the run has ended, also when it ended badly", async () => {
    capturing();
    const handler = functionOf("ca-issue", async (_request, run) => {
      run.log("issued", issued);
      expect(told).toEqual([]);
      throw new CaFault("serial-exhausted", "no");
    });
    await expect(handler("x", context)).rejects.toThrow("serial-exhausted");
    expect(told).toEqual([
      { detailType: "Certificate Issued", detail: { function: "ca-issue", requestId: "r-1", ...issued } },
    ]);
  });

  test("a refusal is told by code and alias, without its message", async () => {
    capturing();
    const handler = functionOf("ca-issue", async () => {
      throw new Refused("not-permitted", "-----BEGIN CERTIFICATE REQUEST----- …");
    });
    await handler("x", invokedAs(`${arn}:onboarding`));
    expect(told).toEqual([
      {
        detailType: "Request Refused",
        detail: { function: "ca-issue", requestId: "r-1", code: "not-permitted", alias: "onboarding" },
      },
    ]);
  });

  test("that it cannot be sent is an error in the log, and the answer stays", async () => {
    const log = capturing();
    const notify = async () => {
      throw new Error("1 events were not taken by dev-ca: InternalFailure");
    };
    const handler = caFunction(
      "ca-issue",
      parse,
      async (_request, run) => {
        run.log("issued", issued);
        return "done";
      },
      { ...outside, notify },
    );
    expect(await handler("x", context)).toBe("done");
    expect(log.lines()).toMatchObject([
      { event: "issued" },
      {
        level: "error",
        event: "notification-failed",
        events: 1,
        message: expect.stringContaining("not taken"),
      },
    ]);
  });

  test("a run that has nothing to tell calls nobody", async () => {
    capturing();
    const notify = jest.fn();
    const handler = caFunction("ca-issue", parse, async () => "done", { ...outside, notify });
    await handler("x", context);
    expect(notify).not.toHaveBeenCalled();
  });
});
