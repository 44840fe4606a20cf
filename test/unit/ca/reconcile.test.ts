/** The configured state, brought about once; and what the ledger forbids a configuration to do. */
import { createHash } from "node:crypto";
import { patiently } from "#ca/patience.ts";
import { Denied } from "#ca/ports.ts";
import type { GenerationConfiguration } from "#contract/ca-requests.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { formatName } from "#pki/name.ts";
import { decodePem } from "#pki/pem.ts";
import { makeKeyPair } from "#test/support/hierarchy.ts";
import { expectAlwaysTrue } from "./always-true.ts";
import { configuration, generation, granted, request, World } from "./world.ts";

test("the answer is the truststore as it lies in the bucket, and the issuers by fingerprint", async () => {
  const world = new World();
  const result = await world.apply();
  const object = await world.bucket.get(externalKeys.truststore);
  expect(result.truststore).toEqual({
    uri: "s3://external/truststore.pem",
    version: object?.version,
    sha256: createHash("sha256")
      .update(object?.body as Buffer)
      .digest("hex"),
  });
  const [issuing, root] = decodePem(String(object?.body), "CERTIFICATE").map(parseCertificate);
  expect(result.issuers).toEqual([
    {
      generation: "g1",
      issuingFingerprint: issuing?.fingerprint,
      issuingCrlKey: "crl/g1-issuing.crl",
      rootFingerprint: root?.fingerprint,
      rootCrlKey: "crl/g1-root.crl",
    },
  ]);
});

test("root for ten years, issuing CA for five, names with environment and generation", async () => {
  const world = new World();
  await world.apply();
  const root = await world.certificateOf("g1", "root");
  const issuing = await world.certificateOf("g1", "issuing");
  expect(formatName(root.subject)).toBe("O=Example Ltd,CN=test root CA g1");
  expect(formatName(issuing.subject)).toBe("O=Example Ltd,CN=test issuing CA g1");
  expect(root.notAfter.toISOString()).toBe("2036-03-01T12:00:00.000Z");
  expect(issuing.notAfter.toISOString()).toBe("2031-03-01T12:00:00.000Z");
  expect(issuing.basicConstraints).toEqual({ ca: true, pathLength: 0 });
});

test.each(["root", "issuing"] as const)(
  "a %s certificate that the bucket alone knows is not made anew: the ledger was lost",
  async (which) => {
    const old = new World();
    await old.apply();
    const { der } = await old.certificateOf("g1", which);
    const world = new World();
    world.bucket.overwrite(externalKeys.caCertificateDer("g1", which), der);
    // Both worlds draw their keys in one order.
    await expect(world.apply()).rejects.toMatchObject({ code: "ledger-lost" });
    expect(world.bucket.versions.get(externalKeys.truststore)).toBeUndefined();
  },
);

test("what else lies in its place is replaced", async () => {
  const world = new World();
  const other = new World();
  await other.apply(configuration([generation("g7"), generation("g1", "trusted")]));
  world.bucket.overwrite(externalKeys.caCertificateDer("g1", "root"), Buffer.from("no certificate"));
  const { der } = await other.certificateOf("g1", "issuing");
  world.bucket.overwrite(externalKeys.caCertificateDer("g1", "issuing"), der);
  await world.apply();
  expect((await world.certificateOf("g1", "issuing")).der.equals(der)).toBe(false);
});

test("running it twice changes nothing and answers the same", async () => {
  const world = new World();
  const first = await world.apply();
  const versions = () => [...world.bucket.versions].map(([key, all]) => [key, all.length]);
  const before = versions();
  const certificates = world.ledger.certificates.length;
  world.clock.advance(3600);
  expect(await world.apply()).toEqual(first);
  expect(versions()).toEqual(before);
  expect(world.ledger.certificates).toHaveLength(certificates);
});

