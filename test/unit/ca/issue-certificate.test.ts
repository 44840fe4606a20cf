/** What is issued, and what is refused before anything is signed. */
import type { IssueRequest } from "#contract/ca-requests.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { formatName } from "#pki/name.ts";
import { decodeOnePem, encodePem } from "#pki/pem.ts";
import { makeKeyPair } from "#test/support/hierarchy.ts";
import { withOpenssl } from "#test/support/openssl.ts";
import { expectAlwaysTrue } from "./always-true.ts";
import { configuration, generation, granted, refusalOf, request, World } from "./world.ts";

async function deployed(): Promise<World> {
  const world = new World();
  await world.apply();
  return world;
}

test("the certificate is the profile's: fixed O, a minute backdated, for clients, under the issuing CA", async () => {
  const world = await deployed();
  const result = await world.issued(request("partner-a"));
  const certificate = parseCertificate(decodeOnePem(result.certificate, "CERTIFICATE"));
  expect(formatName(certificate.subject)).toBe("O=Example Ltd,CN=partner-a");
  expect(certificate.notBefore.toISOString()).toBe("2026-03-01T11:59:00.000Z");
  expect(certificate.notAfter.toISOString()).toBe("2026-05-30T12:00:00.000Z");
  expect(certificate.extendedKeyUsage).toEqual(["clientAuth"]);
  expect(result.notAfter).toBe(certificate.notAfter.toISOString());
  expect(result.serial).toBe(certificate.serial);
  const issuing = parseCertificate(decodeOnePem(result.issuingCertificate, "CERTIFICATE"));
  expect(issuing.fingerprint).toBe((await world.certificateOf("g1", "issuing")).fingerprint);
});

test("OpenSSL accepts the chain strictly, for clients and against the published CRLs", async () => {
  const world = new World();
  await world.apply();
  const { certificate } = await world.issued(request("partner-a"));
  const crls = [await world.latestCrl("g1", "root"), await world.latestCrl("g1", "issuing")];
  await withOpenssl(async (folder) => {
    await folder.write("truststore.pem", (await world.bucket.get("truststore.pem"))?.body ?? "");
    await folder.write("leaf.pem", certificate);
    await folder.write("root.crl", encodePem("X509 CRL", crls[0]?.der as Buffer));
    await folder.write("issuing.crl", encodePem("X509 CRL", crls[1]?.der as Buffer));
    const at = String(world.clock.now().getTime() / 1000);
    const verify = [
      "verify",
      "-x509_strict",
      "-purpose",
      "sslclient",
      "-attime",
      at,
      "-CAfile",
      "truststore.pem",
    ];
    const lists = ["-CRLfile", "root.crl", "-CRLfile", "issuing.crl"];
    const result = await folder.openssl(...verify, "-crl_check_all", ...lists, "leaf.pem");
    expect(`${result.stdout}${result.stderr}`).toBe("leaf.pem: OK\n");
  });
});

const rsa = makeKeyPair("RSA-2048");
const good = request("partner-a");
const refusals: readonly (readonly [what: string, request: IssueRequest, code: string])[] = [
  ["an unknown profile", { ...good, profile: "server" }, "unknown-profile"],
  ["a profile named like a member of every object", { ...good, profile: "constructor" }, "unknown-profile"],
  ["a key type that the profile lacks", request("partner-a", rsa), "profile"],
  ["another organisation", request("partner-a", makeKeyPair("P-256"), "Somebody Else"), "profile"],
  ["a longer validity than the profile's", { ...good, validSeconds: 90 * 86_400 + 1 }, "profile"],
  ["no PEM", { ...good, csr: "partner-a" }, "pem"],
  ["another PEM label", { ...good, csr: good.csr.replaceAll("CERTIFICATE REQUEST", "CERTIFICATE") }, "pem"],
  ["two requests in one PEM", { ...good, csr: good.csr + good.csr }, "pem"],
  ["a truncated request", { ...good, csr: truncated(good.csr) }, "der"],
  ["a signature that is not the key's", { ...good, csr: resigned(good.csr) }, "signature"],
];

