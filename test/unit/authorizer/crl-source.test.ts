import type { ObjectAnswer } from "#aws/signed-get.ts";
import { CrlSource } from "#lambdas/authorizer/crl-source.ts";
import { DerReader } from "#pki/der/reader.ts";
import { explicit, sequence } from "#pki/der/writer.ts";
import { encodePem } from "#pki/pem.ts";
import { makeHierarchy, type Signed, signWith } from "../../support/hierarchy.ts";
import { crl, later, MemoryBuckets, start } from "./fixture.ts";

const hierarchy = makeHierarchy({ now: start });
const issuer = hierarchy.issuing.certificate;
const key = "crl/g1-issuing.crl";
const refreshSeconds = 5;
const maxOutageSeconds = 60;

function makeSource(first: Buffer | undefined = crl(hierarchy.issuing, { number: 7 })) {
  const buckets = new MemoryBuckets();
  if (first) buckets.objects.set(key, first);
  const clock = { now: start };
  const source = new CrlSource({
    get: (name, etag) =>
      buckets.get({
        bucket: "b",
        region: "r",
        key: name,
        maxBytes: 1,
        ...(etag === undefined ? {} : { ifNoneMatch: etag }),
      }),
    refreshSeconds,
    maxOutageSeconds,
    now: () => clock.now,
  });
  return {
    buckets,
    clock,
    at: (seconds: number) => {
      clock.now = later(seconds);
      return source.current(key, issuer);
    },
    source,
  };
}
const holding = (number: bigint) => expect.objectContaining({ crl: expect.objectContaining({ number }) });
const unavailable: ObjectAnswer = { kind: "unavailable", reason: "time-out" };

