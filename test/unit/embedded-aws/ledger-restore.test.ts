/**
 * The ledger is lost and restored, rehearsed on the embedded AWS's DynamoDB (docs/disaster-recovery.md): point-in-time
 * restore, merge, and after it the invariants: CRL numbers only grow, no serial twice, no revocation forgotten.
 *
 * The embedded restore copies what the table holds at the call, whatever time is asked for: the copies here are taken
 * at their times.
 */
import type { Connection } from "#aws/connection.ts";
import { DynamoLedger } from "#aws/dynamo-ledger.ts";
import { ledgerEntries } from "#aws/ledger-entries.ts";
import { mergeLedger } from "#aws/merge-ledger.ts";
import { accountRoot } from "#local/aws/seed.ts";
import { embeddedAws, region } from "../../support/embedded-aws.ts";
import { request, World } from "../ca/world.ts";
import { LedgerOfATest } from "./support/ledger.ts";

const table = "test-ca-ledger";
let connection: Connection;
let lost: LedgerOfATest;

const embedded = embeddedAws(async () => {
  connection = accountRoot(embedded.aws, "111111111111", region);
  lost = new LedgerOfATest(connection, table);
});
afterAll(() => lost?.close());

test("a ledger that lost its items is whole again, and goes on where it was", async () => {
  await lost.make();
  const world = new World<DynamoLedger>(new DynamoLedger(connection, table));
  const merge = (copy: string, write = true) =>
    mergeLedger(connection, {
      ...{ ledger: table, from: `${table}-${copy}`, write },
      published: async (key) => (await world.bucket.get(key))?.body,
    });
  await world.deploy();
  const [first, second] = [await world.issued(request("first")), await world.issued(request("second"))];
  await world.revoke(order(first.serial));
  await lost.restoreTo("yesterday");

  // Since the copy: one more certificate, one more revocation, some publications.
  const third = await world.issued(request("third"));
  await world.revoke(order(second.serial));
  await world.publish();
  const published = await world.latestCrl();
  expect([...published.revocations()].map((one) => one.serial).sort()).toEqual(
    [first.serial, second.serial].sort(),
  );
  await lost.restoreTo("just-before");
  await lost.loseEverything();

  await expect(world.publish()).resolves.toEqual({ published: [] });
  // A deployment would make a second hierarchy of the same keys.
  await expect(world.deploy()).rejects.toMatchObject({ code: "ledger-lost" });
  await merge("yesterday", false);
  expect(await lost.items()).toBe(0);

  // Yesterday's copy alone forgets a revocation: that is told, and publishing is refused.
  const partly = await merge("yesterday");
  expect(partly).toMatchObject({
    conflicts: [],
    unexplained: [{ crl: "crl/g1-issuing.crl", serial: second.serial }],
    lifted: [{ crl: "crl/g1-issuing.crl", to: Number(published.number) }],
  });
  await expect(world.publish()).rejects.toMatchObject({ code: "crl-would-lose-revocation" });
  expect((await world.latestCrl()).number).toBe(published.number);

  // With what was saved of the damaged table the ledger explains all that was published.
  expect(await merge("just-before")).toMatchObject({ conflicts: [], unexplained: [] });
  expect(await merge("just-before")).toMatchObject({ added: 0, changed: 0 });
  expect(await merge("yesterday")).toMatchObject({ added: 0, changed: 0 });
  await world.publish();
  const after = await world.latestCrl();
  expect(after.number).toBeGreaterThan(published.number);
  expect(after.find(second.serial)).toBeDefined();

  // No serial twice, no key under another name, no revocation undone.
  const all = await ledgerEntries(connection, table);
  expect(all.map((one) => one.serial).sort()).toEqual([first.serial, second.serial, third.serial].sort());
  const { keyHash } = await issuing(world);
  const record = await world.ledger.certificate(keyHash, third.serial);
  expect(record && (await world.ledger.recordCertificate(record))).toBe(false);
  const fourth = await world.issued(request("fourth"));
  expect([first, second, third].map((one) => one.serial)).not.toContain(fourth.serial);
}, 120_000);

const order = (serial: string) =>
  ({ generation: "g1", serial, order: { action: "revoke", reason: "superseded" } }) as const;

async function issuing(world: World<DynamoLedger>) {
  const found = (await world.ledger.generation("g1"))?.issuing;
  if (!found) throw new Error("generation g1 is gone");
  return found;
}
