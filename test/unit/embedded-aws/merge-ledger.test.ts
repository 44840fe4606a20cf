/** `npm run ca -- merge-ledger` as it is typed: what its exit code says, so that a script may go by it. */
import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { AccountSeed } from "#aws/account-seed.ts";
import { AccountTools } from "#aws/account-tools.ts";
import { type Connection, clientConfiguration } from "#aws/connection.ts";
import { DynamoLedger } from "#aws/dynamo-ledger.ts";
import { local } from "#config/environments/local/index.ts";
import { type LocalSystem, localSystemVariable } from "#contract/local-system.ts";
import { externalBucketName, ledgerName } from "#contract/names.ts";
import { accountRoot } from "#local/aws/seed.ts";
import { embeddedAws, region } from "../../support/embedded-aws.ts";
import { request, World } from "../ca/world.ts";
import { LedgerOfATest } from "./support/ledger.ts";

const { account } = local.ca;
const table = ledgerName(local.name);
const systemFile = join(tmpdir(), `merge-ledger-${process.pid}.json`);
let connection: Connection;
let ledger: LedgerOfATest;
let revoked = "";

/** Copies: before a revocation, after it, and with an item that nobody knows. Then everything is lost. */
const embedded = embeddedAws(async () => {
  connection = accountRoot(embedded.aws, account, region);
  ledger = new LedgerOfATest(connection, table);
  const { endpoint, ca } = embedded.aws;
  const system: LocalSystem = {
    ...{ pid: process.pid, environment: local.name, endpoint, endpointCa: ca, operatorAccessKey: account },
  };
  writeFileSync(systemFile, JSON.stringify(system));
  await ledger.make();
  const world = new World<DynamoLedger>(new DynamoLedger(connection, table));
  await world.deploy();
  const { serial } = await world.issued(request("first"));
  await ledger.restoreTo("early");
  await world.revoke({ generation: "g1", serial, order: { action: "revoke", reason: "superseded" } });
  revoked = serial;
  await ledger.restoreTo("whole");
  await publish(world);
  await new LedgerOfATest(connection, `${table}-strange`).make();
  await new DynamoDBClient(clientConfiguration(connection)).send(
    new PutItemCommand({ TableName: `${table}-strange`, Item: { pk: { S: "who" }, sk: { S: "knows" } } }),
  );
  await ledger.loseEverything();
});
afterAll(() => {
  ledger?.close();
  rmSync(systemFile, { force: true });
});

async function publish(world: World<DynamoLedger>): Promise<void> {
  const bucket = externalBucketName(local.name, account);
  await new AccountSeed(connection).stateBucket(bucket);
  for (const key of ["crl/g1-issuing.crl", "crl/g1-root.crl"])
    await new AccountTools(connection).write(bucket, key, (await world.bucket.get(key))?.body ?? "");
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function merge(...words: readonly string[]): Promise<Ended> {
  const command = ["scripts/run.mjs", "cli/ca", "merge-ledger", "--env", local.name, ...words];
  const env = { ...process.env, [localSystemVariable]: systemFile, NO_COLOR: "1" };
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}
const copy = (name: string) => ["--from", `${table}-${name}`];

test("without a copy's name: 2", async () => {
  expect(await merge("--yes")).toMatchObject({ code: 2, stderr: expect.stringContaining("--from") });
});

test("a table that is not there: 1, with both names, and nothing was changed", async () => {
  const ended = await merge(...copy("nowhere"), "--yes");
  expect(ended).toMatchObject({ code: 1, stdout: "" });
  expect(ended.stderr).toMatch(/local-ca-ledger and local-ca-ledger-nowhere must both be tables/);
  expect(await ledger.items()).toBe(0);
});

test("a copy that explains all that is published: 0, and a dry run changes nothing", async () => {
  const ended = await merge(...copy("whole"));
  expect(ended.stdout).toMatch(/^\d+ items read, \d+ to add, 0 to change\n/);
  expect(ended.stdout).toMatch(/nothing was changed: add --yes\n$/);
  expect(ended.code).toBe(0);
  expect(await ledger.items()).toBe(0);
});

test("one that is too old: 1, dry and done, with the serial; --json says the same", async () => {
  for (const words of [[], ["--yes"]]) {
    const ended = await merge(...copy("early"), ...words);
    expect(ended.stdout).toContain(`crl/g1-issuing.crl holds 0x${revoked}, which no copy explains`);
    expect(ended.code).toBe(1);
  }
  expect(await ledger.items()).toBeGreaterThan(0);
  const { code, stdout } = await merge(...copy("early"), "--json");
  expect(JSON.parse(stdout)).toMatchObject({ dryRun: true, added: 0, unexplained: [{ serial: revoked }] });
  expect(code).toBe(1);
});

test("the rest from the younger copy: 0, and once more adds nothing", async () => {
  expect(await merge(...copy("whole"), "--yes")).toMatchObject({ code: 0 });
  const again = await merge(...copy("whole"), "--yes");
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining(" 0 added, 0 changed") });
});

test("what contradicts itself: 1, though all is explained", async () => {
  const ended = await merge(...copy("strange"), "--yes");
  expect(ended.stdout).toContain("conflict: who / knows: an item of no kind that this CA writes");
  expect(ended.code).toBe(1);
});

test("an AWS that cannot be asked: 3", async () => {
  const system = JSON.parse(readFileSync(systemFile, "utf8"));
  writeFileSync(systemFile, JSON.stringify({ ...system, endpoint: "https://127.0.0.1:1" }));
  expect(await merge(...copy("whole"))).toMatchObject({ code: 3, stdout: "" });
});
