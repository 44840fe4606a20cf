/** What a publisher writes, what it refuses to write, and what it heals. */
import { execFileSync } from "node:child_process";
import type { Revocation } from "#ca/revocation.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { openCrl } from "#pki/crl/open.ts";
import { expectAlwaysTrue } from "./always-true.ts";
import { configuration, generation, granted, refusalOf, request, World } from "./world.ts";

const key = externalKeys.issuingCrl("g1");
const revokeFor = (reason: "superseded" | "certificateHold" | "keyCompromise" | "unspecified") =>
  ({ action: "revoke", reason }) as const;

async function deployed(...clients: readonly string[]): Promise<{ world: World; serials: string[] }> {
  const world = new World();
  await world.apply();
  const serials: string[] = [];
  for (const name of clients) serials.push((await world.issued(request(name))).serial);
  return { world, serials };
}

test("thisUpdate lies a minute back, nextUpdate a lifetime ahead, the number grows by each run", async () => {
  const { world } = await deployed();
  const before = (await world.latestCrl()).number;
  const { published } = granted(await world.publish());
  const crl = await world.latestCrl();
  expect(crl.thisUpdate.toISOString()).toBe("2026-03-01T11:59:00.000Z");
  expect(crl.nextUpdate.toISOString()).toBe("2026-03-02T12:00:00.000Z");
  expect(crl.number).toBe(before + 1n);
  expect(published).toEqual([
    { generation: "g1", number: Number(crl.number), entries: 0, nextUpdate: "2026-03-02T12:00:00.000Z" },
  ]);
});

test("a publisher on a restored, older ledger is refused: the CRL would lose a live revocation", async () => {
  const { world, serials } = await deployed("partner-a");
  const restore = world.ledger.snapshot();
  granted(
    await world.revoke({ generation: "g1", serial: serials[0] as string, order: revokeFor("superseded") }),
  );
  restore();
  await expect(world.publish()).rejects.toMatchObject({ code: "crl-number-not-greater" });
  // Even when its counter has caught up, it knows less.
  const issuer = (await world.ledger.generation("g1"))?.issuing?.keyHash ?? "";
  for (let count = 0; count < 5; count++) await world.ledger.nextCrlNumber(issuer);
  await expect(world.publish()).rejects.toMatchObject({ code: "crl-would-lose-revocation" });
  expect((await world.latestCrl()).find(serials[0] as string)).toBeDefined();
  await expectAlwaysTrue(world);
});

test("a restored ledger that remembers a hold does not soften a final revocation", async () => {
  const { world, serials } = await deployed("partner-a");
  const serial = serials[0] as string;
  granted(await world.revoke({ generation: "g1", serial, order: revokeFor("certificateHold") }));
  const restore = world.ledger.snapshot();
  granted(await world.revoke({ generation: "g1", serial, order: revokeFor("keyCompromise") }));
  restore();
  const issuer = (await world.ledger.generation("g1"))?.issuing?.keyHash ?? "";
  for (let count = 0; count < 5; count++) await world.ledger.nextCrlNumber(issuer);
  await expect(world.publish()).rejects.toMatchObject({ code: "crl-would-lose-revocation" });
  expect((await world.latestCrl()).find(serial)?.reason).toBe("keyCompromise");
});

test("a restored ledger that remembers an earlier release does not undo a later hold", async () => {
  const { world, serials } = await deployed("partner-a");
  const serial = serials[0] as string;
  granted(await world.revoke({ generation: "g1", serial, order: revokeFor("certificateHold") }));
  granted(await world.revoke({ generation: "g1", serial, order: { action: "release" } }));
  const restore = world.ledger.snapshot();
  world.clock.advance(60);
  granted(await world.revoke({ generation: "g1", serial, order: revokeFor("certificateHold") }));
  restore();
  const issuer = (await world.ledger.generation("g1"))?.issuing?.keyHash ?? "";
  for (let count = 0; count < 5; count++) await world.ledger.nextCrlNumber(issuer);
  await expect(world.publish()).rejects.toMatchObject({ code: "crl-would-lose-revocation" });
});