test("CRLs are there before the truststore admits their certificates", async () => {
  const world = new World();
  const puts: string[] = [];
  const { put } = world.bucket;
  world.bucket.put = (key, ...rest) => {
    puts.push(key);
    return put.call(world.bucket, key, ...rest);
  };
  await world.apply();
  expect(puts.at(-1)).toBe("truststore.pem");
  expect(puts).toEqual(expect.arrayContaining(["crl/g1-root.crl", "crl/g1-issuing.crl"]));
});

test("a truststore that somebody else wrote is replaced, and the new version is the one that is pinned", async () => {
  const world = new World();
  const first = await world.apply();
  world.bucket.overwrite(externalKeys.truststore, Buffer.from("their own"));
  const second = await world.apply();
  expect(second.truststore.sha256).toBe(first.truststore.sha256);
  expect(second.truststore.version).toBe("truststore.pem@3");
});

test("a root CRL is renewed when less than half of its life is left, not before", async () => {
  const world = new World();
  await world.apply();
  const count = () => world.bucket.versions.get(externalKeys.rootCrl("g1"))?.length;
  world.clock.advance(44 * 86_400);
  await world.reconcile({ action: "renew" });
  expect(count()).toBe(1);
  world.clock.advance(2 * 86_400);
  expect(await world.reconcile({ action: "renew" })).toMatchObject({
    rootCrls: [{ generation: "g1", number: 2 }],
  });
  expect(count()).toBe(2);
  expect(await new World().reconcile({ action: "renew" })).toEqual({
    rootCrls: [],
    drift: [],
    clientNotices: [],
  });
});

describe("rotation", () => {
  const g1 = generation("g1");
  const steps = {
    first: [g1],
    added: [g1, generation("g2", "trusted")],
    switched: [generation("g1", "trusted"), generation("g2")],
    retired: [{ ...generation("g1", "retired"), retireWithValidCertificates: true }, generation("g2")],
  };

  test("trusted → active → retired: both are accepted in between, then the new one alone", async () => {
    const world = new World();
    const accepted = [];
    for (const step of Object.values(steps)) {
      const { issuers } = await world.apply(configuration(step));
      accepted.push(issuers.map((one) => one.generation).join("+"));
      const inTruststore = decodePem(String((await world.bucket.get("truststore.pem"))?.body), "CERTIFICATE");
      expect(inTruststore).toHaveLength(2 * issuers.length);
    }
    expect(accepted).toEqual(["g1", "g1+g2", "g1+g2", "g2"]);
    await expectAlwaysTrue(world);
  });

  const forbidden: readonly (readonly [string, readonly GenerationConfiguration[], string])[] = [
    [
      "a generation that no truststore has held issues nothing",
      [generation("g1", "trusted"), generation("g2")],
      "generation-not-yet-trusted",
    ],
    [
      "a generation with valid certificates is not retired",
      [generation("g1", "retired"), generation("g2")],
      "generation-in-use",
    ],
    ["a generation with valid certificates is not removed", [generation("g2")], "generation-removed"],
    [
      "a generation keeps its root key",
      [{ ...g1, rootKeyArn: generation("g9").rootKeyArn }],
      "generation-keys-changed",
    ],
    [
      "a generation keeps its issuing key",
      [{ ...g1, issuingKeyArn: generation("g9").rootKeyArn }],
      "generation-keys-changed",
    ],
    [
      "no two CAs share a key",
      [g1, { ...generation("g2", "trusted"), issuingKeyArn: g1.issuingKeyArn }],
      "key-of-another-name",
    ],
  ];

  test.each(forbidden)("%s", async (_what, wanted, code) => {
    const world = new World();
    await world.apply();
    await world.issued(request("partner-a"));
    await expect(world.apply(configuration(wanted))).rejects.toMatchObject({ name: "Refused", code });
    // What was, goes on.
    granted(await world.issue(request("partner-b")));
    expect((await world.apply()).issuers).toHaveLength(1);
  });

  test("retiring waits for the last valid certificate: replaced, revoked, or ended", async () => {
    const world = new World();
    await world.apply();
    const { serial } = await world.issued({ ...request("partner-a"), validSeconds: 3600 });
    const { serial: other } = await world.issued(request("partner-b"));
    await world.apply(configuration(steps.added));
    await world.apply(configuration(steps.switched));
    const retire = () => world.apply(configuration([generation("g1", "retired"), generation("g2")]));
    await expect(retire()).rejects.toMatchObject({ code: "generation-in-use" });
    world.clock.advance(3601);
    await expect(retire()).rejects.toMatchObject({ code: "generation-in-use" });
    const order = { action: "revoke", reason: "superseded" } as const;
    granted(await world.revoke({ generation: "g1", serial: other, order }));
    expect((await retire()).issuers.map((one) => one.generation)).toEqual(["g2"]);
    expect(serial).not.toBe(other);
    // Out of the configuration only when its CRL need not go on.
    await expect(world.apply(configuration([generation("g2")]))).rejects.toMatchObject({
      code: "generation-removed",
    });
    world.clock.advance(91 * 86_400);
    await world.apply(configuration([generation("g2")]));
  });
});

