/** Functions: which process serves a call, and whose permission an alias is. */
import { createServer } from "node:http";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { zipSync } from "fflate";
import type { Connection } from "#aws/connection.ts";
import { close, listen } from "#local/loopback.ts";
import { isAlive } from "#local/start/is-alive.ts";
import { allow, arnOf, as, client, outcome, owner, region, role, root } from "./support/accounts.ts";

describe("functions", () => {
  let lambda: LambdaClient;
  const invoke = (connection: Connection, Qualifier?: string, event: object = {}) =>
    client(LambdaClient, connection).send(
      new InvokeCommand({ FunctionName: "teller", Qualifier, Payload: JSON.stringify(event) }),
    );
  const pid = async (event?: object) =>
    Buffer.from((await invoke(root(owner), undefined, event)).Payload ?? []).toString("utf8");

  beforeAll(async () => {
    lambda = client(LambdaClient, root(owner));
    await role(owner, "teller", allow("logs:*"), { Service: "lambda.amazonaws.com" });
    const configuration = {
      FunctionName: "teller",
      Role: arnOf(owner, "teller"),
      Runtime: "nodejs22.x" as const,
    };
    await lambda.send(
      new CreateFunctionCommand({
        ...configuration,
        Handler: "index.handler",
        Code: { ZipFile: archive("") },
      }),
    );
    await lambda.send(new PublishVersionCommand({ FunctionName: "teller" }));
    await lambda.send(
      new CreateAliasCommand({ FunctionName: "teller", Name: "partner", FunctionVersion: "1" }),
    );
  });

  describe("fresh_process", () => {
    test("a configuration that is written anew starts a fresh process, nothing else does", async () => {
      const first = await pid();
      expect(await pid()).toBe(first);
      await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "teller", Description: "" }));
      expect(await pid()).not.toBe(first);
    });

    test.each<[string, () => Promise<unknown>]>([
      [
        "its environment",
        () => {
          const Environment = { Variables: { CHANGED: "yes" } };
          return lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "teller", Environment }));
        },
      ],
      [
        "its code",
        () =>
          lambda.send(
            new UpdateFunctionCodeCommand({ FunctionName: "teller", ZipFile: archive("// changed\n") }),
          ),
      ],
    ])("a call that has begun ends in its own process while %s is exchanged", async (_what, change) => {
      const first = await pid();
      const holder = await holdRequests();
      try {
        const held = pid({ ask: holder.url });
        await holder.asked;
        await change();
        expect(await pid()).not.toBe(first);
        holder.letGo();
        expect(await held).toBe(first);
        await ended(Number(first));
      } finally {
        holder.letGo();
        await holder.close();
      }
    });
  });

  describe("lambda_qualifier", () => {
    const arn = `arn:aws:lambda:${region}:${owner}:function:teller`;

    test.each([
      ["on the alias", `${arn}:partner`, ["ok", "AccessDeniedException"]],
      ["on the function", arn, ["AccessDeniedException", "ok"]],
    ])("permission %s is permission on that alone", async (what, Resource, expected) => {
      const name = `invoker-${what.replaceAll(" ", "-")}`;
      await role(owner, name, { Effect: "Allow", Action: "lambda:InvokeFunction", Resource });
      const invoker = as(owner, name);
      expect([await outcome(invoke(invoker, "partner")), await outcome(invoke(invoker))]).toEqual(expected);
    });
  });
});

/** Tells its process, once whoever it was told to ask has answered. */
function archive(before: string): Uint8Array {
  const code = `${before}exports.handler = async ({ ask }) => {
    if (ask) await new Promise((resolve, reject) => {
      require("node:http").get(ask, (answer) => answer.resume().on("end", resolve)).on("error", reject);
    });
    return process.pid;
  };`;
  return zipSync({ "index.js": Buffer.from(code) });
}

/** A server that answers when it is told to. */
async function holdRequests() {
  let wasAsked = () => {};
  let letGo = () => {};
  const asked = new Promise<void>((resolve) => {
    wasAsked = resolve;
  });
  const free = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const server = createServer((_request, response) => {
    wasAsked();
    void free.then(() => response.end());
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}/`, asked, letGo, close: () => close(server) };
}

/** Waits for it; the test's time limit is the verdict. */
async function ended(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise(setImmediate);
}
