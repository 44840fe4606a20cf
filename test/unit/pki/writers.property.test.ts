// Whatever our writers are asked for, our readers and the real OpenSSL read the same from it: certificates and CRLs,
// for every kind of key. Fixed seed; the keys are new at every run.
import fc from "fast-check";
import { parseCertificate } from "#pki/certificate.ts";
import { judge } from "#pki/crl/judge.ts";
import { prepareCrl } from "#pki/crl/write.ts";
import { encodePem } from "#pki/pem.ts";
import type { KeyType } from "#pki/public-key.ts";
import { makeHierarchy, signWith } from "../../support/hierarchy.ts";
import { withOpenssl } from "../../support/openssl.ts";

jest.setTimeout(120_000);

const now = new Date("2026-06-01T12:00:00Z");
const keyTypes: KeyType[] = ["P-256", "P-384", "RSA-2048", "RSA-3072"];
const runs = 8;

/** Text as people have it in names: letters of any script, and what escaping is for. */
const text = fc
  .array(fc.constantFrom(..."aZ09 -.'()+,/:=?\\\"<>;#éßЖ漢"), { minLength: 1, maxLength: 40 })
  .map((letters) => letters.join("").trim())
  .filter((value) => value.length > 0);
const subject = fc.record({ O: text, OU: text, CN: text }).map(({ O, OU, CN }) => [
  { type: "O", value: O },
  { type: "OU", value: OU },
  { type: "CN", value: CN },
]);
const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
const altNames = fc.uniqueArray(
  fc.oneof(
    label.map((value) => ({ kind: "dns" as const, value: `${value}.example.com` })),
    fc.ipV4().map((value) => ({ kind: "ip" as const, value })),
    label.map((value) => ({ kind: "email" as const, value: `${value}@example.com` })),
    label.map((value) => ({ kind: "uri" as const, value: `spiffe://example.com/${value}` })),
  ),
  { maxLength: 5, selector: ({ kind, value }) => `${kind}:${value}` },
);
const seconds = fc.integer({ min: 1, max: 20_000_000 });
const entries = fc.uniqueArray(
  fc.record({
    serial: fc.bigInt({ min: 1n, max: 2n ** 120n }).map(serialOf),
    revokedAt: seconds.map((ago) => new Date(now.getTime() - ago * 1000)),
    reason: fc.constantFrom(
      undefined,
      "keyCompromise" as const,
      "superseded" as const,
      "certificateHold" as const,
    ),
  }),
  { maxLength: 40, selector: ({ serial }) => serial },
);

describe.each(keyTypes)("leaf key and issuing key %s", (keyType) => {
  const hierarchy = makeHierarchy({ now, root: "P-384", issuing: keyType });
  const { root, issuing } = hierarchy;

  test("certificates and CRLs say what was asked for, to us and to OpenSSL", async () => {
    await fc.assert(
      fc.asyncProperty(
        subject,
        altNames,
        entries,
        fc.boolean(),
        async (names, subjectAltNames, listed, isRevoked) => {
          const leaf = hierarchy.leaf({ keyType, subject: names, subjectAltNames }).certificate;
          const read = parseCertificate(leaf.der);
          expect(read.subject.attributes).toEqual(names);
          expect((read.subjectAltNames ?? []).map(({ kind, value }) => ({ kind, value }))).toEqual(
            subjectAltNames,
          );

          const own = isRevoked
            ? [{ serial: leaf.serial, revokedAt: now, reason: "keyCompromise" as const }]
            : [];
          const crl = signWith(
            issuing.privateKey,
            prepareCrl({
              issuer: issuing.certificate,
              number: 1,
              thisUpdate: new Date(now.getTime() - 60_000),
              nextUpdate: new Date(now.getTime() + 3_600_000),
              entries: [
                ...listed.map(({ reason, ...one }) => ({ ...one, ...(reason ? { reason } : {}) })),
                ...own,
              ],
            }),
          );
          const verdict = judge({ certificate: leaf, issuers: [issuing.certificate], crls: [crl], now });
          expect(verdict.status).toBe(isRevoked ? "revoked" : "good");
          expect(await opensslSays(leaf.der, crl)).toMatch(
            isRevoked ? /certificate revoked/ : /^leaf\.pem: OK\n$/,
          );
        },
      ),
      { numRuns: runs, seed: 5280 },
    );
  });

  function opensslSays(leaf: Buffer, crl: Buffer): Promise<string> {
    return withOpenssl(async (folder) => {
      await folder.write("root.pem", encodePem("CERTIFICATE", root.certificate.der));
      await folder.write("issuing.pem", encodePem("CERTIFICATE", issuing.certificate.der));
      await folder.write("leaf.pem", encodePem("CERTIFICATE", leaf));
      await folder.write("list.pem", encodePem("X509 CRL", crl));
      const { stdout, stderr } = await folder.openssl(
        ...["verify", "-x509_strict", "-purpose", "sslclient", "-crl_check"],
        ...["-attime", String(now.getTime() / 1000)],
        ...["-CAfile", "root.pem", "-untrusted", "issuing.pem", "-CRLfile", "list.pem", "leaf.pem"],
      );
      return stdout + stderr;
    });
  }
});

/** The content octets of a positive INTEGER, hex. */
function serialOf(value: bigint): string {
  const hex = value.toString(16);
  const even = hex.length % 2 === 1 ? `0${hex}` : hex;
  return Number.parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even;
}
