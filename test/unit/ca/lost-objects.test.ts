/**
 * Objects of the external bucket are lost (docs/disaster-recovery.md, "Objects of the external bucket"): what brings
 * each back, and that nothing is made a second time or forgotten.
 */
import { externalKeys } from "#contract/external-bucket.ts";
import { request, World } from "./world.ts";

const own = ["root", "issuing"] as const;
const order = { action: "revoke", reason: "superseded" } as const;

/** A CA with a client that it has revoked. */
async function used(): Promise<{ world: World; serial: string }> {
  const world = new World();
  await world.deploy();
  const { serial } = await world.issued(request("first"));
  await world.revoke({ generation: "g1", serial, order });
  return { world, serial };
}
const body = async (world: World, key: string) => (await world.bucket.get(key))?.body.toString("latin1");

test("the truststore: the next deployment publishes the same bytes as a new version, which is the one to pin", async () => {
  const { world } = await used();
  const before = await world.deploy();
  world.bucket.overwrite(externalKeys.truststore);
  const after = await world.deploy();
  expect(after.truststore.sha256).toBe(before.truststore.sha256);
  expect(after.truststore.version).not.toBe(before.truststore.version);
  expect(after.truststore.version).toBe((await world.bucket.get(externalKeys.truststore))?.version);
});

test.each(own)("the %s certificate: the next deployment puts the same one back", async (which) => {
  const { world } = await used();
  const keys = [externalKeys.caCertificate("g1", which), externalKeys.caCertificateDer("g1", which)];
  const before = await Promise.all(keys.map((key) => body(world, key)));
  expect(before).not.toContain(undefined);
  for (const key of keys) world.bucket.overwrite(key);
  await world.deploy();
  expect(await Promise.all(keys.map((key) => body(world, key)))).toEqual(before);
});

test("the issuing CRL: publishing; the root's: renewing", async () => {
  const { world, serial } = await used();
  world.bucket.overwrite(externalKeys.issuingCrl("g1"));
  world.bucket.overwrite(externalKeys.rootCrl("g1"));
  await world.publish();
  expect(await world.bucket.get(externalKeys.rootCrl("g1"))).toBeUndefined();
  await world.reconcile({ action: "renew" });
  for (const which of own) {
    const [before, after] = (await world.crls("g1", which)).slice(-2);
    expect(after?.number).toBeGreaterThan(before?.number ?? 0n);
  }
  expect((await world.latestCrl()).find(serial)).toBeDefined();
});

test("all of it: a deployment fills the bucket from the ledger; numbers go on, the revocation stays", async () => {
  const { world, serial } = await used();
  const before = await world.deploy();
  const certificates = world.bucket.keys("certs/g1-");
  const contents = await Promise.all(certificates.map((key) => body(world, key)));
  const numbers = await Promise.all(own.map(async (which) => (await world.latestCrl("g1", which)).number));
  expect(certificates.length).toBeGreaterThan(1);
  for (const key of world.bucket.keys("")) world.bucket.overwrite(key);
  expect(world.bucket.keys("")).toEqual([]);

  const after = await world.deploy();
  expect(after.issuers).toEqual(before.issuers);
  expect(after.truststore.sha256).toBe(before.truststore.sha256);
  expect(await Promise.all(certificates.map((key) => body(world, key)))).toEqual(contents);
  for (const [index, which] of own.entries())
    expect((await world.latestCrl("g1", which)).number).toBeGreaterThan(numbers[index] ?? 0n);
  expect((await world.latestCrl()).find(serial)).toBeDefined();
  const next = await world.issued(request("second"));
  expect(next.serial).not.toBe(serial);
});
