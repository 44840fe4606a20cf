/** The life of a revocation, from the order to the published CRL. */
import { applyOrder, mayLeave, type Revocation, type RevocationOrder } from "#ca/revocation.ts";
import { makeKeyPair } from "#test/support/hierarchy.ts";
import { configuration, generation, granted, refusalOf, request, World } from "./world.ts";

const now = new Date("2026-03-01T12:00:00Z");
const earlier = new Date("2026-02-01T12:00:00Z");
const certificate = { serial: "4a", notAfter: new Date("2026-06-01T00:00:00Z") };
const base = { ...certificate, revokedAt: earlier, revision: 3 };
const states = {
  none: undefined,
  "on hold": { ...base, state: "on-hold", reason: "certificateHold" },
  revoked: { ...base, state: "revoked", reason: "superseded" },
  released: { ...base, state: "released", reason: "certificateHold", releasedAt: earlier },
} as const satisfies Record<string, Revocation | undefined>;
const orders = {
  hold: { action: "revoke", reason: "certificateHold" },
  revoke: { action: "revoke", reason: "keyCompromise" },
  release: { action: "release" },
} as const satisfies Record<string, RevocationOrder>;

const transitions: readonly (readonly [keyof typeof states, keyof typeof orders, string])[] = [
  ["none", "hold", "on-hold certificateHold now"],
  ["none", "revoke", "revoked keyCompromise now"],
  ["none", "release", "refused not-on-hold"],
  ["on hold", "hold", "unchanged"],
  ["on hold", "revoke", "revoked keyCompromise now"],
  ["on hold", "release", "released certificateHold then"],
  ["revoked", "hold", "unchanged"],
  ["revoked", "revoke", "unchanged"],
  ["revoked", "release", "refused revoked-is-final"],
  ["released", "hold", "on-hold certificateHold now"],
  ["released", "revoke", "revoked keyCompromise now"],
  ["released", "release", "unchanged"],
];

test.each(transitions)("%s + %s → %s", (from, order, expected) => {
  expect(outcome(states[from], orders[order])).toBe(expected);
});

function outcome(current: Revocation | undefined, order: RevocationOrder): string {
  try {
    const next = applyOrder(current, order, certificate, now);
    if (next === current) return "unchanged";
    expect(next.revision).toBe((current?.revision ?? 0) + 1);
    if (next.state === "released") expect(next.releasedAt).toEqual(now);
    return `${next.state} ${next.reason} ${next.revokedAt === now ? "now" : "then"}`;
  } catch (error) {
    return `refused ${(error as { code: string }).code}`;
  }
}

const heldEntry = { serial: "4a", revokedAt: earlier, reason: "certificateHold" } as const;
const finalEntry = { serial: "4a", revokedAt: earlier, reason: "superseded" } as const;
const leaving: readonly (readonly [
  string,
  typeof heldEntry | typeof finalEntry,
  Revocation | undefined,
  boolean,
])[] = [
  ["an entry that the ledger never heard of", finalEntry, undefined, false],
  ["an entry that the ledger knows", finalEntry, states.revoked, true],
  ["a hold that became final", heldEntry, states.revoked, true],
  ["a final entry that the ledger knows as a hold", finalEntry, states["on hold"], false],
  ["a hold that was released", heldEntry, states.released, true],
  [
    "a hold that was released before it began",
    heldEntry,
    { ...states.released, releasedAt: new Date(0) },
    false,
  ],
  ["a final entry that the ledger knows as released", finalEntry, states.released, false],
  ["an entry whose certificate has ended", finalEntry, { ...states.revoked, notAfter: earlier }, true],
];

test.each(leaving)("may leave the CRL as it was: %s → %#", (_what, entry, ledger, expected) => {
  expect(mayLeave(entry, ledger, now, 600)).toBe(expected);
});

