/** Runs at once, their calls interleaved in many orders; each order comes from a seed and can be run again. */
import { makeKeyPair } from "#test/support/hierarchy.ts";
import { expectAlwaysTrue } from "./always-true.ts";
import { Turns } from "./disturbance.ts";
import { configuration, generation, granted, refusalOf, request, World } from "./world.ts";

const orders = Array.from({ length: 16 }, (_, index) => index + 1);
const key = makeKeyPair("P-256");

async function deployed(...clients: readonly string[]): Promise<{ world: World; serials: string[] }> {
  const world = new World();
  await world.apply();
  const serials: string[] = [];
  for (const name of clients) serials.push((await world.issued(request(name))).serial);
  return { world, serials };
}

const fulfilled = <T>(results: readonly PromiseSettledResult<T>[]): T[] =>
  results.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });

test("two publishers and two revocations at once: both revocations stand in the last CRL, numbers only grow", async () => {
  for (const seed of orders) {
    const { world, serials } = await deployed("partner-a", "partner-b");
    const turns = new Turns(seed);
    world.publishDisturbance = turns.disturbance;
    const revoke = (serial: string) =>
      world.revoke(
        { generation: "g1", serial, order: { action: "revoke", reason: "superseded" } },
        turns.disturbance,
      );
    const results = await turns.all<object>([
      world.publish({ action: "publish" }, turns.disturbance),
      revoke(serials[0] as string),
      world.publish({ action: "publish" }, turns.disturbance),
      revoke(serials[1] as string),
    ]);
    fulfilled(results).forEach(granted);
    await expectAlwaysTrue(world);
    const latest = await world.latestCrl();
    expect([...latest.revocations()].map((one) => one.serial).sort()).toEqual([...serials].sort());
  }
});

test("two issuers at once: two certificates, two serials, both known", async () => {
  for (const seed of orders) {
    const { world } = await deployed();
    const turns = new Turns(seed);
    const results = await turns.all([
      world.issue(request("partner-a", key), turns.disturbance),
      world.issue(request("partner-a", key), turns.disturbance),
    ]);
    const serials = fulfilled(results).map((one) => granted(one).serial);
    expect(new Set(serials).size).toBe(2);
    await expectAlwaysTrue(world);
  }
});

test("two issuers at once with one key and two names: exactly one is granted", async () => {
  for (const seed of orders) {
    const { world } = await deployed();
    const turns = new Turns(seed);
    const results = await turns.all([
      world.issue(request("partner-a", key), turns.disturbance),
      world.issue(request("partner-b", key), turns.disturbance),
    ]);
    const answers = fulfilled(results);
    expect(answers.filter((one) => "refused" in one).map(refusalOf)).toEqual(["key-of-another-name"]);
    await expectAlwaysTrue(world);
  }
});

test("two issuers at once that draw the same serial: the second takes another", async () => {
  for (const seed of orders) {
    const { world } = await deployed();
    const turns = new Turns(seed);
    world.repeatSerials(2);
    const results = await turns.all([
      world.issue(request("partner-a", key), turns.disturbance),
      world.issue(request("partner-b", makeKeyPair("P-256")), turns.disturbance),
    ]);
    expect(new Set(fulfilled(results).map((one) => granted(one).serial)).size).toBe(2);
    await expectAlwaysTrue(world);
  }
});

test("a hold and a revocation at once end revoked, in every order", async () => {
  for (const seed of orders) {
    const { world, serials } = await deployed("partner-a");
    const serial = serials[0] as string;
    const turns = new Turns(seed);
    world.publishDisturbance = turns.disturbance;
    const order = (reason: "certificateHold" | "keyCompromise") =>
      world.revoke({ generation: "g1", serial, order: { action: "revoke", reason } }, turns.disturbance);
    fulfilled(await turns.all([order("certificateHold"), order("keyCompromise")])).forEach(granted);
    expect((await world.latestCrl()).find(serial)?.reason).toBe("keyCompromise");
    await expectAlwaysTrue(world);
  }
});

test("two reconciles at once make one hierarchy and one truststore, and answer the same", async () => {
  for (const seed of orders.slice(0, 8)) {
    const world = new World();
    const turns = new Turns(seed);
    const results = await turns.all([
      world.apply(configuration(), turns.disturbance),
      world.apply(configuration(), turns.disturbance),
    ]);
    const [first, second] = fulfilled(results);
    expect(first).toEqual(second);
    await expectAlwaysTrue(world);
  }
});

test("two deployments at once issue one certificate for each client", async () => {
  for (const seed of orders.slice(0, 8)) {
    const { world } = await deployed();
    const turns = new Turns(seed);
    world.publishDisturbance = turns.disturbance;
    world.issueDisturbance = turns.disturbance;
    const clients = {
      "partner-a": { csr: request("partner-a", key).csr, profile: "client" },
      "partner-b": { csr: request("partner-b").csr, profile: "client" },
    };
    world.deployDesired({ clients });
    const wanted = configuration([generation("g1")], { clients });
    const results = await turns.all([
      world.apply(wanted, turns.disturbance),
      world.apply(wanted, turns.disturbance),
    ]);
    const [first, second] = fulfilled(results);
    expect(first).toEqual(second);
    const issued = world.ledger.certificates.filter((one) => one.profile === "client");
    expect(issued.map((one) => one.client).sort()).toEqual(["partner-a", "partner-b"]);
    await expectAlwaysTrue(world);
  }
});

test("even without the lease two reconciles make one hierarchy", async () => {
  for (const seed of orders.slice(0, 8)) {
    const world = new World();
    world.ledger.takeLease = async () => true;
    const turns = new Turns(seed);
    const results = await turns.all([
      world.apply(configuration([generation("g1"), generation("g2", "trusted")]), turns.disturbance),
      world.apply(configuration([generation("g1"), generation("g2", "trusted")]), turns.disturbance),
    ]);
    const [first, second] = fulfilled(results);
    expect(first).toEqual(second);
    await expectAlwaysTrue(world);
  }
});
