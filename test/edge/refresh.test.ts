/** What a refresh changes on a running NGINX, and what it leaves as it was. */
import { readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeServerCertificate } from "#local/gateway/server-certificate.ts";
import { makeHierarchy } from "../support/hierarchy.ts";
import { crl } from "../unit/authorizer/fixture.ts";
import { allow } from "../unit/gateway/support/deployed.ts";
import { call, codeOf } from "./support/calls.ts";
import { edgeSecret, RunningEdge, tlsIdentity } from "./support/running-edge.ts";
import { withNginx } from "./support/with-nginx.ts";

jest.setTimeout(60_000);

withNginx("a refresh of a running NGINX", () => {
  const edge = new RunningEdge();
  const client = tlsIdentity(edge.client);
  const status = async () => (await call(edge, { client })).status;
  const inForce = () => readlink(join(edge.folder, "run/current"));
  beforeAll(async () => {
    await edge.start();
    // NGINX alone decides here: the authorizer, which sees the same bucket, would hide what NGINX does.
    edge.aws.authorizer = (event) => allow(event);
  });
  afterAll(() => edge.close());

  test("nothing new: nothing is written, nothing reloaded", async () => {
    const before = await inForce();
    expect(await edge.refresh()).toMatchObject({ event: "refreshed", installed: "unchanged", open: true });
    expect(await inForce()).toBe(before);
  });

  test("reloads under load lose no request", async () => {
    let going = true;
    const statuses: number[] = [];
    const worker = async () => {
      while (going) statuses.push(await status());
    };
    const workers = Array.from({ length: 8 }, worker);
    for (let reloads = 0; reloads < 5; reloads++) {
      const before = statuses.length;
      edge.publish();
      expect(await edge.refresh()).toMatchObject({ event: "refreshed", installed: "reloaded" });
      while (statuses.length < before + 40) await status();
    }
    going = false;
    await Promise.all(workers);
    expect(statuses.length).toBeGreaterThan(200);
    expect(statuses.filter((one) => one !== 200)).toEqual([]);
  });

  test("only what is in force and what was before it stays on the machine, for root alone", async () => {
    const run = join(edge.folder, "run");
    const folders = (await readdir(run)).filter((name) => name.startsWith("g-"));
    expect(folders).toHaveLength(2);
    const { stat } = await import("node:fs/promises");
    for (const name of await readdir(await inForce()))
      expect((await stat(join(await inForce(), name))).mode & 0o777).toBe(0o600);
    expect((await stat(await inForce())).mode & 0o777).toBe(0o700);
  });

  test("the configuration itself holds neither key nor secret", async () => {
    const text = await readFile(join(await inForce(), "nginx.conf"), "utf8");
    expect(text).not.toMatch(/PRIVATE|BEGIN/);
    expect(text).not.toContain(edgeSecret);
  });

  const objects = edge.world.buckets.objects;
  const stranger = makeHierarchy();
  const otherServer = makeServerCertificate(["other.example.com"], new Date()).identities[0];
  const [ownServer] = edge.server.identities;
  const secretOf = (certificate: string | undefined, privateKey: string | undefined) => ({
    secret: async (id: string) =>
      id === "arn:edge" ? edgeSecret : JSON.stringify({ certificate, privateKey }),
  });
  type Break = () => Parameters<RunningEdge["refresh"]>[0] | undefined;

  test.each<[string, Break, RegExp]>([
    [
      "a truststore that is not the pinned one",
      () => void objects.set("truststore.pem", Buffer.from("garbage")),
      /SHA-256 is .*, pinned is/,
    ],
    [
      "a pinned truststore without our issuers",
      () => {
        const settings = structuredClone(edge.settings);
        return {
          settings: {
            ...settings,
            issuers: [{ ...settings.issuers[0], rootFingerprint: "0".repeat(64) }],
          } as typeof settings,
        };
      },
      /is not in the pinned truststore/,
    ],
    ["no truststore", () => void objects.delete("truststore.pem"), /truststore: status 404/],
    ["no issuing CRL", () => void objects.delete(edge.world.issuingKey), /issuing.crl: status 404/],
    ["no root CRL", () => void objects.delete(edge.world.rootKey), /root.crl: status 404/],
    [
      "a CRL that is garbage",
      () => void objects.set(edge.world.issuingKey, Buffer.from("garbage")),
      /issuing.crl: /,
    ],
    [
      "a stranger's CRL",
      () => void objects.set(edge.world.issuingKey, crl(stranger.issuing, { at: new Date(), number: 99 })),
      /issuing.crl: .*(signature|key)/,
    ],
    [
      "a CRL with a lower number than one that was seen",
      () =>
        void objects.set(edge.world.issuingKey, crl(edge.hierarchy.issuing, { at: new Date(), number: 1 })),
      /older than one that was seen/,
    ],
    [
      "a CRL of tomorrow",
      () =>
        void objects.set(
          edge.world.issuingKey,
          crl(edge.hierarchy.issuing, { at: new Date(Date.now() + 86_400_000), number: 99 }),
        ),
      /thisUpdate is in the future/,
    ],
    [
      "a bucket out of reach",
      () => ({ get: async () => ({ kind: "unavailable", reason: "time-out" }) }),
      /time-out/,
    ],
    [
      "a server's key of another certificate",
      () => secretOf(ownServer?.certificate, otherServer?.key),
      /another certificate's/,
    ],
    [
      "a server's certificate for another name",
      () => secretOf(otherServer?.certificate, otherServer?.key),
      /not for edge/,
    ],
    ["a server's certificate without a key", () => secretOf(ownServer?.certificate, ""), /privateKey: got/],
    ["a secret that is no JSON", () => ({ secret: async () => "-----BEGIN" }), /no JSON|no random text/],
    [
      "a secret that would be two directives",
      () => ({
        secret: async (id: string) =>
          id === "arn:edge"
            ? `${"a".repeat(40)}"; return 200`
            : JSON.stringify({ certificate: ownServer?.certificate, privateKey: ownServer?.key }),
      }),
      /no random text/,
    ],
    [
      "a name that does not resolve",
      () => ({ resolve: () => Promise.reject(new Error("ENOTFOUND")) }),
      /ENOTFOUND/,
    ],
    ["a name without addresses", () => ({ resolve: async () => [] }), /has no address/],
    ["an address that is text", () => ({ resolve: async () => ["127.0.0.1; return 200"] }), /no address/],
    [
      "a configuration that NGINX refuses",
      () => ({ resolve: async () => ["999.999.999.999"] }),
      /NGINX refuses the configuration: .*999/,
    ],
  ])("%s: told, counted, and everything stays", async (_, breakIt, problem) => {
    const kept = new Map(objects);
    const before = await inForce();
    try {
      const result = await edge.refresh(breakIt() ?? {});
      expect(result).toEqual({
        event: "refresh-failed",
        at: expect.any(String),
        problem: expect.stringMatching(problem),
      });
      expect(JSON.stringify(result)).not.toMatch(/BEGIN/);
      expect(await inForce()).toBe(before);
      expect(await status()).toBe(200);
    } finally {
      objects.clear();
      for (const [key, value] of kept) objects.set(key, value);
    }
    expect(await edge.refresh()).toMatchObject({ event: "refreshed" });
  });

  test("the highest CRL number survives a restart; a damaged memory of it stops everything", async () => {
    const seen = join(edge.folder, "state/seen-lists.json");
    const text = await readFile(seen, "utf8");
    expect(JSON.parse(text)).toHaveProperty([edge.hierarchy.issuing.certificate.fingerprint, "number"]);
    await writeFile(seen, "{");
    expect(await edge.refresh()).toMatchObject({ event: "refresh-failed" });
    await writeFile(seen, text);
    expect(await edge.refresh()).toMatchObject({ event: "refreshed" });
  });

  test("one refresh at a time; the lock of a process that is gone is taken over", async () => {
    const [first, second] = await Promise.all([edge.refresh(), edge.refresh()]);
    expect([first.event, second.event].sort()).toEqual(["refresh-failed", "refreshed"]);
    await writeFile(join(edge.folder, "run/lock"), "2147483646");
    expect(await edge.refresh()).toMatchObject({ event: "refreshed" });
    await writeFile(join(edge.folder, "run/lock"), String(process.ppid));
    expect(await edge.refresh()).toMatchObject({
      event: "refresh-failed",
      problem: "another refresh is at work",
    });
    await writeFile(join(edge.folder, "run/lock"), "2147483646");
    expect(await edge.refresh()).toMatchObject({ event: "refreshed" });
  });

  test("files that NGINX could not be told of are installed again", async () => {
    const pidFile = join(edge.folder, "run/nginx.pid");
    const pid = await readFile(pidFile, "utf8");
    edge.publish();
    // No process can have it: the signal is an error, and not an answer.
    await writeFile(pidFile, String(2 ** 40));
    expect(await edge.refresh()).toMatchObject({ event: "refresh-failed" });
    await writeFile(pidFile, pid);
    expect(await edge.refresh()).toMatchObject({ event: "refreshed", installed: "reloaded" });
    expect(await edge.refresh()).toMatchObject({ event: "refreshed", installed: "unchanged" });
  });

  const code = async () => codeOf(await call(edge, { client }));

  test("a CRL that is too old closes the door, and a fresh one opens it", async () => {
    edge.publish({ at: new Date(Date.now() - 3_600_000) });
    expect(await edge.refresh()).toMatchObject({ event: "refreshed", open: false });
    expect(await code()).toBe("revocation-unknown");
    edge.publish();
    expect(await edge.refresh()).toMatchObject({ event: "refreshed", open: true });
    expect(await status()).toBe(200);
  });

  test("a CRL past its nextUpdate closes the door", async () => {
    edge.publish({ at: new Date(Date.now() - 600_000), lifetimeSeconds: 300 });
    expect(await edge.refresh()).toMatchObject({ event: "refreshed", open: false });
    expect(await code()).toBe("revocation-unknown");
  });

  test("a CRL that grows too old closes the door though nobody refreshes", async () => {
    edge.publish();
    // thisUpdate is a minute back: a few seconds are left.
    const settings = { ...edge.settings, maxAge: { ...edge.settings.maxAge, issuingSeconds: 63 } };
    expect(await edge.refresh({ settings })).toMatchObject({ event: "refreshed", open: true });
    expect(await status()).toBe(200);
    while ((await status()) === 200);
    expect(await code()).toBe("revocation-unknown");
    const [last] = (await edge.accessLog()).slice(-1);
    expect(last).toMatchObject({ lists: "stale", verify: "SUCCESS", refusal: "revocation-unknown" });
  });
});
