import {
  boolean,
  element,
  generalizedTime,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  time,
} from "#pki/der/writer.ts";
import { assertLintedCertificate, certificateRules, lintCertificate } from "#pki/lint/index.ts";
import { encodeName } from "#pki/name.ts";
import { extensionOids as oids } from "#pki/oids.ts";
import { signatureAlgorithms } from "#pki/signature.ts";
import type { TbsCertificate } from "#pki/tbs-certificate.ts";
import type { Unsigned } from "#pki/unsigned.ts";
import { makeHierarchy, makeKeyPair } from "../../support/hierarchy.ts";
import { changeTbs, type TbsChange, withExtension } from "../../support/tbs.ts";

const now = new Date("2026-03-01T00:00:00Z");
const hierarchy = makeHierarchy({ now });
const root = hierarchy.root.certificate;
const issuing = hierarchy.issuing.certificate;
const leaf = hierarchy.leaf({ subjectAltNames: [{ kind: "dns", value: "a.example.com" }] }).certificate;
const rsa = makeKeyPair("RSA-2048").publicKey;

const unsigned = (one: typeof leaf): Unsigned => ({ tbs: one.tbs, algorithm: one.algorithm });
const keyUsage = (...bits: number[]) => ({ critical: true, value: namedBits(bits) });

interface Row {
  readonly rule: string;
  readonly defect: string;
  readonly of?: "leaf" | "issuing" | "root";
  readonly change: (fields: TbsCertificate) => TbsChange;
}
const extensions =
  (dotted: string, change: Parameters<typeof withExtension>[2]) => (fields: TbsCertificate) => ({
    extensions: withExtension(fields, dotted, change),
  });

const rows: readonly Row[] = [
  { rule: "version-is-3", defect: "version 1", change: () => ({ version: 1, extensions: [] }) },
  {
    rule: "serial-is-positive-and-short",
    defect: "a negative serial",
    change: () => ({ serial: Buffer.of(0x80, 1) }),
  },
  { rule: "serial-is-positive-and-short", defect: "serial zero", change: () => ({ serial: Buffer.of(0) }) },
  {
    rule: "serial-is-positive-and-short",
    defect: "21 octets",
    change: () => ({ serial: Buffer.alloc(21, 1) }),
  },
  {
    rule: "algorithm-is-the-same-inside-and-outside",
    defect: "an algorithm that the issuer's key cannot make",
    change: () => ({ algorithm: signatureAlgorithms.sha256WithRSAEncryption.identifier }),
  },
  {
    rule: "algorithm-is-the-same-inside-and-outside",
    defect: "SHA-1",
    change: () => ({ algorithm: sequence(oid("1.2.840.10045.4.1")) }),
  },
  {
    rule: "issuer-is-the-issuers-subject",
    defect: "the same name in another encoding",
    change: () => ({ issuer: encodeName([{ type: "CN", value: "Example issuing g1" }]) }),
  },
  {
    rule: "issuer-is-the-issuers-subject",
    of: "root",
    defect: "a root with another issuer",
    change: () => ({ issuer: encodeName([{ type: "CN", value: "other" }]) }),
  },
  {
    rule: "validity-is-in-order",
    defect: "notAfter equal to notBefore",
    change: ({ notBefore }) => ({ notAfter: notBefore }),
  },
  {
    rule: "validity-ends-with-the-issuers",
    defect: "one second more than the issuer",
    change: () => ({ notAfter: time(new Date(issuing.notAfter.getTime() + 1000)) }),
  },
  {
    rule: "time-form-follows-the-year",
    defect: "GeneralizedTime before 2050",
    change: () => ({ notAfter: generalizedTime(new Date("2026-04-01T00:00:00Z")) }),
  },
  {
    rule: "time-form-follows-the-year",
    defect: "fractional seconds",
    change: () => ({ notAfter: element(0x18, Buffer.from("20500101000000.5Z")) }),
  },
  {
    rule: "subject-or-alternative-name",
    defect: "neither",
    change: (fields) => ({
      subject: sequence(),
      extensions: withExtension(fields, oids.subjectAltName, undefined),
    }),
  },
  {
    rule: "subject-or-alternative-name",
    defect: "an empty subject with an alternative name that is not critical",
    change: () => ({ subject: sequence() }),
  },
  {
    rule: "subject-or-alternative-name",
    of: "issuing",
    defect: "a CA without subject",
    change: () => ({ subject: sequence() }),
  },
  {
    rule: "public-key-is-accepted",
    defect: "an Ed25519 key",
    change: () => ({ spki: sequence(sequence(oid("1.3.101.112")), element(0x03, Buffer.alloc(33))) }),
  },
  {
    rule: "no-unique-identifiers",
    defect: "a subjectUniqueID",
    change: () => ({ uniqueIdentifiers: true }),
  },
  {
    rule: "no-extension-twice",
    defect: "keyUsage twice",
    change: ({ extensions: all }) => ({ extensions: [...all, ...all.slice(1, 2)] }),
  },
  {
    rule: "extensions-are-known-and-readable",
    defect: "a foreign extension",
    change: extensions("1.2.3.4", { value: sequence() }),
  },
  {
    rule: "extensions-are-known-and-readable",
    defect: "trailing bytes in an extension",
    change: extensions(oids.subjectKeyIdentifier, {
      value: Buffer.concat([octetString(leaf.subjectKeyIdentifier ?? Buffer.alloc(0)), Buffer.of(5, 0)]),
    }),
  },
  {
    rule: "extensions-are-known-and-readable",
    defect: "an unreadable authorityInfoAccess",
    change: extensions(oids.authorityInfoAccess, { value: sequence(sequence(oid("1.2.3"))) }),
  },
  {
    rule: "criticality",
    defect: "keyUsage not critical",
    change: extensions(oids.keyUsage, { critical: false }),
  },
  {
    rule: "criticality",
    defect: "a critical authority key identifier",
    change: extensions(oids.authorityKeyIdentifier, { critical: true }),
  },
  {
    rule: "key-identifiers-match",
    defect: "another subject key identifier",
    change: extensions(oids.subjectKeyIdentifier, { value: octetString(Buffer.alloc(20, 7)) }),
  },
  {
    rule: "key-identifiers-match",
    defect: "another authority key identifier",
    change: extensions(oids.authorityKeyIdentifier, { value: sequence(element(0x80, Buffer.alloc(20, 7))) }),
  },
  {
    rule: "key-identifiers-match",
    defect: "no authority key identifier",
    change: extensions(oids.authorityKeyIdentifier, undefined),
  },
  {
    rule: "ca-flag-agrees-with-key-usage",
    defect: "keyCertSign on a leaf",
    change: extensions(oids.keyUsage, keyUsage(0, 5)),
  },
  {
    rule: "ca-flag-agrees-with-key-usage",
    of: "issuing",
    defect: "a CA without cRLSign",
    change: extensions(oids.keyUsage, keyUsage(5)),
  },
  {
    rule: "ca-flag-agrees-with-key-usage",
    defect: "no key usage",
    change: extensions(oids.keyUsage, undefined),
  },
  {
    rule: "key-usage-fits-the-key",
    defect: "keyEncipherment on an EC key",
    change: extensions(oids.keyUsage, keyUsage(0, 2)),
  },
  {
    rule: "key-usage-fits-the-key",
    defect: "keyAgreement on an RSA key",
    change: (fields) => ({
      spki: rsa.spki,
      extensions: withExtension(fields, oids.keyUsage, keyUsage(0, 4)),
    }),
  },
  {
    rule: "leaf-has-extended-key-usage",
    defect: "none",
    change: extensions(oids.extendedKeyUsage, undefined),
  },
  {
    rule: "leaf-has-extended-key-usage",
    defect: "any purpose",
    change: extensions(oids.extendedKeyUsage, { value: sequence(oid("2.5.29.37.0")) }),
  },
  {
    rule: "leaf-has-extended-key-usage",
    of: "issuing",
    defect: "one on a CA",
    change: extensions(oids.extendedKeyUsage, { value: sequence(oid("1.3.6.1.5.5.7.3.2")) }),
  },
  {
    rule: "issuer-may-issue",
    defect: "a CA below a path length of 0",
    change: (fields) => ({
      extensions: withExtension(
        { ...fields, extensions: withExtension(fields, oids.keyUsage, keyUsage(5, 6)) },
        oids.basicConstraints,
        { value: sequence(boolean(true), integer(0)) },
      ),
    }),
  },
];