async function deployed(): Promise<{ world: World; serial: string }> {
  const world = new World();
  await world.apply();
  return { world, serial: (await world.issued(request("partner-a"))).serial };
}

test("the answer comes when the published CRL holds the serial, with its number", async () => {
  const { world, serial } = await deployed();
  const result = granted(await world.revoke({ generation: "g1", serial, order: orders.revoke }));
  const crl = await world.latestCrl();
  expect(result).toEqual({
    generation: "g1",
    serial,
    status: "revoked",
    reason: "keyCompromise",
    revokedAt: "2026-03-01T12:00:00.000Z",
    crlNumber: Number(crl.number),
  });
  expect(crl.find(serial)).toEqual({ serial, reason: "keyCompromise", revokedAt: now });
});

test("revoking twice keeps the first reason and time", async () => {
  const { world, serial } = await deployed();
  const first = granted(await world.revoke({ generation: "g1", serial, order: orders.revoke }));
  world.clock.advance(3600);
  const order = { action: "revoke", reason: "superseded" } as const;
  const second = granted(await world.revoke({ generation: "g1", serial, order }));
  expect({ ...second, crlNumber: 0 }).toEqual({ ...first, crlNumber: 0 });
  expect((await world.latestCrl()).find(serial)?.revokedAt).toEqual(now);
});

test("a serial that nobody issued is refused, not skipped, and so is another generation's", async () => {
  const { world, serial } = await deployed();
  const ask = async (generation: string, of: string) =>
    refusalOf(await world.revoke({ generation, serial: of, order: orders.revoke }));
  expect(await ask("g1", "4badc0de")).toBe("unknown-serial");
  expect(await ask("g2", serial)).toBe("unknown-generation");
  await world.apply(configuration([generation("g1"), generation("g2", "trusted")]));
  expect(await ask("g2", serial)).toBe("unknown-serial");
  expect((await world.latestCrl()).entries).toBe(0);
});

test("a key that is lost in the future is a mistake; one that was lost before is written down", async () => {
  const { world, serial } = await deployed();
  const since = (text: string) => ({ ...orders.revoke, invalidSince: new Date(text) });
  const wrong = await world.revoke({ generation: "g1", serial, order: since("2026-03-01T12:00:01Z") });
  expect(refusalOf(wrong)).toBe("request");
  granted(await world.revoke({ generation: "g1", serial, order: since("2026-02-01T00:00:00Z") }));
  expect((await world.latestCrl()).find(serial)?.invalidSince?.toISOString()).toBe(
    "2026-02-01T00:00:00.000Z",
  );
});

test("a certificate that ended long ago can still be revoked, for its key's sake", async () => {
  const { world } = await deployed();
  const key = makeKeyPair("P-256");
  const { serial } = await world.issued({ ...request("partner-b", key), validSeconds: 60 });
  world.clock.advance(86_400);
  granted(await world.revoke({ generation: "g1", serial, order: orders.revoke }));
  expect((await world.latestCrl()).find(serial)).toBeUndefined();
  expect(refusalOf(await world.issue(request("partner-b", key)))).toBe("key-compromised");
});

test("when nothing can be published the order is a fault, and the ledger keeps it", async () => {
  const { world, serial } = await deployed();
  world.publishDisturbance = async () => {
    throw new Error("KMS is down");
  };
  const order = { generation: "g1", serial, order: orders.revoke };
  await expect(world.revoke(order)).rejects.toMatchObject({ code: "revocation-not-published" });
  world.publishDisturbance = (_call, effect) => effect();
  await world.publish();
  expect((await world.latestCrl()).find(serial)).toBeDefined();
});

test("an answer of ca-publish that names no CRL of the generation is no proof", async () => {
  const { world, serial } = await deployed();
  world.answerInvocationsWith({ published: [] });
  const order = { generation: "g1", serial, order: orders.revoke };
  await expect(world.revoke(order)).rejects.toMatchObject({ code: "revocation-not-published" });
});
