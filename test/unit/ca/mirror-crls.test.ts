/** ca-mirror: what reaches the external bucket is newer, verified and believable; everything else fails the run. */
import { createHash } from "node:crypto";
import { type MirrorDependencies, type MirroredList, mirrorCrls } from "#ca/mirror-crls.ts";
import { mirroredLists } from "#ca/mirrored-lists.ts";
import { type MirrorConfiguration, parseMirrorConfiguration } from "#contract/mirror.ts";
import { openCrl } from "#pki/crl/open.ts";
import { prepareCrl } from "#pki/crl/write.ts";
import { encodePem } from "#pki/pem.ts";
import { makeHierarchy, type Signed, signWith } from "#test/support/hierarchy.ts";
import { disturbed, failingAt } from "./disturbance.ts";
import { MemoryBucket, MemoryClock } from "./memory-ports.ts";

const start = new Date("2026-03-01T12:00:00Z");
const minute = 60_000;
const later = (milliseconds: number) => new Date(start.getTime() + milliseconds);
const ours = makeHierarchy({ now: start });
const stranger = makeHierarchy({ now: start });
const key = "crl/g1-issuing.crl";
const rootKey = "crl/g1-root.crl";
const source = { bucket: "other", key: "issuing.crl", region: "eu-west-2" };
const rootSource = { bucket: "other", key: "root.crl", region: "eu-west-2" };

const revoked = { serial: "0a", revokedAt: start, reason: "keyCompromise" as const };

interface Made {
  readonly number?: number;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  readonly entries?: readonly (typeof revoked)[];
  readonly by?: Signed;
  readonly signedBy?: Signed;
}

function crl(made: Made = {}): Buffer {
  const { number = 1, thisUpdate = start, nextUpdate = later(24 * 60 * minute), entries = [] } = made;
  const { by = ours.issuing, signedBy = by } = made;
  return signWith(
    signedBy.privateKey,
    prepareCrl({ issuer: by.certificate, number, thisUpdate, nextUpdate, entries }),
  );
}

function world(objects: Readonly<Record<string, Buffer>>) {
  const clock = new MemoryClock(start.toISOString());
  const bucket = new MemoryBucket();
  const found = new Map(Object.entries(objects));
  const logged: string[] = [];
  const dependencies: MirrorDependencies = {
    fetch: async (from) => found.get(from.key),
    ...{ bucket, clock, log: (event) => void logged.push(event) },
  };
  return { bucket, clock, found, logged, dependencies };
}

const list: MirroredList = {
  ...{ generation: "g1", key, source, issuer: ours.issuing.certificate, maxAgeSeconds: 3 * 3600 },
};
const rootList: MirroredList = {
  ...{ generation: "g1", key: rootKey, source: rootSource, issuer: ours.root.certificate },
  maxAgeSeconds: 400 * 24 * 3600,
};

const numberIn = async (bucket: MemoryBucket) => {
  const object = await bucket.get(key);
  return object && openCrl(object.body, ours.issuing.certificate).number;
};

test.each([
  ["DER", crl({ entries: [revoked] })],
  ["PEM", Buffer.from(encodePem("X509 CRL", crl({ entries: [revoked] })))],
])("a fresh list of the issuer is copied, as DER (source: %s)", async (_form, bytes) => {
  const { bucket, dependencies } = world({ "issuing.crl": bytes });
  const { crls } = await mirrorCrls(dependencies, [list]);
  expect(crls).toEqual([
    { key, number: "1", entries: 1, nextUpdate: later(24 * 60 * minute).toISOString(), copied: true },
  ]);
  const copied = (await bucket.get(key))?.body ?? Buffer.alloc(0);
  expect(openCrl(copied, ours.issuing.certificate).find("0a")).toMatchObject({ reason: "keyCompromise" });
});

test("the same list again changes nothing", async () => {
  const { bucket, dependencies } = world({ "issuing.crl": crl() });
  await mirrorCrls(dependencies, [list]);
  expect((await mirrorCrls(dependencies, [list])).crls[0]?.copied).toBe(false);
  expect(bucket.versions.get(key)).toHaveLength(1);
});

test("a list of a greater number replaces the older one", async () => {
  const { bucket, found, dependencies } = world({ "issuing.crl": crl() });
  await mirrorCrls(dependencies, [list]);
  found.set("issuing.crl", crl({ number: 2, entries: [revoked] }));
  await mirrorCrls(dependencies, [list]);
  expect(await numberIn(bucket)).toBe(2n);
});

