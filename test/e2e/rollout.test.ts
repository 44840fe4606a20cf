/**
 * `npm run rollout` as an operator types it, with the real Terraform, provider and S3 lock against the embedded AWS:
 * roles and states are environment dev's, its stacks are stood in for by small ones, so that a step can be held in
 * the middle and what happens then be looked at.
 */
import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { AccountSeed } from "#aws/account-seed.ts";
import { AccountTools } from "#aws/account-tools.ts";
import { assumeRole } from "#aws/assume-role.ts";
import { readObject } from "#aws/read-object.ts";
import { stateLock } from "#aws/terraform-state.ts";
import { dev } from "#config/environments/dev/index.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { caOutputs } from "#contract/ca-outputs.ts";
import { accessVariable, roleArn, roleNames, stateKey } from "#contract/names.ts";
import { applyAsCaller } from "#deploy/as-caller.ts";
import { installEmbeddedAws } from "#local/aws/install.ts";
import { accountRoot, seedAccounts } from "#local/aws/seed.ts";
import { type EmbeddedAws, startEmbeddedAws } from "#local/aws/start.ts";
import { findTerraform } from "#local/aws/terraform.ts";
import { terraformEnvironment } from "#local/aws/terraform-environment.ts";
import { ProjectCopy } from "#local/start/project-copy.ts";

const [operator = ""] = dev.operators;
const operatorAccount = operator.split(":")[4] ?? "";
const { region } = dev.ca;
const folder = mkdtempSync(join(tmpdir(), "rollout-"));
/** An upper bound for a busy machine: alone a test takes half a minute. */
const minutes = (count: number) => count * 60_000;
const unended = new Set<number>();
let aws: EmbeddedAws;
let project: ProjectCopy;
let shell: Record<string, string>;

beforeAll(async () => {
  const { python } = await installEmbeddedAws();
  aws = await startEmbeddedAws({ python, folder: join(folder, "aws"), region });
  const terraform = await findTerraform({ folder: join(folder, "terraform") });
  await seedAccounts(dev, aws);
  project = new ProjectCopy(join(folder, "project"));
  // The stacks are the test's.
  project.write("scripts/synth.mjs", "");
  const environment = terraformEnvironment({ aws, terraform, region });
  await applyFoundations(environment);
  shell = { ...environment, ...(await operatorCredentials()) };
}, minutes(5));
afterAll(async () => {
  for (const pid of unended) process.kill(-pid, "SIGKILL");
  for (const pipe of pipes) closeSync(pipe);
  await aws?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The roles, as bootstrap makes them: as each account's administrator. */
async function applyFoundations(environment: Record<string, string>): Promise<void> {
  await Promise.all(
    foundationAccounts(dev).map(({ account, stack }) => {
      const file = join("terraform/stacks", stack, "cdk.tf.json");
      project.write(file, readFileSync(file, "utf8"));
      const administrator = { ...environment, AWS_ACCESS_KEY_ID: account };
      return applyAsCaller({ project: project.folder, logs: folder, environment: administrator }, stack);
    }),
  );
}

async function operatorCredentials(): Promise<Record<string, string>> {
  const root = accountRoot(aws, operatorAccount, region);
  const any = { Version: "2012-10-17" as const };
  await new AccountSeed(root).role({
    ...{ name: operator.split("/").at(-1) ?? "", description: "operator of dev" },
    trust: {
      ...any,
      Statement: [
        {
          ...{ Effect: "Allow", Action: "sts:AssumeRole" },
          Principal: { AWS: `arn:aws:iam::${operatorAccount}:root` },
        },
      ],
    },
    permissions: { ...any, Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Resource: "*" }] },
  });
  const got = await assumeRole(root, operator);
  return {
    AWS_ACCESS_KEY_ID: got.accessKeyId,
    AWS_SECRET_ACCESS_KEY: got.secretAccessKey,
    AWS_SESSION_TOKEN: got.sessionToken ?? "",
  };
}

/** Enough for what a rollout looks at before it begins. */
const caOutputValues = Object.fromEntries(
  Object.values(caOutputs).map((name) => [
    name,
    { value: name === caOutputs.issuers ? '[{"generation":"g1"}]' : "[]" },
  ]),
);

