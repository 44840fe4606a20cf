/** Clients and revocations of the configuration: issued once, never lost, never revived. */
import type { RenewResult } from "#contract/ca-requests.ts";
import type { DesiredClient, DesiredState } from "#contract/desired-state.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { type KeyPair, makeKeyPair } from "#test/support/hierarchy.ts";
import { expectAlwaysTrue } from "./always-true.ts";
import { failingAt } from "./disturbance.ts";
import { configuration, desiredObject, generation, granted, refusalOf, request, World } from "./world.ts";

const wanted = (name: string, key?: KeyPair, more: Partial<DesiredClient> = {}): DesiredClient => ({
  csr: request(name, key).csr,
  profile: "client",
  ...more,
});
const clients = (...names: readonly string[]): DesiredState["clients"] =>
  Object.fromEntries(names.map((name) => [name, wanted(name)]));

const leaves = (world: World) => world.ledger.certificates.filter((one) => one.profile === "client");
async function latestOf(world: World, name: string) {
  const entry = await world.ledger.client(name);
  const latest = entry?.certificates.at(-1);
  if (!latest) throw new Error(`client ${name} has no certificate`);
  return latest;
}
const codeOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "done",
    (error) => error.code,
  );

test("what is listed is issued once, and lies in the bucket", async () => {
  const world = new World();
  const desired = { clients: clients("partner-a", "partner-b") };
  await world.deploy(desired);
  expect(leaves(world).map((one) => [one.client, one.caller])).toEqual([
    ["partner-a", "reconcile"],
    ["partner-b", "reconcile"],
  ]);
  const { generation: id, serial } = await latestOf(world, "partner-a");
  const stored = await world.bucket.get(externalKeys.leafCertificate(id, serial));
  const certificate = parseCertificate(decodeOnePem(String(stored?.body), "CERTIFICATE"));
  expect(certificate.subject.attributes.find((one) => one.type === "CN")?.value).toBe("partner-a");
  await world.deploy(desired);
  expect(leaves(world)).toHaveLength(2);
  await world.deploy({ clients: { ...desired.clients, ...clients("partner-c") } });
  expect(leaves(world)).toHaveLength(3);
  await expectAlwaysTrue(world);
});

test("validDays is as long as it says; what the profile refuses fails the run, and the others have theirs", async () => {
  const world = new World();
  const refused = await codeOf(
    world.deploy({
      clients: {
        "partner-a": wanted("partner-a", undefined, { validDays: 10 }),
        "partner-b": wanted("partner-b", undefined, { validDays: 400 }),
        "partner-c": wanted("partner-c"),
      },
    }),
  );
  expect(refused).toBe("desired-state-refused");
  expect((await latestOf(world, "partner-a")).notAfter.toISOString()).toBe("2026-03-11T12:00:00.000Z");
  expect(leaves(world).map((one) => one.client)).toEqual(["partner-a", "partner-c"]);
});

test("a new request renews, with the same or another key; the old certificate stays until its end", async () => {
  const world = new World();
  const key = makeKeyPair("P-256");
  await world.deploy({ clients: { "partner-a": wanted("partner-a", key) } });
  const first = await latestOf(world, "partner-a");
  await world.deploy({ clients: { "partner-a": wanted("partner-a", makeKeyPair("P-256")) } });
  const second = await latestOf(world, "partner-a");
  expect(second.serial).not.toBe(first.serial);
  expect((await world.ledger.client("partner-a"))?.certificates).toEqual([first, second]);
  expect((await world.latestCrl()).entries).toBe(0);
});

test("the same request under another profile is refused: a certificate is what was reviewed", async () => {
  const world = new World();
  const client = wanted("partner-a");
  await world.deploy({ clients: { "partner-a": client } });
  const run = world.deploy({ clients: { "partner-a": { ...client, profile: "server" } } });
  await expect(run).rejects.toMatchObject({ code: "desired-state-refused" });
  await expect(run).rejects.toThrow("client-changed");
});