const targets = {
  leaf: [leaf, issuing],
  issuing: [issuing, root],
  root: [root, undefined],
} as const;

describe("certificate lint", () => {
  test.each(["leaf", "issuing", "root"] as const)("a good %s has no finding", (name) => {
    const [certificate, issuer] = targets[name];
    expect(lintCertificate(unsigned(certificate), issuer)).toEqual([]);
    expect(lintCertificate(certificate.der, issuer)).toEqual([]);
    expect(lintCertificate(certificate.tbs, issuer)).toEqual([]);
  });

  test.each(rows)("$rule finds: $defect", ({ rule, of = "leaf", change }) => {
    const [certificate, issuer] = targets[of];
    const findings = lintCertificate(changeTbs(unsigned(certificate), change), issuer);
    expect(findings.map((one) => one.rule)).toContain(rule);
    expect(findings.find((one) => one.rule === rule)?.reference).toMatch(/^RFC \d+ /);
  });

  test("every rule fails in some test", () => {
    const tested = new Set(rows.map((row) => row.rule));
    expect(certificateRules.map((rule) => rule.name).filter((name) => !tested.has(name))).toEqual([]);
  });

  test("different algorithms inside and outside are found", () => {
    const findings = lintCertificate({ tbs: leaf.tbs, algorithm: "ecdsa-with-SHA384" }, issuing);
    expect(findings).toEqual([expect.objectContaining({ rule: "algorithm-is-the-same-inside-and-outside" })]);
  });

  test("a leaf issued by a leaf is found", () => {
    const other = hierarchy.leaf().certificate;
    expect(lintCertificate(unsigned(leaf), other).map((one) => one.rule)).toContain("issuer-may-issue");
  });

  test("with an unknown issuer the rules about the certificate itself remain", () => {
    expect(lintCertificate(leaf.der, "unknown")).toEqual([]);
    expect(lintCertificate(leaf.der).map((one) => one.rule)).toContain("issuer-may-issue");
    const bad = changeTbs(unsigned(leaf), () => ({ serial: Buffer.of(0) }));
    expect(lintCertificate(bad, "unknown").map((one) => one.rule)).toEqual(["serial-is-positive-and-short"]);
  });

  test("bytes that are no certificate are not well-formed", () => {
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(1000), leaf.der.subarray(0, -1)])
      expect(lintCertificate(bytes, issuing).map((one) => one.rule)).toEqual(["well-formed"]);
  });

  test("assertLintedCertificate throws code lint with every rule", () => {
    const bad = changeTbs(unsigned(leaf), (fields) => ({
      serial: Buffer.of(0),
      extensions: withExtension(fields, oids.extendedKeyUsage, undefined),
    }));
    expect(() => assertLintedCertificate(bad, issuing)).toThrow(
      expect.objectContaining({
        code: "lint",
        fields: { rules: "leaf-has-extended-key-usage,serial-is-positive-and-short" },
      }),
    );
  });
});