test("a release leaves the CRL, and an unspecified reason is not written", async () => {
  const { world, serials } = await deployed("partner-a", "partner-b");
  const [held, other] = serials as [string, string];
  granted(await world.revoke({ generation: "g1", serial: held, order: revokeFor("certificateHold") }));
  expect((await world.latestCrl()).find(held)?.reason).toBe("certificateHold");
  granted(await world.revoke({ generation: "g1", serial: other, order: revokeFor("unspecified") }));
  expect((await world.latestCrl()).find(other)).toEqual({ serial: other, revokedAt: world.clock.now() });
  granted(await world.revoke({ generation: "g1", serial: held, order: { action: "release" } }));
  expect([...(await world.latestCrl()).revocations()].map((one) => one.serial)).toEqual([other]);
});

test("an expired entry stays for one publishing period, and goes after it", async () => {
  const { world } = await deployed();
  const { serial } = await world.issued({ ...request("partner-a"), validSeconds: 3600 });
  granted(await world.revoke({ generation: "g1", serial, order: revokeFor("superseded") }));
  world.clock.advance(3600 + 600);
  await world.publish();
  expect((await world.latestCrl()).find(serial)).toBeDefined();
  world.clock.advance(1);
  await world.publish();
  expect((await world.latestCrl()).entries).toBe(0);
});

const damages: readonly (readonly [what: string, damage: (world: World) => Promise<void>])[] = [
  ["deleted", async ({ bucket }) => bucket.overwrite(key)],
  ["garbage", async ({ bucket }) => bucket.overwrite(key, Buffer.from("garbage"))],
  [
    "an older one, validly signed",
    async ({ bucket }) => bucket.overwrite(key, bucket.versions.get(key)?.[0]?.body),
  ],
  [
    "another issuer's",
    async ({ bucket }) => bucket.overwrite(key, bucket.versions.get(externalKeys.rootCrl("g1"))?.[0]?.body),
  ],
];

test.each(damages)(
  "a CRL in the bucket that is %s is replaced, with every revocation",
  async (what, damage) => {
    const { world, serials } = await deployed("partner-a");
    granted(
      await world.revoke({ generation: "g1", serial: serials[0] as string, order: revokeFor("superseded") }),
    );
    const { number } = await world.latestCrl();
    await damage(world);
    granted(await world.publish());
    const healed = openCrl(
      (await world.bucket.get(key))?.body as Buffer,
      await world.certificateOf("g1", "issuing"),
    );
    expect(healed.number).toBe(number + 1n);
    expect(healed.find(serials[0] as string)).toBeDefined();
    const loud = world.events.some((one) => one.event === "published-crl-unreadable");
    expect(loud).toBe(what === "garbage" || what === "another issuer's");
  },
);

test("a publisher that was overtaken by a later number leaves that CRL alone", async () => {
  const { world } = await deployed();
  const { put } = world.bucket;
  let overtaken = false;
  world.bucket.put = async (...args) => {
    if (!overtaken) {
      overtaken = true;
      granted(await world.publish());
    }
    return put.apply(world.bucket, args);
  };
  const { published } = granted(await world.publish());
  const crls = await world.crls();
  expect(crls.map((one) => Number(one.number))).toEqual([1, 3]);
  expect(published).toMatchObject([{ number: 3 }]);
});

test("an object that is there and cannot be read is a fault, not an absence", async () => {
  const { world } = await deployed();
  world.bucket.get = async () => undefined;
  await expect(world.publish()).rejects.toMatchObject({ code: "crl-contention" });
});

