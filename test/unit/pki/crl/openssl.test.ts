// OpenSSL as judge: it must read what we write and agree, and we must read what it writes.
import { judge } from "#pki/crl/judge.ts";
import { openCrl, readUnverifiedCrl } from "#pki/crl/open.ts";
import { prepareCrl, type Revocation } from "#pki/crl/write.ts";
import { encodePem } from "#pki/pem.ts";
import type { KeyType } from "#pki/public-key.ts";
import { makeHierarchy, signWith } from "../../../support/hierarchy.ts";
import { type OpensslFolder, withOpenssl } from "../../../support/openssl.ts";

// OpenSSL judges by its own clock unless told: it is told the same moment.
const now = new Date("2026-06-01T12:00:00Z");
const at = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const keyTypes: KeyType[] = ["P-256", "P-384", "RSA-2048", "RSA-3072"];
const point = "http://crl.example.com/g1-issuing.crl";

const listed: Revocation[] = [
  { serial: "0081", revokedAt: at(-7200) },
  { serial: "7f", revokedAt: at(-3600), reason: "keyCompromise", invalidSince: at(-90_000) },
  { serial: "40aabbccddeeff00112233445566778899", revokedAt: at(-10), reason: "certificateHold" },
  { serial: "41", revokedAt: new Date("2050-01-01T00:00:00Z"), reason: "privilegeWithdrawn" },
  { serial: "42", revokedAt: at(-10), invalidSince: at(-20) },
];

async function verify(folder: OpensslFolder, checkAll = false) {
  const flags = ["-x509_strict", "-purpose", "sslclient", checkAll ? "-crl_check_all" : "-crl_check"];
  const moment = ["-attime", String(now.getTime() / 1000)];
  const trust = ["-CAfile", "root.pem", "-untrusted", "issuing.pem", "-CRLfile", "crls.pem"];
  const { code, stdout, stderr } = await folder.openssl(
    "verify",
    ...flags,
    ...moment,
    ...trust,
    "client.pem",
  );
  return { code, text: stdout + stderr };
}

describe.each(keyTypes)("signed with %s", (keyType) => {
  const hierarchy = makeHierarchy({ now, root: keyType, issuing: keyType });
  const { root, issuing } = hierarchy;
  const client = hierarchy.leaf({ crlDistributionPoint: point }).certificate;
  const crlOf = (signer: typeof issuing, entries: Revocation[], distributionPoint?: string) =>
    signWith(
      signer.privateKey,
      prepareCrl({
        issuer: signer.certificate,
        number: 41n,
        thisUpdate: at(-60),
        nextUpdate: at(86_400),
        entries,
        ...(distributionPoint !== undefined && { distributionPoint }),
      }),
    );

  async function inFolder<T>(crls: Buffer[], use: (folder: OpensslFolder) => Promise<T>): Promise<T> {
    return withOpenssl(async (folder) => {
      await folder.write("root.pem", encodePem("CERTIFICATE", root.certificate.der));
      await folder.write("issuing.pem", encodePem("CERTIFICATE", issuing.certificate.der));
      await folder.write("client.pem", encodePem("CERTIFICATE", client.der));
      await folder.write("crls.pem", crls.map((der) => encodePem("X509 CRL", der)).join(""));
      return use(folder);
    });
  }

  test("a certificate that is not listed is good for both, the whole chain", async () => {
    const crls = [crlOf(root, []), crlOf(issuing, listed, point)];
    const verdict = judge({ certificate: client, issuers: [issuing.certificate], crls, now });
    const theirs = await inFolder(crls, (folder) => verify(folder, true));
    expect([verdict.status, theirs]).toEqual(["good", { code: 0, text: "client.pem: OK\n" }]);
  });

  test("a certificate that is listed is revoked for both", async () => {
    const entries: Revocation[] = [
      ...listed,
      { serial: client.serial, revokedAt: at(-30), reason: "superseded" },
    ];
    const crls = [crlOf(root, []), crlOf(issuing, entries)];
    const verdict = judge({ certificate: client, issuers: [issuing.certificate], crls, now });
    const theirs = await inFolder(crls, (folder) => verify(folder));
    expect(verdict).toEqual({ status: "revoked", reason: "superseded", revokedAt: at(-30) });
    expect(theirs.text).toContain("certificate revoked");
  });

  test("OpenSSL verifies the signature and reads every field as it was meant", async () => {
    const text = await inFolder([crlOf(issuing, listed, point)], async (folder) => {
      const args = ["-in", "crls.pem", "-noout", "-text", "-CAfile", "issuing.pem"];
      const { stdout, stderr } = await folder.openssl("crl", ...args);
      expect(stderr).toContain("verify OK");
      return stdout;
    });
    for (const expected of [
      "Version 2 (0x1)",
      "Last Update: Jun  1 11:59:00 2026 GMT",
      "Next Update: Jun  2 12:00:00 2026 GMT",
      "X509v3 CRL Number: \n                41",
      "X509v3 Issuing Distribution Point: critical\n                Full Name:\n                  URI:" +
        point,
      "Serial Number: 81\n        Revocation Date: Jun  1 10:00:00 2026 GMT\n    Serial",
      "Key Compromise\n            Invalidity Date: \n                May 31 11:00:00 2026 GMT",
      "Serial Number: 40AABBCCDDEEFF00112233445566778899",
      "Certificate Hold",
      "Jan  1 00:00:00 2050 GMT",
      "Privilege Withdrawn",
    ])
      expect(text).toContain(expected);
  });
});