/** The three resources of a small CA stack: `held`, between the others, waits for somebody to write into a pipe. */
function writeStacks(held: string): void {
  const begun = join(folder, `${held}-begun`);
  const goOn = join(folder, `${held}-go-on`);
  execFileSync("mkfifo", [goOn]);
  const stack = (name: "dev-ca" | "dev-api", place: (typeof dev)["ca"] | (typeof dev)["apis"][number]) => {
    const role = roleArn(place.account, roleNames.worker("dev", `\${var.${accessVariable}}`));
    return {
      variable: { [accessVariable]: { default: "deploy" } },
      terraform: {
        required_providers: { aws: { source: "aws", version: "5.100.0" } },
        backend: {
          s3: {
            ...{ bucket: place.state.bucket, key: stateKey(name), region, use_lockfile: true },
            assume_role: { role_arn: roleArn(place.account, roleNames.deploy("dev")) },
          },
        },
      },
      provider: {
        aws: [{ region, allowed_account_ids: [place.account], assume_role: [{ role_arn: role }] }],
      },
      data: { aws_caller_identity: { who: {} } },
    };
  };
  const ca = {
    ...stack("dev-ca", dev.ca),
    resource: {
      terraform_data: {
        first: { input: held },
        held: {
          // Made anew each time: only then its command runs.
          triggers_replace: held,
          depends_on: ["terraform_data.first"],
          provisioner: [
            {
              "local-exec": {
                command: `echo $PPID > ${begun}.new; mv ${begun}.new ${begun}; read answer < ${goOn}`,
              },
            },
          ],
        },
        last: { input: held, depends_on: ["terraform_data.held"] },
      },
    },
    output: caOutputValues,
  };
  const api = {
    ...stack("dev-api", dev.apis[0] as (typeof dev)["apis"][number]),
    resource: { terraform_data: { only: { input: "x" } } },
  };
  project.write("terraform/stacks/dev-ca/cdk.tf.json", JSON.stringify(ca));
  project.write("terraform/stacks/dev-api/cdk.tf.json", JSON.stringify(api));
}

interface Run {
  readonly pid: number;
  /** `code` as a shell reports it. */
  readonly ended: Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
}

/** As a shell starts it: a process group of its own, which a Ctrl-C reaches whole. */
function rollout(words: readonly string[], environment = shell): Run {
  const child = spawn("npm", ["run", "-s", "rollout", "--", ...words], {
    ...{ cwd: project.folder, env: environment, detached: true, stdio: ["ignore", "pipe", "pipe"] },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const pid = child.pid as number;
  unended.add(pid);
  const ended = new Promise<Awaited<Run["ended"]>>((resolve) =>
    child.on("close", (code, signal) => {
      unended.delete(pid);
      resolve({ code: code ?? 128 + constants.signals[signal ?? "SIGKILL"], stdout, stderr });
    }),
  );
  return { pid, ended };
}

/** Terraform's process id, once it is in the middle of the CA's stack. */
async function inTheMiddle(held: string, run: Run): Promise<number> {
  const file = join(folder, `${held}-begun`);
  await new Promise<void>((resolve, reject) => {
    void run.ended.then(({ stdout, stderr }) => {
      watcher.close();
      reject(new Error(`it ended: ${stdout}${stderr}`));
    });
    const seen = () => {
      if (!existsSync(file)) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(folder, seen);
    seen();
  });
  const pid = Number(readFileSync(file, "utf8"));
  rmSync(file);
  return pid;
}

/** Lets it go on; the pipe stays open until somebody has read. */
function goOn(held: string): void {
  const pipe = openSync(join(folder, `${held}-go-on`), "r+");
  pipes.push(pipe);
  writeSync(pipe, "on\n");
}
const pipes: number[] = [];

const statesOf = (json: string) =>
  (JSON.parse(json).steps as { step: string; state: string }[]).map(({ step, state }) => `${step} ${state}`);

const asRoot = () => accountRoot(aws, dev.ca.account, region);
const lock = () => stateLock(asRoot(), dev.ca.state.bucket, stateKey("dev-ca"));

/** Which of the small stack's resources the state holds. */
async function recorded(): Promise<string[]> {
  const body = await readObject(asRoot(), dev.ca.state.bucket, stateKey("dev-ca"));
  const resources = body ? JSON.parse(body.toString("utf8")).resources : [];
  return resources
    .filter((one: { mode: string }) => one.mode === "managed")
    .map((one: { name: string }) => one.name);
}

test(
  "who may not is refused before anything is planned",
  async () => {
    writeStacks("refused");
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, AWS_SESSION_TOKEN: ___, ...nobody } = shell;
    const stranger = { ...nobody, AWS_ACCESS_KEY_ID: "999999999999", AWS_SECRET_ACCESS_KEY: "test" };
    const unknown = await rollout(["nowhere"]).ended;
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no such environment; one of local, dev"),
    });
    for (const words of [["dev"], ["dev", "--plan"]]) {
      const wrong = await rollout(words, stranger).ended;
      expect(wrong.code).toBe(1);
      expect(wrong.stderr).toMatch(/account 999999999999 may not assume .*role\/mtls-api-dev-plan/);
      const missing = await rollout(words, nobody).ended;
      expect(missing.code).toBe(1);
      expect(missing.stderr).toMatch(/no AWS credentials/);
    }
    expect(existsSync(join(project.folder, "terraform/stacks/dev-ca/.terraform"))).toBe(false);
  },
  minutes(10),
);