describe("a client that disappears", () => {
  const prepared = async () => {
    const world = new World();
    const both = clients("partner-a", "partner-b");
    await world.deploy({ clients: both });
    return { world, both, only: { "partner-b": both["partner-b"] as DesiredClient } };
  };

  test("is refused while its certificate is good, and nothing has changed", async () => {
    const { world, only } = await prepared();
    const before = JSON.stringify([...world.bucket.versions].map(([key, all]) => [key, all.length]));
    world.deployDesired({ clients: only });
    const refused = world.apply(
      configuration([generation("g1"), generation("g2", "trusted")], { clients: only }),
    );
    await expect(refused).rejects.toMatchObject({ code: "client-removed" });
    await expect(refused).rejects.toThrow("partner-a (g1 0x");
    const after = [...world.bucket.versions].map(([key, all]) => [
      key,
      key === externalKeys.desiredState ? all.length - 1 : all.length,
    ]);
    expect(JSON.stringify(after)).toBe(before);
    expect(await world.ledger.generation("g2")).toBeUndefined();
  });

  test("may go when it was released before, and its certificate stays good", async () => {
    const { world, both, only } = await prepared();
    const released = { ...both, "partner-a": { ...both["partner-a"], released: true } as DesiredClient };
    await world.deploy({ clients: released });
    await world.deploy({ clients: only });
    expect((await world.latestCrl()).entries).toBe(0);
    // Coming back with the same request it has the certificate that it had.
    await world.deploy({ clients: both });
    expect(leaves(world)).toHaveLength(2);
  });

  test("may go when it is revoked, by command, by an earlier or by the same change", async () => {
    for (const how of ["command", "same"] as const) {
      const { world, only } = await prepared();
      const { serial } = await latestOf(world, "partner-a");
      const order = { action: "revoke", reason: "superseded" } as const;
      if (how === "command") granted(await world.revoke({ generation: "g1", serial, order }));
      const revoked = how === "same" ? [{ generation: "g1", serial, reason: "superseded" }] : [];
      await world.deploy({ clients: only, revoked });
      expect((await world.latestCrl()).find(serial)?.reason).toBe("superseded");
    }
  });

  test("on hold it may not go: a hold is no end", async () => {
    const { world, only } = await prepared();
    const { serial } = await latestOf(world, "partner-a");
    const order = { action: "revoke", reason: "certificateHold" } as const;
    granted(await world.revoke({ generation: "g1", serial, order }));
    expect(await codeOf(world.deploy({ clients: only }))).toBe("client-removed");
  });

  test("may go when its certificates have ended", async () => {
    const { world, only } = await prepared();
    world.clock.advance(91 * 86_400);
    await world.deploy({ clients: only });
  });

  test("a client that never was issued may be released and go", async () => {
    const world = new World();
    await world.deploy({ clients: { "partner-a": wanted("partner-a", undefined, { released: true }) } });
    expect(leaves(world)).toEqual([]);
    await world.deploy();
  });
});

describe("a revocation of the configuration", () => {
  const prepared = async (reason = "keyCompromise") => {
    const world = new World();
    const key = makeKeyPair("P-256");
    const desired = { clients: { "partner-a": wanted("partner-a", key) } };
    await world.deploy(desired);
    const { serial } = await latestOf(world, "partner-a");
    return { world, key, desired, serial, revoked: [{ generation: "g1", serial, reason }] };
  };

  test("is in the published CRL, once; the line that disappears revives nothing", async () => {
    const { world, desired, serial, revoked } = await prepared("superseded");
    const invalidSince = "2026-02-01T00:00:00.000Z";
    await world.deploy({ ...desired, revoked: revoked.map((one) => ({ ...one, invalidSince })) });
    const entry = (await world.latestCrl()).find(serial);
    expect([entry?.reason, entry?.invalidSince?.toISOString()]).toEqual(["superseded", invalidSince]);
    const { number } = await world.latestCrl();
    await world.deploy({ ...desired, revoked });
    expect((await world.latestCrl()).number).toBe(number);
    const result = await world.deploy(desired);
    expect((await world.latestCrl()).find(serial)?.reason).toBe("superseded");
    // What the file no longer says has become drift.
    expect(result.drift).toMatchObject([{ generation: "g1", serial, status: "revoked" }]);
  });

  test("is not issued again from the same request; a lost key is refused for ever, under any client", async () => {
    const { world, key, desired, revoked } = await prepared();
    await world.deploy({ ...desired, revoked });
    await world.deploy({ ...desired, revoked });
    expect(leaves(world)).toHaveLength(1);
    const again = { clients: { "partner-a": wanted("partner-a", key) }, revoked };
    await expect(world.deploy(again)).rejects.toThrow("key-compromised");
    const other = { clients: { ...desired.clients, "partner-b": wanted("partner-b", key) }, revoked };
    await expect(world.deploy(other)).rejects.toThrow("key-compromised");
    await world.deploy({ clients: { "partner-a": wanted("partner-a") }, revoked });
    expect(leaves(world)).toHaveLength(2);
  });

  test("by one change with a new request for the lost key: revoked first, then refused", async () => {
    const { world, key, revoked } = await prepared();
    const again = { clients: { "partner-a": wanted("partner-a", key) }, revoked };
    await expect(world.deploy(again)).rejects.toThrow("key-compromised");
    expect(leaves(world)).toHaveLength(1);
  });

  test("makes a hold final", async () => {
    const { world, desired, serial, revoked } = await prepared("superseded");
    const order = { action: "revoke", reason: "certificateHold" } as const;
    granted(await world.revoke({ generation: "g1", serial, order }));
    await world.deploy({ ...desired, revoked });
    expect((await world.latestCrl()).find(serial)?.reason).toBe("superseded");
  });

  test("of what nobody issued fails the run, and the others are revoked", async () => {
    const { world, desired, serial, revoked } = await prepared("superseded");
    const lines = [{ generation: "g1", serial: "4badc0de", reason: "superseded" }, ...revoked];
    const run = world.deploy({ ...desired, revoked: lines });
    await expect(run).rejects.toThrow("1 of the revocations: g1 0x4badc0de: unknown-serial");
    expect((await world.latestCrl()).find(serial)).toBeDefined();
  });
});