test("what `openssl ca -gencrl` writes is read entry by entry, with and without extensions", async () => {
  const { issuing } = makeHierarchy({ now });
  await withOpenssl(async (folder) => {
    await folder.write("issuing.pem", encodePem("CERTIFICATE", issuing.certificate.der));
    await folder.write("key.pem", issuing.privateKey.export({ format: "pem", type: "pkcs8" }) as string);
    await folder.write("crlnumber", "2A\n");
    await folder.write(
      "index.txt",
      [
        "R\t280101000000Z\t260601100000Z\t81\tunknown\t/CN=a\n",
        "R\t280101000000Z\t260601110000Z,keyTime,20260530110000Z\t7F\tunknown\t/CN=b\n",
        "R\t280101000000Z\t260601115950Z,superseded\t40AABBCCDDEEFF00112233445566778899\tunknown\t/CN=c\n",
      ].join(""),
    );
    await folder.write(
      "ca.cnf",
      "[ca]\ndefault_ca=a\n[a]\ndatabase=./index.txt\ncrlnumber=./crlnumber\ncertificate=./issuing.pem\nprivate_key=./key.pem\ndefault_md=sha256\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid:always\n",
    );
    const moments = ["-crl_lastupdate", "260601115900Z", "-crl_nextupdate", "260602120000Z"];
    const made = await folder.openssl("ca", "-config", "ca.cnf", "-gencrl", ...moments, "-out", "made.pem");
    expect(made.code).toBe(0);
    await folder.openssl("crl", "-in", "made.pem", "-outform", "DER", "-out", "made.crl");
    const crl = openCrl(await folder.read("made.crl"), issuing.certificate);
    expect([crl.number, crl.thisUpdate, crl.nextUpdate]).toEqual([42n, at(-60), at(86_400)]);
    expect([...crl.revocations()]).toEqual([
      {
        serial: "7f",
        revokedAt: at(-3600),
        reason: "keyCompromise",
        invalidSince: new Date("2026-05-30T11:00:00Z"),
      },
      { serial: "0081", revokedAt: at(-7200) },
      { serial: "40aabbccddeeff00112233445566778899", revokedAt: at(-10), reason: "superseded" },
    ]);
  });
});

test("OpenSSL and the reader see the same entries in a list of many", async () => {
  const { issuing } = makeHierarchy({ now });
  const entries = Array.from({ length: 500 }, (_, i): Revocation => {
    const serial = (0x4000_0000 + i * 7919).toString(16);
    return {
      serial,
      revokedAt: at(-i * 60),
      ...(i % 2 === 1 && { reason: "cessationOfOperation" as const }),
    };
  });
  const unsigned = prepareCrl({
    issuer: issuing.certificate,
    number: 1,
    thisUpdate: now,
    nextUpdate: at(60),
    entries,
  });
  const der = signWith(issuing.privateKey, unsigned);
  const text = await withOpenssl(async (folder) => {
    await folder.write("a.crl", der);
    return (await folder.openssl("crl", "-inform", "DER", "-in", "a.crl", "-noout", "-text")).stdout;
  });
  const theirs = [...text.matchAll(/Serial Number: ([0-9A-F]+)/g)].map((match) => match[1]?.toLowerCase());
  expect(theirs).toEqual([...readUnverifiedCrl(der).revocations()].map(({ serial }) => serial));
  expect(theirs).toEqual(entries.map(({ serial }) => serial));
});