describe("the published list stays, and the run fails,", () => {
  const published = crl({ number: 5, thisUpdate: later(-minute), entries: [revoked] });
  const flipped = Buffer.from(crl({ number: 6 }));
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
  const rows: [string, Buffer | undefined, RegExp][] = [
    ["when there is no source", undefined, /source-missing/],
    ["when the source's number is smaller", crl({ number: 4 }), /crl-number-not-greater/],
    ["when another list has the same number", crl({ number: 5 }), /crl-number-not-greater/],
    [
      "when the number grows and the date goes back",
      crl({ number: 6, thisUpdate: later(-10 * minute) }),
      /crl-number-not-greater/,
    ],
    [
      "when the source is another CA's",
      crl({ number: 6, by: stranger.issuing }),
      /source-not-acceptable.*(issuer|signature|key)/,
    ],
    [
      "when it bears our issuer's name and another's signature",
      crl({ number: 6, signedBy: stranger.issuing }),
      /source-not-acceptable.*signature/,
    ],
    ["when it is the root's list", crl({ number: 6, by: ours.root }), /source-not-acceptable/],
    ["when one bit of the signature is another", flipped, /source-not-acceptable/],
    ["when it is cut short", crl({ number: 6 }).subarray(0, -1), /source-not-acceptable/],
    [
      "when something follows it",
      Buffer.concat([crl({ number: 6 }), Buffer.alloc(1)]),
      /source-not-acceptable/,
    ],
    ["when it is empty", Buffer.alloc(0), /source-not-acceptable/],
    ["when it is ten megabytes of zeros", Buffer.alloc(10_000_000), /source-not-acceptable/],
    [
      "when the PEM holds two lists",
      Buffer.from(encodePem("X509 CRL", crl({ number: 6 })).repeat(2)),
      /source-not-acceptable/,
    ],
    [
      "when the PEM is a certificate's",
      Buffer.from(encodePem("CERTIFICATE", ours.issuing.certificate.der)),
      /source-not-acceptable/,
    ],
    [
      "when it is not valid yet",
      crl({ number: 6, thisUpdate: later(2 * minute) }),
      /source-not-acceptable.*valid from/,
    ],
    [
      "when it has ended",
      crl({ number: 6, thisUpdate: later(-60 * minute), nextUpdate: later(0) }),
      /source-stale/,
    ],
    [
      "when it is older than anybody believes",
      crl({ number: 6, thisUpdate: later(-181 * minute) }),
      /source-stale/,
    ],
  ];
  test.each(rows)("%s", async (_defect, bytes, reason) => {
    const { bucket, found, logged, dependencies } = world({ "issuing.crl": published });
    await mirrorCrls(dependencies, [list]);
    if (bytes) found.set("issuing.crl", bytes);
    else found.delete("issuing.crl");
    await expect(mirrorCrls(dependencies, [list])).rejects.toMatchObject({
      code: "mirror-failed",
      message: expect.stringMatching(reason),
    });
    expect(logged).toContain("mirror-failed");
    expect((await bucket.get(key))?.body).toEqual(published);
    expect(bucket.versions.get(key)).toHaveLength(1);
  });
});

test("a list that was good fails the run once its end has come: a copy goes stale", async () => {
  const { clock, dependencies } = world({ "issuing.crl": crl() });
  await mirrorCrls(dependencies, [list]);
  await clock.wait(3 * 3600 * 1000 + 1000);
  await expect(mirrorCrls(dependencies, [list])).rejects.toThrow(/source-stale/);
});

test.each([
  ["garbage", Buffer.from("garbage")],
  ["another CA's list of a greater number", crl({ number: 99, by: stranger.issuing })],
  ["an older list of ours", crl({ number: 1, thisUpdate: later(-30 * minute) })],
])("what somebody else put into the bucket is replaced: %s", async (_what, body) => {
  const { bucket, dependencies } = world({ "issuing.crl": crl({ number: 2 }) });
  bucket.overwrite(key, body);
  await mirrorCrls(dependencies, [list]);
  expect(await numberIn(bucket)).toBe(2n);
});

test("one list that fails does not keep the other from being copied, and the run fails", async () => {
  const { bucket, dependencies } = world({ "root.crl": crl({ by: ours.root }) });
  await expect(mirrorCrls(dependencies, [list, rootList])).rejects.toMatchObject({ code: "mirror-failed" });
  expect(await bucket.get(key)).toBeUndefined();
  expect(await bucket.get(rootKey)).toBeDefined();
});