test(
  "a foundation that was not bootstrapped again is told before anything is planned; a plan says so and goes on",
  async () => {
    writeStacks("behind");
    const says =
      /foundation-behind foundation-dev-\d{12}: role mtls-api-dev-deploy may do something else than committed \(Keys\)\n +an administrator of \d{12}: npm run bootstrap -- --env dev --account \d{12} --yes/;
    await new AccountTools(asRoot()).withoutStatement(roleNames.deploy("dev"), "Keys", async () => {
      const refused = await rollout(["dev"]).ended;
      expect(refused).toMatchObject({ code: 1, stdout: "" });
      expect(refused.stderr).toMatch(says);
      expect(existsSync(join(project.folder, "terraform/stacks/dev-ca/.terraform"))).toBe(false);
      const planned = await rollout(["dev", "--plan"]).ended;
      expect(planned.code).toBe(0);
      expect(planned.stdout).toMatch(/dev-ca +planned[\s\S]*foundation-behind/);
    });
  },
  minutes(10),
);

test(
  "a plan is made by the read-only role and changes nothing; a new environment's API is pending its CA",
  async () => {
    writeStacks("planned");
    const planned = await rollout(["dev", "--plan-json", "plans", "--json"]).ended;
    expect(planned).toMatchObject({ code: 0 });
    expect(statesOf(planned.stdout)).toEqual(["dev-ca planned", "dev-api pending CA"]);
    const json = JSON.parse(readFileSync(join(project.folder, "plans/dev-ca.json"), "utf8"));
    expect(JSON.stringify(json.prior_state)).toContain(`assumed-role/${roleNames.plan("dev")}/`);
    expect(JSON.stringify(json.prior_state)).not.toContain(roleNames.deploy("dev"));
    expect(
      readdirSync(join(project.folder, "terraform/stacks/dev-ca")).filter((one) => !one.startsWith(".")),
    ).toEqual(["cdk.tf.json"]);
    expect(await recorded()).toEqual([]);
    expect((await rollout(["dev", "--drift"]).ended).code).toBe(1);
  },
  minutes(10),
);

test(
  "Ctrl-C in the middle: the state keeps what is done, the lock is free, and what was done is said",
  async () => {
    writeStacks("interrupted");
    const run = rollout(["dev"]);
    await inTheMiddle("interrupted", run);
    expect(await lock()).toMatchObject({ operation: "OperationTypeApply" });
    process.kill(-run.pid, "SIGINT");
    const { code, stdout, stderr } = await run.ended;
    expect(stderr).toContain("SIGINT: Terraform finishes its current step first");
    expect(stdout).toMatch(
      /^dev +dev-ca +interrupted .*\ndev +dev-api +not begun .*\ndev +doctor +not begun/m,
    );
    expect(stdout).toMatch(/stopped at dev: dev-ca\n[\s\S]*\non: {3}the same command again/);
    expect(code).toBe(130);
    expect(await lock()).toBeUndefined();
    expect((await recorded()).filter((one) => one !== "held")).toEqual(["first"]);
  },
  minutes(10),
);

test(
  "two at once: the second is told whose the lock is; a plan takes none; the first ends well",
  async () => {
    writeStacks("together");
    const first = rollout(["dev", "--json"]);
    await inTheMiddle("together", first);
    const second = await rollout(["dev"]).ended;
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(
      /state of dev-ca is locked by \S+@\S+ since \S+ .*\(OperationTypeApply\): wait for that run\nif it is certain that it has died: terraform -chdir=\S+ init && terraform -chdir=terraform\/stacks\/dev-ca force-unlock [0-9a-f-]{36}/,
    );
    expect((await rollout(["dev", "--plan"]).ended).code).toBe(0);
    goOn("together");
    const { stdout } = await first.ended;
    // The small stacks are no CA and no API: doctor says so, as it should.
    expect(statesOf(stdout)).toEqual(["dev-ca deployed", "dev-api deployed", "doctor failed"]);
    expect(await recorded()).toEqual(["first", "held", "last"]);
  },
  minutes(10),
);

test(
  "killed in the middle: its lock stays and is freed as the message says; the same command goes on",
  async () => {
    writeStacks("killed");
    const run = rollout(["dev"]);
    const terraform = await inTheMiddle("killed", run);
    for (const group of [run.pid, terraform]) process.kill(-group, "SIGKILL");
    await run.ended;
    const refused = await rollout(["dev"]).ended;
    const [, commands = ""] = /if it is certain that it has died: (.*)/.exec(refused.stderr) ?? [];
    expect(refused.code).toBe(1);
    for (const command of commands.split(" && ")) {
      const [program = "", ...words] = command.split(" ");
      const answer = words.includes("force-unlock") ? ["-force"] : [];
      const at = words.indexOf("force-unlock") + 1;
      execFileSync(program, [...words.slice(0, at || undefined), ...answer, ...(at ? words.slice(at) : [])], {
        ...{ cwd: project.folder, env: shell, stdio: "pipe" },
      });
    }
    expect(await lock()).toBeUndefined();
    const again = rollout(["dev", "--json"]);
    await inTheMiddle("killed", again);
    goOn("killed");
    expect(statesOf((await again.ended).stdout)).toEqual([
      "dev-ca deployed",
      "dev-api unchanged",
      "doctor failed",
    ]);
    expect(await recorded()).toEqual(["first", "held", "last"]);
  },
  minutes(10),
);
