/**
 * `npm run bootstrap` on empty accounts of an embedded AWS, with the real Terraform: as an administrator types it, with
 * all that may go wrong before and between. The environment is `dev`, as it is committed.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
} from "@aws-sdk/client-iam";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { AccountTools } from "#aws/account-tools.ts";
import { clientConfiguration } from "#aws/connection.ts";
import { FoundationReader } from "#aws/foundation-reader.ts";
import { installEmbeddedAws } from "#local/aws/install.ts";
import { accountRoot } from "#local/aws/seed.ts";
import { type EmbeddedAws, startEmbeddedAws } from "#local/aws/start.ts";
import { findTerraform } from "#local/aws/terraform.ts";
import { terraformEnvironment } from "#local/aws/terraform-environment.ts";
import { ProjectCopy } from "#local/start/project-copy.ts";

const region = "eu-west-2";
const [ca, api] = ["111122223333", "444455556666"] as const;
const bucketOf = (account: string) => `mtls-api-dev-state-${account}`;
const minutes = 60_000;
let folder: string;
let aws: EmbeddedAws;
let terraform: Awaited<ReturnType<typeof findTerraform>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "bootstrap-"));
  const { python } = await installEmbeddedAws();
  terraform = await findTerraform({ folder: join(folder, "terraform") });
  aws = await startEmbeddedAws({ python, folder: join(folder, "aws"), region });
}, 5 * minutes);

afterAll(async () => {
  await aws?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const root = (account: string) => accountRoot(aws, account, region);
const reader = (account: string) => new FoundationReader(root(account));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** As whoever has these credentials; `undefined`: nobody. */
function bootstrap(account: string | undefined, ...parameters: string[]): Promise<Ended> {
  return bootstrapIn(process.cwd(), account, ...parameters);
}

/** The same in another clone of the project. */
function bootstrapIn(cwd: string, account: string | undefined, ...parameters: string[]): Promise<Ended> {
  const own = terraformEnvironment({ aws, terraform, region, ...(account ? { account } : {}) });
  if (account === undefined)
    for (const key of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) delete own[key];
  const child = spawn(process.execPath, ["scripts/run.mjs", "cli/bootstrap", ...parameters], {
    ...{ env: own, cwd },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, stdout, stderr })));
}

test.each<[string, string | undefined, string[], number, RegExp]>([
  ["an unknown environment", ca, ["--env", "nowhere"], 2, /nowhere: no such environment; one of /],
  ["an account of another environment", ca, ["--env", "dev", "--account", "999999999999"], 2, /dev has 1111/],
  ["no credentials", undefined, ["--env", "dev"], 1, /account 111122223333 cannot be entered/],
  ["a role that is not there", ca, ["--env", "dev", "--role", "Nobody"], 1, /cannot be entered/],
  [
    "the credentials of another account",
    "999999999999",
    ["--env", "dev", "--account", ca, "--yes"],
    1,
    /the credentials belong to account 999999999999, dev needs 111122223333/,
  ],
  [
    "one account's credentials for two",
    ca,
    ["--env", "dev", "--yes"],
    1,
    /belong to account 111122223333, dev needs 111122223333 and 444455556666/,
  ],
])(
  "%s is refused, and nothing is made",
  async (_what, account, parameters, status, says) => {
    const ended = await bootstrap(account, ...parameters);
    expect(ended).toMatchObject({ status, stderr: expect.stringMatching(says) });
    for (const one of [ca, api])
      expect(await reader(one).bucketProtection(bucketOf(one), region)).toBeUndefined();
  },
  3 * minutes,
);

test(
  "an empty account: a dry run makes nothing, --yes makes it, and again there is nothing to do",
  async () => {
    const own = ["--env", "dev", "--account", ca];
    const dry = await bootstrap(ca, ...own);
    expect(dry).toMatchObject({ status: 0 });
    expect(dry.stdout).toMatch(/bucket +mtls-api-dev-state-111122223333 +missing/);
    expect(dry.stdout).toMatch(/foundation +foundation-dev-111122223333 +missing/);
    expect(dry.stdout).toContain("create aws_iam_role mtls-api-dev-entry-deploy");
    expect(dry.stdout).toContain("2 to do: nothing was changed");
    expect(await reader(ca).bucketProtection(bucketOf(ca), region)).toBeUndefined();

    expect(await bootstrap(ca, ...own, "--yes")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("2 done"),
    });
    expect(await reader(ca).bucketProtection(bucketOf(ca), region)).toEqual({
      ...{ versioned: true, encrypted: true, notPublic: true, tlsOnly: true },
    });
    for (const role of ["deploy", "plan", "entry-deploy", "entry-plan"])
      expect(await reader(ca).hasRole(`mtls-api-dev-${role}`)).toBe(true);

    const again = await bootstrap(ca, ...own, "--yes", "--json");
    expect(again).toMatchObject({ status: 0 });
    expect(JSON.parse(again.stdout)).toMatchObject({ changed: 0 });
  },
  10 * minutes,
);

test(
  "a role that somebody has removed is told, and made again",
  async () => {
    const own = ["--env", "dev", "--account", ca];
    const [iam, RoleName] = [new IAMClient(clientConfiguration(root(ca))), "mtls-api-dev-plan"];
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: RoleName }));
    await iam.send(new DeleteRoleCommand({ RoleName }));
    const ended = await bootstrap(ca, ...own, "--yes");
    expect(ended).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("create aws_iam_role mtls-api-dev-plan"),
    });
    expect(await reader(ca).hasRole(RoleName)).toBe(true);
  },
  10 * minutes,
);