test("another run's newer list is not overwritten", async () => {
  const { bucket, dependencies } = world({ "issuing.crl": crl({ number: 2 }) });
  let puts = 0;
  const racing: MirrorDependencies["bucket"] = {
    uri: bucket.uri,
    get: (at) => bucket.get(at),
    put: (at, body, type, condition) => {
      if (puts++ === 0) bucket.overwrite(key, crl({ number: 3 }));
      return bucket.put(at, body, type, condition);
    },
  };
  await expect(mirrorCrls({ ...dependencies, bucket: racing }, [list])).rejects.toThrow(
    /crl-number-not-greater/,
  );
  expect(await numberIn(bucket)).toBe(3n);
});

test("every call of a run fails once, before and after its effect: the next run is right", async () => {
  for (const when of ["before", "after"] as const)
    for (let index = 0; ; index++) {
      const { bucket, dependencies } = world({ "issuing.crl": crl({ number: 2, entries: [revoked] }) });
      bucket.overwrite(key, crl({ number: 1 }));
      let calls = 0;
      const count = () => calls++;
      const by = failingAt(index, when);
      const broken = {
        ...dependencies,
        bucket: disturbed(bucket, "bucket", count, by),
        fetch: disturbed({ fetch: dependencies.fetch }, "source", count, by).fetch,
      };
      const outcome = await mirrorCrls(broken, [list]).then(
        () => "copied",
        (error: { code: string }) => error.code,
      );
      expect(outcome).toBe(index < calls ? "mirror-failed" : "copied");
      expect([1n, 2n]).toContain(await numberIn(bucket));
      await mirrorCrls(dependencies, [list]);
      expect(await numberIn(bucket)).toBe(2n);
      expect(bucket.versions.get(key)).toHaveLength(2);
      if (index >= calls) break;
    }
});

describe("under which certificates", () => {
  const truststore = [ours.issuing, ours.root]
    .map((one) => encodePem("CERTIFICATE", one.certificate.der))
    .join("");
  const sha256 = createHash("sha256").update(truststore).digest("hex");
  const configuration: MirrorConfiguration = {
    issuers: [
      {
        generation: "g1",
        issuing: ours.issuing.certificate.fingerprint,
        root: ours.root.certificate.fingerprint,
        ...{ issuingCrl: source, rootCrl: rootSource },
      },
    ],
    ...{ issuingMaxAgeSeconds: 10, rootMaxAgeSeconds: 20 },
  };
  const holding = (text: string) => {
    const bucket = new MemoryBucket();
    bucket.overwrite("truststore.pem", Buffer.from(text));
    return bucket;
  };

  test("the configured ones of the truststore, each for its own list", async () => {
    const lists = await mirroredLists(holding(truststore), sha256, configuration);
    expect(lists.map((one) => [one.key, one.source.key, one.issuer.fingerprint, one.maxAgeSeconds])).toEqual([
      [key, "issuing.crl", ours.issuing.certificate.fingerprint, 10],
      [rootKey, "root.crl", ours.root.certificate.fingerprint, 20],
    ]);
  });

  const wrong = stranger.issuing.certificate;
  test.each<[string, MemoryBucket, MirrorConfiguration]>([
    ["another truststore than the deployment's", holding(encodePem("CERTIFICATE", wrong.der)), configuration],
    ["no truststore", new MemoryBucket(), configuration],
    [
      "a fingerprint that is not in it",
      holding(truststore),
      {
        ...configuration,
        issuers: configuration.issuers.map((one) => ({ ...one, issuing: wrong.fingerprint })),
      },
    ],
  ])("a fault: %s", async (_what, bucket, asked) => {
    await expect(mirroredLists(bucket, sha256, asked)).rejects.toMatchObject({
      code: "truststore-not-as-deployed",
    });
  });

  test("the function's variable is read strictly", () => {
    expect(parseMirrorConfiguration(JSON.stringify(configuration))).toEqual(configuration);
    for (const broken of [
      "",
      "{}",
      JSON.stringify({ ...configuration, more: 1 }),
      JSON.stringify({ ...configuration, issuers: [] }),
      JSON.stringify({ ...configuration, issuingMaxAgeSeconds: "10" }),
    ])
      expect(() => parseMirrorConfiguration(broken)).toThrow();
  });
});