test("one generation's fault does not keep the others from being published, and is not swallowed", async () => {
  const { world } = await deployed();
  await world.apply(configuration([generation("g1"), generation("g2", "trusted")]));
  const { sign } = world.signer;
  world.signer.sign = async (keyArn, algorithm, digest) => {
    if (keyArn.endsWith("g1-issuing")) throw new Error("KMS is down");
    return sign.call(world.signer, keyArn, algorithm, digest);
  };
  const before = (await world.latestCrl("g2")).number;
  await expect(world.publish()).rejects.toThrow("KMS is down");
  expect((await world.latestCrl("g2")).number).toBe(before + 1n);
});

test("a signature by another key is a fault, and nothing is published", async () => {
  const { world } = await deployed();
  const { sign } = world.signer;
  world.signer.sign = (_keyArn, algorithm, digest) =>
    sign.call(world.signer, generation("g1").rootKeyArn, algorithm, digest);
  const before = world.bucket.versions.get(key)?.length;
  await expect(world.publish()).rejects.toMatchObject({ code: "signature-does-not-verify" });
  expect(world.bucket.versions.get(key)).toHaveLength(before as number);
});

test("an ordered proof that the published CRL does not give is a fault", async () => {
  const { world, serials } = await deployed("partner-a");
  const serial = serials[0] as string;
  const assert = { generation: "g1", serial, listed: true };
  await expect(world.publish({ action: "publish", assert })).rejects.toMatchObject({
    code: "crl-lacks-serial",
  });
  granted(await world.publish({ action: "publish", assert: { ...assert, listed: false } }));
  const unknown = { ...assert, generation: "g9" };
  expect(refusalOf(await world.publish({ action: "publish", assert: unknown }))).toBe("unknown-generation");
});

test("only where due: a fresh CRL that says what the ledger says is left alone", async () => {
  const { world, serials } = await deployed("partner-a");
  const due = { action: "publish", onlyWhereDue: true } as const;
  const count = () => world.bucket.versions.get(key)?.length;
  expect(granted(await world.publish(due)).published).toHaveLength(1);
  expect(count()).toBe(1);
  // A revocation that nobody has published yet.
  const issuer = (await world.ledger.generation("g1"))?.issuing?.keyHash ?? "";
  const revocation: Revocation = {
    serial: serials[0] as string,
    state: "revoked",
    reason: "superseded",
    revokedAt: world.clock.now(),
    notAfter: new Date("2026-05-01Z"),
    revision: 1,
  };
  await world.ledger.writeRevocation(issuer, revocation, undefined);
  await world.publish(due);
  expect(count()).toBe(2);
  world.clock.advance(12 * 3600 + 60);
  await world.publish(due);
  expect(count()).toBe(3);
});

test("a retired generation's CRL goes on until its last certificate has ended", async () => {
  const { world } = await deployed("partner-a");
  await world.apply(configuration([generation("g1"), generation("g2", "trusted")]));
  await world.apply(configuration([generation("g1", "trusted"), generation("g2")]));
  const retired = { ...generation("g1", "retired"), retireWithValidCertificates: true };
  await world.apply(configuration([retired, generation("g2")]));
  const generations = async () => granted(await world.publish()).published.map((one) => one.generation);
  expect(await generations()).toEqual(["g1", "g2"]);
  world.clock.advance(90 * 86_400 + 601);
  expect(await generations()).toEqual(["g2"]);
});

test("before the first deployment has finished there is nothing to publish", async () => {
  expect(await new World().publish()).toEqual({ published: [] });
});

test("OpenSSL reads the CRL and verifies it", async () => {
  const { world, serials } = await deployed("partner-a");
  granted(
    await world.revoke({ generation: "g1", serial: serials[0] as string, order: revokeFor("keyCompromise") }),
  );
  const { der } = await world.latestCrl();
  const text = execFileSync("openssl", ["crl", "-inform", "DER", "-noout", "-text"], {
    input: der,
  }).toString();
  expect(text).toContain(`Serial Number: ${(serials[0] as string).toUpperCase()}`);
  expect(text).toContain("Key Compromise");
});
