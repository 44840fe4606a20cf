/** What must hold in every world, whatever has failed, run twice or run at once. */
import { externalKeys } from "#contract/external-bucket.ts";
import { parseCertificate } from "#pki/certificate.ts";
import type { OpenedCrl } from "#pki/crl/open.ts";
import { decodeOnePem, decodePem } from "#pki/pem.ts";
import type { World } from "./world.ts";

export async function expectAlwaysTrue(world: World): Promise<void> {
  for (const { id, root, issuing } of await world.ledger.generations()) {
    if (root) await expectCrlsOnlyGrow(world, id, "root");
    if (issuing) await expectCrlsOnlyGrow(world, id, "issuing");
    expectOneHierarchy(world, id);
  }
  expectNoCertificateLostOrDoubled(world);
  expectTruststoresDiffer(world);
}

/** Every leaf in the bucket is in the ledger, has one version, and no serial stands for two certificates. */
function expectNoCertificateLostOrDoubled({ bucket, ledger }: World): void {
  for (const [key, versions] of bucket.versions) {
    if (!/^certs\/g\d+\//.test(key)) continue;
    expect(versions).toHaveLength(1);
    const certificate = parseCertificate(decodeOnePem(String(versions[0]?.body), "CERTIFICATE"));
    const records = ledger.certificates.filter((one) => one.serial === certificate.serial);
    expect(records).toHaveLength(1);
    expect(key).toBe(externalKeys.leafCertificate(String(records[0]?.generation), certificate.serial));
    expect(records[0]?.keyHash).toBe(certificate.publicKey.hash);
    expect(records[0]?.notAfter).toEqual(certificate.notAfter);
  }
  // What was handed out as issued can be fetched.
  for (const one of ledger.certificates)
    if (one.issuedAt && one.profile === "client")
      expect(bucket.keys(externalKeys.leafCertificate(one.generation, one.serial))).toHaveLength(1);
}

/** Numbers grow from version to version, and no revocation goes but by release. */
async function expectCrlsOnlyGrow(world: World, id: string, which: "root" | "issuing"): Promise<void> {
  const crls = await world.crls(id, which);
  const issuer = (await world.ledger.generation(id))?.[which]?.keyHash ?? "";
  const released = new Set(
    (await world.ledger.revocations(issuer))
      .filter((one) => one.state === "released")
      .map((one) => one.serial),
  );
  let before: (OpenedCrl & { number: bigint }) | undefined;
  for (const crl of crls) {
    if (before) expect(crl.number).toBeGreaterThan(before.number);
    for (const { serial } of before?.revocations() ?? [])
      if (!released.has(serial)) expect(crl.find(serial)?.serial).toBe(serial);
    before = crl;
  }
}

/** One root and one issuing certificate, whatever was recorded on the way. */
function expectOneHierarchy({ bucket, ledger }: World, id: string): void {
  for (const which of ["root", "issuing"] as const) {
    const issued = ledger.certificates.filter(
      (one) => one.generation === id && one.profile === which && one.issuedAt,
    );
    expect(issued.length).toBeLessThanOrEqual(1);
    expect((bucket.versions.get(externalKeys.caCertificate(id, which)) ?? []).length).toBeLessThanOrEqual(1);
  }
}

/** A version is made only when there is something new to say. */
function expectTruststoresDiffer({ bucket }: World): void {
  const versions = bucket.versions.get(externalKeys.truststore) ?? [];
  versions.forEach((object, index) => {
    expect(decodePem(String(object?.body), "CERTIFICATE").length).toBeGreaterThan(0);
    expect(object?.etag).not.toBe(versions[index - 1]?.etag);
  });
}
