/**
 * Terraform's state is damaged or deleted, or its bucket is (docs/disaster-recovery.md, "Terraform's state"):
 * rehearsed with the real Terraform, its S3 backend and a bucket as bootstrap makes it, on the embedded AWS.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { AccountSeed } from "#aws/account-seed.ts";
import { AccountTools } from "#aws/account-tools.ts";
import { clientConfiguration } from "#aws/connection.ts";
import { stateKey } from "#contract/names.ts";
import { accountRoot } from "#local/aws/seed.ts";
import { awsProvider, findTerraform } from "#local/aws/terraform.ts";
import { terraformEnvironment } from "#local/aws/terraform-environment.ts";
import { embeddedAws, region } from "../support/embedded-aws.ts";

jest.setTimeout(5 * 60_000);
const account = "111111111111";
const [bucket, stack] = ["state-restore-111111111111", "test-ca"] as const;
const key = stateKey(stack);
const folder = mkdtempSync(join(tmpdir(), "state-restore-"));
let env: Record<string, string>;
let tools: AccountTools;

const embedded = embeddedAws(async () => {
  const root = accountRoot(embedded.aws, account, region);
  await new AccountSeed(root).stateBucket(bucket);
  tools = new AccountTools(root);
  const terraform = await findTerraform({ folder: join(folder, "terraform") });
  env = terraformEnvironment({ aws: embedded.aws, terraform, region, account });
  mkdirSync(join(folder, stack));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly said: string;
}

function terraform(...words: readonly string[]): Promise<Ended> {
  const [command = "", ...rest] = words;
  return new Promise((resolve) => {
    const all = [command, "-input=false", "-no-color", ...rest];
    execFile("terraform", all, { cwd: join(folder, stack), env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr }),
    );
  });
}
/** 0: nothing to do; 2: something. */
const plan = () => terraform("plan", "-detailed-exitcode");

/** Log groups are what this stack has. */
async function applied(...names: readonly string[]): Promise<Ended> {
  const groups = names.map((name) => [name, { name: `/${stack}/${name}` }]);
  const written = {
    terraform: {
      required_providers: { aws: { source: awsProvider.source, version: awsProvider.version } },
      backend: { s3: { bucket, key, region, encrypt: true, use_lockfile: true, use_path_style: true } },
    },
    provider: { aws: [{ region }] },
    resource: { aws_cloudwatch_log_group: Object.fromEntries(groups) },
  };
  writeFileSync(join(folder, stack, "cdk.tf.json"), JSON.stringify(written));
  await terraform("init");
  return terraform("apply", "-auto-approve");
}

const latest = async () => (await tools.versions(bucket, key)).find((one) => one.key === key && one.latest);
async function copyOver(version: string | undefined): Promise<void> {
  await tools.write(bucket, key, await tools.read(bucket, key, version));
}

test("overwritten, it is copied back from the good version; deleted, its marker is taken away", async () => {
  expect(await applied("one")).toMatchObject({ code: 0 });
  const good = (await latest())?.version;
  expect(await plan()).toMatchObject({ code: 0 });

  await tools.write(bucket, key, "garbage");
  expect(await plan()).toMatchObject({ code: 1 });
  await copyOver(good);
  expect(await plan()).toMatchObject({ code: 0 });

  await tools.remove(bucket, key);
  // An empty state: everything would be made a second time.
  expect(await plan()).toMatchObject({ code: 2, said: expect.stringContaining("1 to add") });
  const s3 = new S3Client({ ...clientConfiguration(tools.connection), forcePathStyle: true });
  const { DeleteMarkers = [] } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key }),
  );
  const marker = DeleteMarkers.find((one) => one.Key === key && one.IsLatest)?.VersionId;
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: marker }));
  expect(await plan()).toMatchObject({ code: 0 });
});

test("the bucket is gone and made again: the state is empty, and importing everything makes the plan empty", async () => {
  await applied("one", "two");
  const s3 = new S3Client({ ...clientConfiguration(tools.connection), forcePathStyle: true });
  await tools.remove(bucket, key);
  const { DeleteMarkers = [], Versions = [] } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: bucket }),
  );
  for (const { Key, VersionId } of [...Versions, ...DeleteMarkers])
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
  await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
  await new AccountSeed(tools.connection).stateBucket(bucket);
  expect(await terraform("apply", "-auto-approve")).toMatchObject({
    code: 1,
    said: expect.stringMatching(/already exist/i),
  });
  for (const name of ["one", "two"])
    await terraform("import", `aws_cloudwatch_log_group.${name}`, `/${stack}/${name}`);
  expect(await plan()).toMatchObject({ code: 0 });
});