test("a revocation by command is drift until the file lists it, a hold until it is released", async () => {
  const world = new World();
  const desired = { clients: clients("partner-a", "partner-b") };
  await world.deploy(desired);
  const { serial } = await latestOf(world, "partner-a");
  const held = (await latestOf(world, "partner-b")).serial;
  const revoke = (of: string, reason: "superseded" | "certificateHold") =>
    world.revoke({ generation: "g1", serial: of, order: { action: "revoke", reason } });
  granted(await revoke(serial, "superseded"));
  granted(await revoke(held, "certificateHold"));
  const { drift } = await world.deploy(desired);
  expect(drift.map((one) => `${one.serial} ${one.status} ${one.subject}`).sort()).toEqual(
    [`${serial} revoked O=Example Ltd,CN=partner-a`, `${held} on-hold O=Example Ltd,CN=partner-b`].sort(),
  );
  expect(world.events.filter((one) => one.event === "drift")).toHaveLength(2);
  granted(await world.revoke({ generation: "g1", serial: held, order: { action: "release" } }));
  const listed = await world.deploy({
    ...desired,
    revoked: [{ generation: "g1", serial, reason: "superseded" }],
  });
  expect(listed.drift).toEqual([]);
});

test("an operator's report is the same, changes nothing, and needs no lease", async () => {
  const world = new World();
  expect(await codeOf(world.reconcile({ action: "report" }))).toBe("not-ready");
  await world.deploy({ clients: clients("partner-a") });
  await world.ledger.takeLease("reconcile", "other", world.clock.now(), new Date("2027-01-01Z"));
  world.clock.advance(61 * 86_400);
  expect(await world.reconcile({ action: "report" })).toMatchObject({
    drift: [],
    clientNotices: [{ client: "partner-a", why: "expiring" }],
  });
});

describe("a client needs a new request", () => {
  test.each([
    ["two thirds of its life", 59, []],
    ["its last month and its last third", 61, ["expiring"]],
    ["its end", 90, ["expired"]],
  ])("after %s", async (_what, days, expected) => {
    const world = new World();
    await world.deploy({ clients: clients("partner-a") });
    world.clock.advance(days * 86_400);
    const { clientNotices } = (await world.reconcile({ action: "renew" })) as RenewResult;
    expect(clientNotices.map((one) => one.why)).toEqual(expected);
  });

  test("when it is revoked or on hold, or of a generation that is not active any more", async () => {
    const world = new World();
    const desired = { clients: clients("partner-a", "partner-b", "partner-c") };
    await world.deploy(desired);
    const order = (reason: "superseded" | "certificateHold") => ({ action: "revoke", reason }) as const;
    const { serial } = await latestOf(world, "partner-a");
    granted(await world.revoke({ generation: "g1", serial, order: order("superseded") }));
    const held = await latestOf(world, "partner-b");
    granted(await world.revoke({ generation: "g1", serial: held.serial, order: order("certificateHold") }));
    const steps = [
      [generation("g1"), generation("g2", "trusted")],
      [generation("g1", "trusted"), generation("g2")],
    ];
    for (const step of steps) await world.deploy(desired, undefined, step);
    const { clientNotices } = await world.deploy(desired, undefined, steps[1]);
    expect(clientNotices.map((one) => `${one.client} ${one.why}`)).toEqual([
      "partner-a revoked",
      "partner-b on-hold",
      "partner-c older-generation",
    ]);
    // Its new request is answered by the new generation.
    const renewed = { clients: { ...desired.clients, ...clients("partner-c") } };
    const { clientNotices: left } = await world.deploy(renewed, undefined, steps[1]);
    expect(left.map((one) => one.client)).toEqual(["partner-a", "partner-b"]);
    expect((await latestOf(world, "partner-c")).generation).toBe("g2");
  });
});