test.each(refusals)("%s is refused, and the ledger does not change", async (_what, wrong, code) => {
  const world = await deployed();
  const before = world.ledger.certificates.length;
  expect(refusalOf(await world.issue(wrong))).toBe(code);
  expect(world.ledger.certificates).toHaveLength(before);
  // Its twin is granted.
  granted(await world.issue(good));
});

test("a key serves one name for ever, also after its certificate has ended", async () => {
  const world = await deployed();
  const key = makeKeyPair("P-256");
  await world.issued({ ...request("partner-a", key), validSeconds: 1 });
  world.clock.advance(86_400);
  expect(refusalOf(await world.issue(request("partner-b", key)))).toBe("key-of-another-name");
  granted(await world.issue(request("partner-a", key)));
});

test("a key that was revoked as compromised is refused for ever, under every name", async () => {
  const world = await deployed();
  const key = makeKeyPair("P-256");
  const { serial } = await world.issued(request("partner-a", key));
  granted(
    await world.revoke({ generation: "g1", serial, order: { action: "revoke", reason: "superseded" } }),
  );
  granted(await world.issue(request("partner-a", key)));
  const other = (await world.issued(request("partner-a", key))).serial;
  granted(
    await world.revoke({
      generation: "g1",
      serial: other,
      order: { action: "revoke", reason: "keyCompromise" },
    }),
  );
  expect(refusalOf(await world.issue(request("partner-a", key)))).toBe("key-compromised");
  expect(refusalOf(await world.issue(request("partner-b", key)))).toBe("key-compromised");
});

test("before the first deployment, and while a hierarchy is missing, nothing is issued", async () => {
  expect(refusalOf(await new World().issue(good))).toBe("not-ready");
  const world = new World();
  await world.ledger.saveConfiguration(configuration());
  expect(refusalOf(await world.issue(good))).toBe("not-ready");
});

test("the active generation issues; a leaf that would outlive its issuer is refused", async () => {
  const world = await deployed();
  await world.apply(configuration([generation("g1"), generation("g2", "trusted")]));
  expect((await world.issued(good)).generation).toBe("g1");
  await world.apply(configuration([generation("g1", "trusted"), generation("g2")]));
  expect((await world.issued(good)).generation).toBe("g2");
  world.clock.advance(5 * 365 * 86_400 - 86_400);
  expect(refusalOf(await world.issue(good))).toBe("profile");
  granted(await world.issue({ ...good, validSeconds: 3600 }));
});

test("a signer that answers with another key's signature is a fault; nothing is handed out or stored", async () => {
  const world = await deployed();
  const { sign } = world.signer;
  world.signer.sign = (_keyArn, algorithm, digest) =>
    sign.call(world.signer, generation("g1").rootKeyArn, algorithm, digest);
  await expect(world.issue(good)).rejects.toMatchObject({ code: "signature-does-not-verify" });
  expect(world.bucket.keys("certs/g1/")).toEqual([]);
  await expectAlwaysTrue(world);
});

test("a source of serials that repeats itself is a fault, never a second certificate of one serial", async () => {
  const world = await deployed();
  await world.issued(good);
  world.repeatSerials(100);
  await world.issued(good);
  await expect(world.issue(good)).rejects.toMatchObject({ code: "serial-exhausted" });
  await expectAlwaysTrue(world);
});

test("log lines hold no PEM and no key", async () => {
  const world = await deployed();
  await world.issued(good);
  const text = JSON.stringify(world.events);
  expect(text).toContain('"issued"');
  expect(text).not.toMatch(/-----BEGIN|PRIVATE|MII[A-Za-z0-9+/]{20}/);
});

function truncated(pem: string): string {
  const der = decodeOnePem(pem, "CERTIFICATE REQUEST");
  return encode(der.subarray(0, der.length - 1));
}

function resigned(pem: string): string {
  const der = Buffer.from(decodeOnePem(pem, "CERTIFICATE REQUEST"));
  // A character of the name: the request stays well-formed.
  const at = der.indexOf("partner-a");
  der[at] = (der[at] as number) ^ 0x01;
  return encode(der);
}

function encode(der: Buffer): string {
  return encodePem("CERTIFICATE REQUEST", der);
}
