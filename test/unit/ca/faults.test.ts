/**
 * Every call of every operation fails once, before and after it took effect; then the operation is run again.
 * The number of calls is found by a calm run, so that a new call is covered on the day it is written.
 */
import type { DesiredState } from "#contract/desired-state.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { makeKeyPair } from "#test/support/hierarchy.ts";
import { expectAlwaysTrue } from "./always-true.ts";
import { type Call, type Disturbance, failingAt } from "./disturbance.ts";
import { configuration, generation, granted, request, World } from "./world.ts";

interface Scenario {
  readonly name: string;
  /** A world in which the operation has something to do. */
  readonly prepare: () => Promise<World>;
  /** Rejects where a fault reaches the caller. */
  readonly run: (world: World, by: Disturbance) => Promise<unknown>;
  readonly expectDone: (world: World) => Promise<void>;
}

const key = makeKeyPair("P-256");
const otherKey = makeKeyPair("P-256");

const issue: Scenario = {
  name: "issue",
  prepare: deployed,
  run: async (world, by) => granted(await world.issue(request("partner-a", key), by)),
  expectDone: async (world) => {
    const issued = world.ledger.certificates.filter((one) => one.profile === "client" && one.issuedAt);
    // One more when the first run was told nothing about its success.
    expect(issued.length).toBeGreaterThanOrEqual(1);
    expect(new Set(issued.map((one) => one.serial)).size).toBe(issued.length);
  },
};

const revoke: Scenario = {
  name: "revoke",
  prepare: async () => {
    const world = await deployed();
    await world.issued(request("partner-a", key));
    return world;
  },
  run: async (world, by) => {
    const serial = leaf(world);
    const order = { action: "revoke", reason: "keyCompromise" } as const;
    const result = granted(await world.revoke({ generation: "g1", serial, order }, by));
    expect((await world.latestCrl()).find(serial)?.reason).toBe("keyCompromise");
    expect((await world.latestCrl()).number).toBe(BigInt(result.crlNumber));
    world.clock.advance(1);
  },
  expectDone: async (world) => {
    expect((await world.latestCrl()).find(leaf(world))?.reason).toBe("keyCompromise");
    expect(await world.issue(request("partner-a", key))).toMatchObject({
      refused: { code: "key-compromised" },
    });
  },
};

/** The fault strikes inside ca-publish, which ca-revoke has invoked. */
const revokePublishing: Scenario = {
  ...revoke,
  name: "revoke, inside ca-publish",
  run: async (world, by) => {
    world.publishDisturbance = by;
    try {
      await revoke.run(world, (_call, effect) => effect());
    } finally {
      world.publishDisturbance = (_call, effect) => effect();
    }
  },
};

const publish: Scenario = {
  name: "publish",
  prepare: async () => {
    const world = await revoke.prepare();
    const { ledger } = world;
    const issuer = (await ledger.generation("g1"))?.issuing?.keyHash ?? "";
    const now = world.clock.now();
    const revocation = {
      serial: leaf(world),
      state: "revoked",
      reason: "superseded",
      revokedAt: now,
    } as const;
    await ledger.writeRevocation(
      issuer,
      { ...revocation, notAfter: new Date("2026-05-01Z"), revision: 1 },
      undefined,
    );
    return world;
  },
  run: async (world, by) => granted(await world.publish({ action: "publish" }, by)),
  expectDone: async (world) => expect((await world.latestCrl()).find(leaf(world))?.reason).toBe("superseded"),
};

const firstApply: Scenario = {
  name: "reconcile: apply, everything missing",
  prepare: async () => new World(),
  run: (world, by) => world.apply(configuration(), by),
  expectDone: async (world) => {
    granted(await world.issue(request("partner-a", key)));
    expect((await world.latestCrl()).entries).toBe(0);
    expect((await world.latestCrl("g1", "root")).entries).toBe(0);
    expect(world.bucket.keys(externalKeys.truststore)).toHaveLength(1);
    for (const which of ["root", "issuing"])
      expect(world.ledger.certificates.filter((one) => one.profile === which && one.issuedAt)).toHaveLength(
        1,
      );
    await expectNothingChanges(world, () => world.apply());
  },
};

const rotation: Scenario = {
  name: "reconcile: apply, a second generation",
  prepare: deployed,
  run: (world, by) => world.apply(configuration([generation("g1"), generation("g2", "trusted")]), by),
  expectDone: async (world) => {
    const { issuers, truststore } = await world.apply(
      configuration([generation("g1", "trusted"), generation("g2", "active")]),
    );
    expect(issuers.map((one) => one.generation)).toEqual(["g1", "g2"]);
    expect(truststore.version).toBe("truststore.pem@2");
    expect(granted(await world.issue(request("partner-b", otherKey))).generation).toBe("g2");
  },
};

const renew: Scenario = {
  name: "reconcile: renew, a root CRL past half of its life",
  prepare: async () => {
    const world = await deployed();
    world.clock.advance(46 * 86_400);
    return world;
  },
  run: (world, by) => world.reconcile({ action: "renew" }, by),
  expectDone: async (world) => {
    expect((await world.latestCrl("g1", "root")).nextUpdate.toISOString()).toMatch(/^2026-07-15/);
    await expectNothingChanges(world, () => world.reconcile({ action: "renew" }));
  },
};