describe("the desired state", () => {
  test("is believed by its hash only", async () => {
    const world = new World();
    await world.deploy({ clients: clients("partner-a") });
    world.bucket.overwrite(externalKeys.desiredState, desiredObject({ clients: clients("intruder") }).body);
    expect(await codeOf(world.apply(configuration([generation("g1")], {})))).toBe("desired-state");
    world.bucket.overwrite(externalKeys.desiredState);
    expect(await codeOf(world.apply())).toBe("desired-state");
    expect(leaves(world)).toHaveLength(1);
  });

  const malformed: readonly (readonly [string, object])[] = [
    ["an unknown key", { clients: { "partner-a": { ...wanted("partner-a"), subject: "CN=root" } } }],
    ["a name that is none", { clients: { "../partner": wanted("partner-a") } }],
    ["no request", { clients: { "partner-a": { profile: "client" } } }],
    ["a hold", { revoked: [{ generation: "g1", serial: "4a", reason: "certificateHold" }] }],
    [
      "a decimal serial of odd length",
      { revoked: [{ generation: "g1", serial: "123", reason: "superseded" }] },
    ],
  ];
  test.each(malformed)("with %s is refused whole", async (_what, desired) => {
    const world = new World();
    expect(await codeOf(world.deploy(desired))).toBe("request");
    expect(await world.ledger.generations()).toEqual([]);
  });
});

describe("hundreds of clients", () => {
  const many = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`partner-${index}`, wanted(`partner-${index}`)] as const),
  );

  test("a run that has no time left stops between two groups; the next one goes on", async () => {
    const world = new World();
    await world.deploy();
    let calls = 0;
    const counting = (call: { port: string }, effect: () => Promise<unknown>) => {
      if (call.port === "functions" && ++calls === 16) world.remainingSeconds = 100;
      return effect();
    };
    expect(await codeOf(world.deploy({ clients: many }, counting))).toBe("unfinished");
    expect(leaves(world)).toHaveLength(16);
    world.remainingSeconds = 600;
    await world.deploy({ clients: many });
    expect(leaves(world)).toHaveLength(40);
    expect(calls).toBe(16);
    await expectAlwaysTrue(world);
  });

  test("a fault of one leaves the others their certificates, and none is doubled by the next run", async () => {
    const world = new World();
    await world.deploy();
    expect(await codeOf(world.deploy({ clients: many }, failingAt(30, "before")))).not.toBe("done");
    await world.deploy({ clients: many });
    expect(leaves(world).filter((one) => one.issuedAt)).toHaveLength(40);
  });
});

describe("ca-issue cut short at any call", () => {
  test.each(["before", "after"] as const)("%s it took effect: one certificate in the end", async (when) => {
    const desired = { clients: clients("partner-a") };
    let index = 0;
    for (let struck = true; struck; index++) {
      const world = new World();
      await world.deploy();
      struck = false;
      const fail = failingAt(index, when);
      world.issueDisturbance = (call, effect) => {
        struck ||= call.index === index;
        return fail(call, effect);
      };
      const outcome = await codeOf(world.deploy(desired));
      world.issueDisturbance = (_call, effect) => effect();
      if (struck) expect({ index, outcome }).not.toEqual({ index, outcome: "done" });
      await world.deploy(desired);
      await expectAlwaysTrue(world);
      expect(leaves(world).filter((one) => one.issuedAt)).toHaveLength(1);
      expect(world.bucket.keys("certs/g1/")).toHaveLength(1);
      const { serial } = await latestOf(world, "partner-a");
      expect(world.bucket.keys("certs/g1/")).toEqual([externalKeys.leafCertificate("g1", serial)]);
    }
    expect(index).toBeGreaterThan(8);
  });

  test("what the bucket holds under a recorded serial is believed only when our CA signed it", async () => {
    const world = new World();
    await world.deploy();
    const desired = { clients: clients("partner-a") };
    world.issueDisturbance = failing("sign");
    expect(await codeOf(world.deploy(desired))).not.toBe("done");
    world.issueDisturbance = (_call, effect) => effect();
    const { serial } = await latestOf(world, "partner-a");
    const forged = await world.bucket.get(externalKeys.caCertificate("g1", "issuing"));
    world.bucket.overwrite(externalKeys.leafCertificate("g1", serial), forged?.body as Buffer);
    expect(await codeOf(world.deploy(desired))).toBe("ledger-inconsistent");
  });
});

const failing =
  (method: string) =>
  async (call: { readonly method: string }, effect: () => Promise<unknown>): Promise<unknown> => {
    if (call.method === method) throw new Error("no answer");
    return effect();
  };

test("asked twice for one client's request, ca-issue answers the same certificate", async () => {
  const world = new World();
  const desired = { clients: clients("partner-a") };
  await world.deploy(desired);
  const calm = (_call: unknown, effect: () => Promise<unknown>) => effect();
  const ask = { ...(desired.clients["partner-a"] as DesiredClient), client: "partner-a" };
  const again = granted(await world.issue(ask, calm, "reconcile"));
  expect(again.serial).toBe((await latestOf(world, "partner-a")).serial);
  expect(leaves(world)).toHaveLength(1);
  expect(refusalOf(await world.issue(ask, calm, "operator"))).toBe("not-permitted");
});