test("a run that another one keeps waiting is refused; a dead one's lease runs out", async () => {
  const world = new World();
  const { clock, ledger } = world;
  await ledger.takeLease("reconcile", "dead", clock.now(), new Date(clock.now().getTime() + 150_000));
  await world.apply();
  expect(clock.now().getTime() - Date.parse("2026-03-01T12:00:00Z")).toBeGreaterThan(150_000);
  await ledger.takeLease("reconcile", "stuck", clock.now(), new Date("2027-01-01Z"));
  await expect(world.apply()).rejects.toMatchObject({ code: "busy" });
});

test("a run whose lease was taken over stops between two steps", async () => {
  const world = new World();
  let calls = 0;
  const { takeLease } = world.ledger;
  world.ledger.takeLease = (...args) =>
    ++calls > 2 ? Promise.resolve(false) : takeLease.apply(world.ledger, args);
  await expect(world.apply()).rejects.toMatchObject({ code: "lease-lost" });
  expect(await world.bucket.get(externalKeys.truststore)).toBeUndefined();
});

describe("a denied call is tried again for 90 seconds", () => {
  const deniedUntil = (world: World, seconds: number, failure: () => Error) => {
    const { sign } = world.signer;
    const end = world.clock.now().getTime() + seconds * 1000;
    world.signer.sign = async (...args) => {
      if (world.clock.now().getTime() < end) throw failure();
      return sign.apply(world.signer, args);
    };
  };

  test("granted after 80 seconds: the run goes on", async () => {
    const world = new World();
    deniedUntil(world, 80, () => new Denied("not yet"));
    await world.apply();
  });

  test("denied for longer: a fault, and 90 seconds have passed", async () => {
    const world = new World();
    const start = world.clock.now().getTime();
    deniedUntil(world, 1000, () => new Denied("never"));
    await expect(world.apply()).rejects.toThrow("never");
    const seconds = (world.clock.now().getTime() - start) / 1000;
    expect(seconds).toBeGreaterThan(80);
    expect(seconds).toBeLessThanOrEqual(90);
  });

  test("every other failure is a fault at once", async () => {
    const world = new World();
    const start = world.clock.now();
    await expect(
      patiently(world.clock, async () => {
        throw new Error("throttled");
      }),
    ).rejects.toThrow("throttled");
    expect(world.clock.now()).toEqual(start);
  });
});

test("the root revokes an issuing certificate for ever; its CRL says so, and nothing is issued any more", async () => {
  const world = new World();
  await world.apply();
  const order = { action: "revoke-issuing", generation: "g1", reason: "cACompromise" } as const;
  const first = await world.reconcile(order);
  expect(first).toMatchObject({ generation: "g1", reason: "cACompromise", crlNumber: 2 });
  world.clock.advance(60);
  expect(await world.reconcile({ ...order, reason: "superseded" })).toEqual(first);
  await expect(world.reconcile({ ...order, generation: "g7" })).rejects.toMatchObject({
    code: "unknown-generation",
  });
  expect(await world.issue(request("partner-a", makeKeyPair("P-256")))).toMatchObject({
    refused: { code: "issuing-certificate-revoked" },
  });
});
