/** What leaves the CA: which events, which fields, which measures; and when the end of a certificate is told. */
import { caEvents, expiryDays, toNotification } from "#contract/ca-events.ts";
import { toMetric } from "#contract/ca-metrics.ts";
import type { Disturbance } from "./disturbance.ts";
import { request, World } from "./world.ts";

const run = { function: "ca-issue", requestId: "r-1" } as const;
const now = new Date("2026-03-01T12:00:00Z");

describe("an event of the log", () => {
  test("that nobody else should know stays in the log", () => {
    for (const event of ["crl-published", "fault", "unchanged", "toString", "__proto__"])
      expect(toNotification(event, { code: "x" }, run)).toBeUndefined();
  });

  test.each(Object.keys(caEvents))("%s goes out with its listed fields only, texts cut", (event) => {
    const hostile = {
      pem: "-----BEGIN PRIVATE KEY-----",
      certificate: "-----BEGIN CERTIFICATE-----",
      csr: "x",
      message: "x",
      cause: "x",
    };
    const listed = Object.fromEntries(
      (caEvents[event]?.fields ?? []).map((name) => [name, "v".repeat(5000)]),
    );
    const notification = toNotification(event, { ...hostile, ...listed }, run);
    expect(Object.keys(notification?.detail ?? {}).sort()).toEqual(
      ["function", "requestId", ...Object.keys(listed)].sort(),
    );
    expect(Object.values(notification?.detail ?? {}).every((value) => String(value).length <= 1000)).toBe(
      true,
    );
    expect(Object.keys(listed).filter((name) => /pem|key|csr|message|certificate$/i.test(name))).toEqual([]);
  });

  test("carries no objects: a field that is none of text, number or switch is left out", () => {
    const fields = { generation: { pem: "x" }, serial: Buffer.from("x"), days: 30, subject: "CN=a" };
    expect(toNotification("expiring", fields, run)?.detail).toEqual({ ...run, subject: "CN=a", days: 30 });
  });
});

describe("a measure", () => {
  test.each([
    ["crl-published", "crl/g1-issuing.crl", "g1-issuing"],
    ["crl-current", "crl/g1-root.crl", "g1-root"],
  ])("%s of %s says how long the CRL is still good", (event, key, crl) => {
    const fields = { generation: "g1", key, nextUpdate: "2026-03-02T12:00:00.000Z" };
    expect(toMetric(event, fields, "dev-ca", now)).toEqual({
      _aws: {
        Timestamp: now.getTime(),
        CloudWatchMetrics: [
          {
            Namespace: "MtlsApi/CA",
            Dimensions: [["Authority", "Crl"]],
            Metrics: [{ Name: "CrlSecondsLeft", Unit: "Seconds" }],
          },
        ],
      },
      Authority: "dev-ca",
      Crl: crl,
      CrlSecondsLeft: 86_400,
    });
  });

  test("is not made of what is no time, nor of other events", () => {
    expect(toMetric("crl-published", { generation: "g1", key: "x" }, "dev-ca", now)).toBeUndefined();
    expect(toMetric("issued", { generation: "g1" }, "dev-ca", now)).toBeUndefined();
  });
});

describe("the end of a certificate", () => {
  const daySeconds = 86_400;
  const expiring = ({ events }: World) =>
    events.filter((one) => one.event === "expiring").map(({ fields }) => [fields.serial, fields.days]);

  async function worldWithLeaf(): Promise<{ world: World; serial: string }> {
    const world = new World();
    await world.apply();
    const { serial } = await world.issued(request("partner-a"));
    return { world, serial };
  }

  test("is told at each step once, by daily runs that wander", async () => {
    const { world, serial } = await worldWithLeaf();
    for (let day = 1; day <= 95; day++) {
      world.clock.advance(daySeconds + (day % 2 === 0 ? 600 : -600));
      await world.reconcile({ action: "renew" });
    }
    expect(expiring(world)).toEqual(expiryDays.map((days) => [serial, days]));
  });

  test("is told late where runs were missed: the last step only", async () => {
    const { world, serial } = await worldWithLeaf();
    world.clock.advance(50 * daySeconds);
    await world.reconcile({ action: "renew" });
    world.clock.advance(35 * daySeconds);
    await world.reconcile({ action: "renew" });
    await world.reconcile({ action: "renew" });
    expect(expiring(world)).toEqual([[serial, 7]]);
  });

  test("is not told of what is revoked, nor of what was never signed", async () => {
    const { world, serial } = await worldWithLeaf();
    await world.revoke({ generation: "g1", serial, order: { action: "revoke", reason: "superseded" } });
    const noSignature: Disturbance = (call, effect) => {
      if (call.port === "signer") throw new Error("KMS is down");
      return effect();
    };
    await expect(world.issue(request("partner-b"), noSignature)).rejects.toThrow("KMS is down");
    expect(world.ledger.certificates).toHaveLength(4);
    world.clock.advance(60 * daySeconds - 600);
    await world.reconcile({ action: "renew" });
    world.clock.advance(daySeconds);
    await world.reconcile({ action: "renew" });
    expect(expiring(world)).toEqual([]);
  });

  test("is not told where the issuing certificate itself is revoked", async () => {
    const { world } = await worldWithLeaf();
    await world.reconcile({ action: "revoke-issuing", generation: "g1", reason: "cACompromise" });
    world.clock.advance(61 * daySeconds);
    await world.reconcile({ action: "renew" });
    expect(expiring(world)).toEqual([]);
  });

  test("steps before its own beginning are not told", async () => {
    const world = new World();
    await world.apply();
    await world.reconcile({ action: "renew" });
    const { serial } = await world.issued({ ...request("partner-a"), validSeconds: 10 * daySeconds });
    for (let day = 0; day < 11; day++) {
      world.clock.advance(daySeconds);
      await world.reconcile({ action: "renew" });
    }
    expect(expiring(world)).toEqual([
      [serial, 7],
      [serial, 1],
    ]);
  });
});