const revokeIssuing: Scenario = {
  name: "reconcile: the root revokes an issuing certificate",
  prepare: deployed,
  run: (world, by) =>
    world.reconcile({ action: "revoke-issuing", generation: "g1", reason: "cACompromise" }, by),
  expectDone: async (world) => {
    const { serial } = await world.certificateOf("g1", "issuing");
    expect((await world.latestCrl("g1", "root")).find(serial)?.reason).toBe("cACompromise");
    expect(await world.issue(request("partner-a", key))).toMatchObject({
      refused: { code: "issuing-certificate-revoked" },
    });
  },
};

/** A deployment that revokes one client and adds another; ca-issue and ca-revoke may fail as calls of it. */
const gitOps: Scenario = {
  name: "reconcile: apply, clients and revocations of the configuration",
  prepare: async () => {
    const world = new World();
    await world.deploy({ clients: { "partner-a": clients["partner-a"] } });
    return world;
  },
  run: (world, by) => world.deploy(changed(world), by),
  expectDone: async (world) => {
    expect((await world.latestCrl()).find(leaf(world))?.reason).toBe("keyCompromise");
    for (const client of ["partner-a", "partner-b"])
      expect(world.ledger.certificates.filter((one) => one.client === client && one.issuedAt)).toHaveLength(
        1,
      );
    await expectNothingChanges(world, () => world.apply(configuration([generation("g1")], changed(world))));
  },
};
const clients = {
  "partner-a": { csr: request("partner-a", key).csr, profile: "client" },
  "partner-b": { csr: request("partner-b", otherKey).csr, profile: "client" },
};
const changed = (world: World): Partial<DesiredState> => ({
  clients,
  revoked: [{ generation: "g1", serial: leaf(world), reason: "keyCompromise" }],
});

const scenarios = [
  issue,
  revoke,
  revokePublishing,
  publish,
  firstApply,
  rotation,
  renew,
  revokeIssuing,
  gitOps,
];

describe.each(scenarios)("$name", (scenario) => {
  test.each(["before", "after"] as const)(
    "a time-out %s any single call leaves nothing that the next run does not put right",
    async (when) => {
      const calls = await callsOf(scenario);
      expect(calls.length).toBeGreaterThan(3);
      for (const call of calls) {
        const world = await scenario.prepare();
        const outcome = await settle(scenario.run(world, failingAt(call.index, when)));
        // A lease that cannot be given back is no reason to call a finished run a failure.
        if (call.method !== "releaseLease") expect({ call, outcome }).toEqual({ call, outcome: "fault" });
        await expectAlwaysTrue(world);
        world.clock.advance(200);
        await scenario.run(world, (_call, effect) => effect());
        await expectAlwaysTrue(world);
        await scenario.expectDone(world);
      }
    },
  );
});

test("a certificate that may have been signed when nobody heard of it can be revoked", async () => {
  const calls = await callsOf(issue);
  const sign = calls.find((call) => call.method === "sign") as Call;
  const world = await issue.prepare();
  expect(await settle(issue.run(world, failingAt(sign.index, "after")))).toBe("fault");
  const recorded = world.ledger.certificates.find((one) => one.profile === "client");
  expect(recorded?.issuedAt).toBeUndefined();
  const order = { action: "revoke", reason: "superseded" } as const;
  granted(await world.revoke({ generation: "g1", serial: recorded?.serial ?? "", order }));
  expect((await world.latestCrl()).find(recorded?.serial ?? "")).toBeDefined();
  // The next run takes a serial of its own.
  const next = granted(await world.issue(request("partner-a", key)));
  expect(next.serial).not.toBe(recorded?.serial);
});

test("the ledger knows a serial before anything is signed", async () => {
  const order = (await callsOf(issue)).map((call) => call.method);
  expect(order.indexOf("recordCertificate")).toBeLessThan(order.indexOf("sign"));
  expect(order.indexOf("sign")).toBeLessThan(order.indexOf("put"));
  expect(order.indexOf("put")).toBeLessThan(order.indexOf("markIssued"));
});

test("what is handed out is what the bucket holds", async () => {
  const world = await deployed();
  const { serial, certificate } = await world.issued(request("partner-a", key));
  const stored = await world.bucket.get(externalKeys.leafCertificate("g1", serial));
  expect(String(stored?.body)).toBe(certificate);
  expect(parseCertificate(decodeOnePem(certificate, "CERTIFICATE")).serial).toBe(serial);
});

async function deployed(): Promise<World> {
  const world = new World();
  await world.apply();
  return world;
}

const leaf = (world: World): string =>
  world.ledger.certificates.find((one) => one.profile === "client")?.serial ?? "none";

async function callsOf(scenario: Scenario): Promise<Call[]> {
  const calls: Call[] = [];
  const world = await scenario.prepare();
  await scenario.run(world, (call, effect) => {
    calls.push(call);
    return effect();
  });
  await scenario.expectDone(world);
  return calls;
}

const settle = (run: Promise<unknown>): Promise<"done" | "fault"> =>
  run.then(
    () => "done",
    () => "fault",
  );

async function expectNothingChanges(world: World, run: () => Promise<unknown>): Promise<void> {
  const before = JSON.stringify([...world.bucket.versions].map(([name, all]) => [name, all.length]));
  await run();
  expect(JSON.stringify([...world.bucket.versions].map(([name, all]) => [name, all.length]))).toBe(before);
}
