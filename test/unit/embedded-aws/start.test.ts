/** The life of the process: what it listens on, what stays behind when it ends, and what is said when it does not start. */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { zipSync } from "fflate";
import { AccountSeed } from "#aws/account-seed.ts";
import { clientConfiguration } from "#aws/connection.ts";
import { environments } from "#config/environments.ts";
import { roleArn } from "#contract/names.ts";
import { installEmbeddedAws } from "#local/aws/install.ts";
import { accountRoot, operatorAccount, seedAccounts } from "#local/aws/seed.ts";
import { startEmbeddedAws } from "#local/aws/start.ts";

const region = "eu-west-2";
const account = "111111111111";
let at: string;

beforeEach(() => {
  at = mkdtempSync(join(tmpdir(), "start-"));
});
afterEach(() => rmSync(at, { recursive: true, force: true }));

test("stopping ends it with every process of its functions, and its certificate's key is nobody else's", async () => {
  const { python } = await installEmbeddedAws();
  const aws = await startEmbeddedAws({ python, folder: at, region });
  try {
    expect(statSync(join(at, "tls", "server.key")).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(at, "tls")).sort()).toEqual(["ca.pem", "server.key", "server.pem"]);
    const worker = await workerOf(aws);
    expect([isAlive(aws.pid), isAlive(worker.pid)]).toEqual([true, true]);
    // What the shell of the reader holds does not reach a function.
    expect(worker.shell).toBeUndefined();
    await aws.stop();
    expect([isAlive(aws.pid), isAlive(worker.pid)]).toEqual([false, false]);
    await aws.stop();
  } finally {
    await aws.stop();
  }
}, 60_000);

test("it ends by itself when whoever started it is gone", async () => {
  const { python } = await installEmbeddedAws();
  // However the starter dies, what the kernel does then is to close its end of the pipe.
  const child = spawn(python, ["-B", "-s", "local/aws/launch.py", at, "0", region], {
    detached: true,
    stdio: ["pipe", "ignore", "pipe"],
  });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  await new Promise((resolve) =>
    child.stderr
      .setEncoding("utf8")
      .on("data", (text: string) => /Running on/.test(text) && resolve(undefined)),
  );
  child.stdin.destroy();
  expect(await ended).toBe(0);
}, 60_000);

test("accounts are made once and found again", async () => {
  const { python } = await installEmbeddedAws();
  const [one, two] = await Promise.all([
    startEmbeddedAws({ python, folder: join(at, "one"), region, state: join(at, "state") }),
    startEmbeddedAws({ python, folder: join(at, "two"), region }),
  ]);
  try {
    expect(one.port).not.toBe(two.port);
    const local = environments.find(({ name }) => name === "local");
    if (!local) throw new Error("no environment local");
    expect(local.operators).toEqual([`arn:aws:iam::${operatorAccount}:root`]);
    await seedAccounts(local, one);
    await one.stop();
    const again = await startEmbeddedAws({
      python,
      folder: join(at, "one"),
      region,
      state: join(at, "state"),
    });
    try {
      // Kept: what exists is left as it is.
      await seedAccounts(local, again);
    } finally {
      await again.stop();
    }
  } finally {
    await Promise.all([one.stop(), two.stop()]);
  }
}, 60_000);

test.each([
  ["cannot be run", "/nonexistent/python", /ended while it started: .*ENOENT/],
  [
    "ends at once",
    "#!/bin/sh\necho 'no module named ministack' >&2\nexit 3\n",
    /exit code 3[\s\S]*no module named ministack[\s\S]*the whole log/,
  ],
  ["never answers", "#!/bin/sh\nexec cat\n", /was not ready after 1 s/],
])("an interpreter that %s is reported with the end of the log", async (_what, program, message) => {
  const python = program.startsWith("#!") ? join(at, "python") : program;
  if (program.startsWith("#!")) {
    writeFileSync(python, program);
    chmodSync(python, 0o755);
  }
  const failed = startEmbeddedAws({ python, folder: join(at, "run"), region, timeoutSeconds: 1 });
  await expect(failed).rejects.toMatchObject({ code: "embedded-aws" });
  await expect(failed).rejects.toThrow(message);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A function that tells who it is. */
async function workerOf(aws: { endpoint: string; ca: string }): Promise<{ pid: number; shell?: string }> {
  process.env.MTLS_API_SHELL_SECRET = "secret";
  const connection = accountRoot(aws, account, region);
  const allow = (rest: object) => ({
    Version: "2012-10-17" as const,
    Statement: [{ Effect: "Allow", ...rest }],
  });
  await new AccountSeed(connection).role({
    ...{ name: "worker", description: "of a test" },
    trust: allow({ Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } }),
    permissions: allow({ Action: "logs:*", Resource: "*" }),
  });
  const lambda = new LambdaClient(clientConfiguration(connection));
  const code =
    "exports.handler = async () => ({ pid: process.pid, shell: process.env.MTLS_API_SHELL_SECRET });";
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "worker",
      Role: roleArn(account, "worker"),
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Code: { ZipFile: zipSync({ "index.js": Buffer.from(code) }) },
    }),
  );
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: "worker" }));
  return JSON.parse(Buffer.from(Payload ?? []).toString("utf8"));
}