test(
  "a held lock: whose it is, and how to free it",
  async () => {
    const lock = {
      ID: "1234",
      Who: "ann@build",
      Created: "2026-01-01T00:00:00Z",
      Operation: "OperationTypeApply",
    };
    const key = "foundation-dev-111122223333.tfstate.tflock";
    const tools = new AccountTools(root(ca));
    await tools.write(bucketOf(ca), key, JSON.stringify(lock));
    try {
      const ended = await bootstrap(ca, "--env", "dev", "--account", ca, "--yes");
      expect(ended).toMatchObject({ status: 1 });
      expect(ended.stderr).toMatch(
        /locked by ann@build since 2026-01-01[\s\S]* init && terraform -chdir=\S+ force-unlock 1234/,
      );
    } finally {
      await tools.remove(bucketOf(ca), key);
    }
  },
  5 * minutes,
);

test(
  "half an account: an unprotected bucket is put right, what waits under our name is not taken over",
  async () => {
    const own = ["--env", "dev", "--account", api];
    await new S3Client({ ...clientConfiguration(root(api)), forcePathStyle: true }).send(
      new CreateBucketCommand({
        Bucket: bucketOf(api),
        CreateBucketConfiguration: { LocationConstraint: region },
      }),
    );
    const [iam, RoleName] = [new IAMClient(clientConfiguration(root(api))), "mtls-api-dev-deploy"];
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [] });
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
    const refused = await bootstrap(api, ...own, "--yes");
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toMatch(
      /nothing was changed: role mtls-api-dev-deploy is there already and not in the state/,
    );
    expect((await reader(api).bucketProtection(bucketOf(api), region))?.versioned).toBe(false);

    await iam.send(new DeleteRoleCommand({ RoleName }));
    const ended = await bootstrap(api, ...own, "--yes");
    expect(ended).toMatchObject({ status: 0 });
    expect(ended.stdout).toMatch(/bucket +mtls-api-dev-state-444455556666 +put right/);
    expect((await reader(api).bucketProtection(bucketOf(api), region))?.versioned).toBe(true);
    expect(await reader(api).gatewayLogging(region)).toBe(
      "arn:aws:iam::444455556666:role/mtls-api-dev-gateway-logging",
    );
  },
  10 * minutes,
);

test(
  "two at once on an empty account: one makes it all, the other too or is told to wait, and nothing is broken",
  async () => {
    const [account, stack] = ["123412341234", "foundation-staging-123412341234"];
    const own = ["--env", "staging", "--account", account];
    const bucket = `mtls-api-staging-state-${account}`;
    const clones = ["ann", "bob"].map((name) => new ProjectCopy(join(folder, name)).folder);
    const both = await Promise.all(clones.map((clone) => bootstrapIn(clone, account, ...own, "--yes")));
    expect(both.map(({ status }) => status)).toContain(0);
    for (const { status, stdout, stderr } of both)
      if (status !== 0)
        expect([status, stdout, stderr]).toEqual([
          1,
          "",
          expect.stringMatching(/somebody else is at work on|is locked by \S+@\S+ since/),
        ]);
    expect(await reader(account).lock(bucket, region, `${stack}.tfstate`)).toBeUndefined();
    for (const clone of clones) {
      const again = await bootstrapIn(clone, account, ...own, "--yes", "--json");
      expect(again).toMatchObject({ status: 0 });
      expect(JSON.parse(again.stdout)).toMatchObject({ changed: 0 });
      const left = readdirSync(join(clone, "terraform/stacks", stack));
      expect(left.filter((one) => !one.startsWith("."))).toEqual(["cdk.tf.json"]);
    }
  },
  15 * minutes,
);

test(
  "what waits under our name where no state is yet is taken over by the commands that the refusal says",
  async () => {
    const account = "567856785678";
    const own = ["--env", "staging", "--account", account];
    const [iam, RoleName] = [new IAMClient(clientConfiguration(root(account))), "mtls-api-staging-plan"];
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [] });
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
    const refused = await bootstrap(account, ...own, "--yes");
    expect(refused.status).toBe(1);
    const [, said = ""] = /or take it over: (.*)/.exec(refused.stderr) ?? [];
    const [bucket = "", ...terraforms] = said.split(" && ");
    const [, Bucket, LocationConstraint] =
      /^aws s3api create-bucket --bucket (\S+) --region \S+ .*LocationConstraint=(\S+)$/.exec(bucket) ?? [];
    await new S3Client({ ...clientConfiguration(root(account)), forcePathStyle: true }).send(
      new CreateBucketCommand({
        Bucket,
        CreateBucketConfiguration: { LocationConstraint: LocationConstraint as "eu-west-2" },
      }),
    );
    expect(terraforms.map((one) => one.split(" ")[2])).toEqual(["init", "import"]);
    for (const command of terraforms) {
      const [program = "", ...words] = command.split(" ");
      execFileSync(program, words, {
        ...{ env: terraformEnvironment({ aws, terraform, region, account }), stdio: "pipe" },
      });
    }
    const ended = await bootstrap(account, ...own, "--yes");
    expect(ended).toMatchObject({ status: 0 });
    expect(ended.stdout).toContain(`update aws_iam_role ${RoleName}`);
    expect(JSON.parse((await bootstrap(account, ...own, "--json")).stdout)).toMatchObject({
      items: [{ state: "as it should be" }, { state: "as it should be" }],
    });
  },
  10 * minutes,
);
