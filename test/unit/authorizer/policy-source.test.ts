import { createHash } from "node:crypto";
import { pemFingerprint } from "#contract/ca-outputs.ts";
import { buildTrust } from "#lambdas/authorizer/trust.ts";
import type { Certificate } from "#pki/certificate.ts";
import { makeHierarchy } from "../../support/hierarchy.ts";
import { makeWorld, pem, start } from "./fixture.ts";

const fault = (message: string | RegExp) =>
  expect.objectContaining({
    allowed: false,
    step: "certificate",
    code: "fault",
    error: expect.objectContaining({ message: expect.stringMatching(message) }),
  });

describe("policy and truststore, as the deployment pinned them", () => {
  test("are asked for by the pinned version, each in its own bucket and region", async () => {
    const world = makeWorld();
    expect((await world.decide()).allowed).toBe(true);
    const [policy, truststore, ...crls] = world.buckets.requests;
    expect(policy).toMatchObject({
      bucket: "dev-api-policy-222222222222",
      region: "eu-west-2",
      key: "authorizer-policy.json",
      versionId: "p1",
    });
    expect(truststore).toMatchObject({
      bucket: "dev-ca-external-111111111111",
      region: "eu-west-1",
      key: "truststore.pem",
      versionId: "t1",
    });
    for (const one of crls) expect(one).not.toHaveProperty("versionId");
  });

  test("are read once, and not again while nothing fails", async () => {
    const world = makeWorld();
    await Promise.all([world.decide(), world.decide(), world.decide()]);
    await world.decide();
    expect(world.buckets.asked("authorizer-policy.json")).toBe(1);
    expect(world.buckets.asked("truststore.pem")).toBe(1);
  });

  test("are not asked for on behalf of a request that is denied at its place", async () => {
    const world = makeWorld();
    expect((await world.decide({})).allowed).toBe(false);
    expect(world.buckets.requests).toEqual([]);
  });

  test.each([
    ["a changed policy", "authorizer-policy.json", / SHA-256 is [0-9a-f]{64}, pinned is /],
    ["a changed truststore", "truststore.pem", /^truststore: SHA-256 is /],
  ])("%s is a fault, and the next call tries again", async (_, key, message) => {
    const world = makeWorld();
    const original = world.buckets.objects.get(key) as Buffer;
    world.buckets.objects.set(key, Buffer.concat([original, Buffer.from("\n")]));
    expect(await world.decide()).toEqual(fault(message));
    expect(await world.decide()).toEqual(fault(message));
    expect(world.buckets.asked(key)).toBe(2);
    world.buckets.objects.set(key, original);
    expect((await world.decide()).allowed).toBe(true);
  });

  test.each([
    ["missing", { kind: "refused", reason: "status 404" }],
    ["forbidden", { kind: "refused", reason: "status 403" }],
    ["out of reach", { kind: "unavailable", reason: "time-out" }],
    ["unchanged, though nothing was asked", { kind: "not-modified" }],
  ] as const)("a truststore that is %s is a fault until it is there", async (_, answer) => {
    const world = makeWorld();
    world.buckets.instead.set("truststore.pem", answer);
    expect(await world.decide()).toEqual(fault(/^truststore: /));
    world.buckets.instead.clear();
    expect((await world.decide()).allowed).toBe(true);
  });

  test("a truststore without the policy's issuer is a fault, though its hash is right", async () => {
    const world = makeWorld({ truststore: pem(makeHierarchy({ now: start }).issuing.certificate) });
    expect(await world.decide()).toEqual(
      fault(/issuing certificate [0-9a-f]{64} is not in the pinned truststore/),
    );
  });
});

describe("buildTrust", () => {
  const hierarchy = makeHierarchy({ now: start });
  const world = makeWorld({ hierarchy });
  const [named] = world.policy.issuers;
  const all = `${pem(hierarchy.root.certificate)}${pem(hierarchy.issuing.certificate)}`;
  const build = (changes: object, text = all) =>
    buildTrust({ ...world.policy, issuers: [{ ...(named as NonNullable<typeof named>), ...changes }] }, text);

  test("finds both certificates by fingerprint, whatever else the truststore holds", () => {
    const stranger = makeHierarchy({ now: start });
    const trust = build({}, `${pem(stranger.root.certificate)}${all}`);
    expect(trust.issuers).toHaveLength(1);
    expect(trust.issuers[0]).toMatchObject({ generation: "g1", issuingCrlKey: "crl/g1-issuing.crl" });
    expect(trust.issuers[0]?.root.fingerprint).toBe(hierarchy.root.certificate.fingerprint);
  });

  test("refuses a root that did not sign the issuing certificate, though both are in the truststore", () => {
    const other = makeHierarchy({ now: start }).root.certificate;
    expect(() => build({ rootFingerprint: other.fingerprint }, `${pem(other)}${all}`)).toThrow(
      "g1: the root did not sign the issuing certificate",
    );
  });

  test("refuses a leaf in the place of an issuing certificate", () => {
    const { certificate } = hierarchy.leaf();
    expect(() => build({ issuingFingerprint: certificate.fingerprint }, `${pem(certificate)}${all}`)).toThrow(
      "g1: the issuing certificate is no CA's",
    );
  });

  test("refuses a fingerprint in another spelling", () => {
    const upper = hierarchy.root.certificate.fingerprint.toUpperCase();
    expect(() => build({ rootFingerprint: upper })).toThrow("is not in the pinned truststore");
  });

  test("takes the fingerprint of a PEM, as Terraform makes it, for that certificate and no other", () => {
    const ofPem = (certificate: Certificate) =>
      `${pemFingerprint}${createHash("sha256").update(pem(certificate)).digest("hex")}`;
    const { root, issuing } = hierarchy;
    const byPem = {
      issuingFingerprint: ofPem(issuing.certificate),
      rootFingerprint: ofPem(root.certificate),
    };
    expect(build(byPem).issuers[0]?.root.fingerprint).toBe(root.certificate.fingerprint);
    const stranger = makeHierarchy({ now: start }).root.certificate;
    expect(() => build({ rootFingerprint: ofPem(stranger) })).toThrow("is not in the pinned truststore");
  });

  test("a fingerprint is the SHA-256 of the DER", () => {
    const { der, fingerprint } = hierarchy.root.certificate;
    expect(fingerprint).toBe(createHash("sha256").update(der).digest("hex"));
  });
});