describe("the CRL source", () => {
  test("asks the bucket once per refreshSeconds, by ETag", async () => {
    const { buckets, at } = makeSource();
    for (const second of [0, 1, 4.9]) expect(await at(second)).toEqual(holding(7n));
    expect(buckets.requests).toHaveLength(1);
    expect(await at(5)).toEqual(holding(7n));
    expect(buckets.requests).toHaveLength(2);
    expect(buckets.requests[0]).not.toHaveProperty("ifNoneMatch");
    expect(buckets.requests[1]?.ifNoneMatch).toMatch(/^"[0-9a-f]{64}"$/);
  });

  test("takes a new list over within refreshSeconds", async () => {
    const { buckets, at } = makeSource();
    await at(0);
    buckets.objects.set(key, crl(hierarchy.issuing, { number: 8, revoked: ["4711"] }));
    expect(await at(4.9)).toEqual(holding(7n));
    expect(await at(5)).toEqual(holding(8n));
  });

  test("has one request in flight; who comes meanwhile waits for its answer", async () => {
    const { buckets, source } = makeSource();
    const states = await Promise.all([1, 2, 3].map(() => source.current(key, issuer)));
    expect(states).toEqual([holding(7n), holding(7n), holding(7n)]);
    expect(buckets.requests).toHaveLength(1);
  });

  test("asks again when the clock has gone backwards", async () => {
    const { buckets, at } = makeSource();
    await at(0);
    await at(-3600);
    expect(buckets.requests).toHaveLength(2);
  });

  const other = makeHierarchy({ now: start });
  const good = crl(hierarchy.issuing, { number: 7 });
  describe.each<[string, Buffer | ObjectAnswer, string]>([
    ["garbage", Buffer.from("garbage"), "malformed"],
    ["nothing", Buffer.alloc(0), "malformed"],
    ["PEM", Buffer.from(encodePem("X509 CRL", good)), "malformed"],
    ["a cut list", good.subarray(0, good.length - 1), "malformed"],
    ["an HTML page", Buffer.from("<html>AccessDenied</html>"), "malformed"],
    ["a list with a byte more", Buffer.concat([good, Buffer.of(0)]), "malformed"],
    ["another issuer's list", crl(hierarchy.root, { number: 8 }), "issuer-mismatch"],
    ["a list of another CA with the same names", crl(other.issuing, { number: 8 }), "authority-key-mismatch"],
    ["a list with a changed signature", changed(good), "signature"],
    ["an older list", crl(hierarchy.issuing, { number: 6, at: later(30) }), "older than one already seen"],
    [
      "the same number with an earlier date",
      crl(hierarchy.issuing, { number: 7, at: later(-30) }),
      "older than one already seen",
    ],
    ["403", { kind: "refused", reason: "status 403" }, "status 403"],
    ["404", { kind: "refused", reason: "status 404" }, "status 404"],
    ["a redirect", { kind: "refused", reason: "status 301" }, "status 301"],
    ["64 MB", { kind: "refused", reason: "more than 67108864 bytes" }, "more than 67108864 bytes"],
  ])("when the bucket comes to hold %s", (_, object, reason) => {
    const replace = ({ buckets }: ReturnType<typeof makeSource>) => {
      if (Buffer.isBuffer(object)) buckets.objects.set(key, object);
      else buckets.instead.set(key, object);
    };

    test("there is no list at once, though a good one was seen", async () => {
      const it = makeSource(good);
      expect(await it.at(0)).toEqual(holding(7n));
      replace(it);
      expect(await it.at(5)).toEqual({ unknown: reason });
      expect(await it.at(5.5)).toEqual({ unknown: reason });
    });

    test("the good list is believed again a second after it is back", async () => {
      const it = makeSource(good);
      await it.at(0);
      replace(it);
      await it.at(5);
      it.buckets.objects.set(key, good);
      it.buckets.instead.clear();
      expect(await it.at(6)).toEqual(holding(7n));
    });

    test("an outage after it brings the last good list not back", async () => {
      const it = makeSource(good);
      await it.at(0);
      replace(it);
      await it.at(5);
      it.buckets.instead.set(key, unavailable);
      expect(await it.at(6)).toEqual({ unknown: reason });
    });
  });

  test.each<[string, Buffer]>([
    ["an older list", crl(hierarchy.issuing, { number: 3 })],
    ["a list with the number it has", crl(hierarchy.issuing, { number: 7 })],
  ])("a fresh process believes %s: it has seen no other", async (_, object) => {
    expect(await makeSource(object).at(0)).toEqual(holding(object.equals(good) ? 7n : expect.any(BigInt)));
  });

  test("a higher number is newer, whatever the second says", async () => {
    const { buckets, at } = makeSource(good);
    await at(0);
    buckets.objects.set(key, crl(hierarchy.issuing, { number: 8, at: later(-1) }));
    expect(await at(5)).toEqual(holding(8n));
  });

  test("a list that lost its number is older than any that had one; one without is good where none was seen", async () => {
    const numberless = withoutNumber(hierarchy.issuing);
    expect(await makeSource(numberless).at(0)).toMatchObject({ crl: { entries: 0 } });
    const { buckets, at } = makeSource(good);
    await at(0);
    buckets.objects.set(key, numberless);
    expect(await at(5)).toEqual({ unknown: "older than one already seen" });
  });

  test("refreshSeconds count from the request, not from its answer", async () => {
    const clock = { now: start };
    let requests = 0;
    const source = new CrlSource({
      get: async () => {
        requests++;
        clock.now = new Date(clock.now.getTime() + 3000);
        return { kind: "found", body: good, etag: undefined };
      },
      refreshSeconds,
      maxOutageSeconds,
      now: () => clock.now,
    });
    await source.current(key, issuer);
    clock.now = later(4.9);
    await source.current(key, issuer);
    expect(requests).toBe(1);
    clock.now = later(5);
    await source.current(key, issuer);
    expect(requests).toBe(2);
  });

  test("each list has its own number: the root's does not count for the issuing CA's", async () => {
    const { buckets, source } = makeSource(good);
    buckets.objects.set("crl/g1-root.crl", crl(hierarchy.root, { number: 2 }));
    await source.current(key, issuer);
    expect(await source.current("crl/g1-root.crl", hierarchy.root.certificate)).toEqual(holding(2n));
  });

  describe("when the bucket is out of reach", () => {
    test("the last good list serves until maxOutageSeconds after the last successful contact", async () => {
      const { buckets, at } = makeSource();
      await at(0);
      await at(5);
      buckets.instead.set(key, unavailable);
      expect(await at(10)).toEqual(holding(7n));
      expect(await at(65)).toEqual(holding(7n));
      expect(await at(65.001)).toEqual({ unknown: "bucket out of reach: time-out" });
    });

    test("it is asked again every second, not at every request", async () => {
      const { buckets, at } = makeSource();
      await at(0);
      buckets.instead.set(key, unavailable);
      for (const second of [5, 5.2, 5.9]) await at(second);
      expect(buckets.requests).toHaveLength(2);
      await at(6);
      expect(buckets.requests).toHaveLength(3);
    });

    test("a contact after it starts the count anew", async () => {
      const { buckets, at } = makeSource();
      await at(0);
      buckets.instead.set(key, unavailable);
      await at(50);
      buckets.instead.clear();
      expect(await at(51)).toEqual(holding(7n));
      buckets.instead.set(key, unavailable);
      expect(await at(111)).toEqual(holding(7n));
      expect(await at(112)).toEqual({ unknown: "bucket out of reach: time-out" });
    });

    test("a process that never saw a list has none, and gets one when the bucket is back", async () => {
      const { buckets, at } = makeSource();
      buckets.instead.set(key, unavailable);
      expect(await at(0)).toEqual({ unknown: "time-out" });
      buckets.instead.clear();
      expect(await at(1)).toEqual(holding(7n));
    });

    test("a clock that went backwards is no reason to serve longer", async () => {
      const { buckets, at } = makeSource();
      await at(0);
      buckets.instead.set(key, unavailable);
      expect(await at(-3600)).toEqual({ unknown: "bucket out of reach: time-out" });
    });
  });

  test("a get that throws is the caller's fault to report, and does not stick", async () => {
    let thrown = true;
    const source = new CrlSource({
      get: async () => {
        if (thrown) throw new Error("boom");
        return { kind: "found", body: good, etag: undefined };
      },
      refreshSeconds,
      maxOutageSeconds,
      now: () => start,
    });
    await expect(source.current(key, issuer)).rejects.toThrow("boom");
    thrown = false;
    expect(await source.current(key, issuer)).toEqual(holding(7n));
  });
});

/** A CRL of ours without its number: the extension is taken out before it is signed again. */
function withoutNumber(signer: Signed): Buffer {
  const tbs = new DerReader(new DerReader(crl(signer, { number: 7 })).sequence().raw()).sequence();
  const fields: Buffer[] = [];
  while (tbs.peek() !== 0xa0) fields.push(tbs.raw());
  const list = tbs.enter(0xa0).sequence();
  const extensions: Buffer[] = [];
  while (!list.atEnd) extensions.push(list.raw());
  const kept = extensions.filter((one) => new DerReader(one).sequence().oid() !== "2.5.29.20");
  expect(kept).toHaveLength(extensions.length - 1);
  return signWith(signer.privateKey, {
    tbs: sequence(...fields, explicit(0, sequence(...kept))),
    algorithm: "ecdsa-with-SHA256",
  });
}

function changed(der: Buffer): Buffer {
  const other = Buffer.from(der);
  const last = other.length - 1;
  other[last] = (other[last] as number) ^ 1;
  return other;
}
