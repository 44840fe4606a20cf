import { sign } from "node:crypto";
import { parseCsr } from "#pki/csr.ts";
import {
  bitString,
  boolean,
  element,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  set,
  utf8String,
} from "#pki/der/writer.ts";
import { prepareLeaf } from "#pki/issue.ts";
import { lintCertificate } from "#pki/lint/index.ts";
import { encodeName, type NameAttribute } from "#pki/name.ts";
import { applyProfile, type Profile } from "#pki/profile.ts";
import type { KeyType } from "#pki/public-key.ts";
import { randomSerial } from "#pki/serial.ts";
import { signatureAlgorithms, signingAlgorithmFor } from "#pki/signature.ts";
import { makeHierarchy, makeKeyPair } from "../../support/hierarchy.ts";
import { encodeExtension } from "../../support/tbs.ts";

const now = new Date("2026-03-01T00:00:00.500Z");
const { issuing, leaf } = makeHierarchy({ now });
const issuer = issuing.certificate;
const keys = new Map<KeyType, ReturnType<typeof makeKeyPair>>();
const keyOf = (keyType: KeyType) => {
  const key = keys.get(keyType) ?? makeKeyPair(keyType);
  keys.set(keyType, key);
  return key;
};

const profile: Profile = {
  maxDays: 397,
  keyTypes: ["P-256", "RSA-2048"],
  subject: { allowed: ["CN", "OU", "DC"], required: ["CN", "OU"], fixed: { O: "Example Ltd", C: "GB" } },
  subjectAltNames: [
    { kind: "dns", pattern: "[a-z0-9-]+\\.example\\.com" },
    { kind: "dns", pattern: "one|two" },
    { kind: "uri", pattern: "spiffe://example\\.com/.+" },
    { kind: "ip", pattern: "192\\.0\\.2\\.\\d+|2001:db8::[0-9a-f]+" },
    { kind: "email", pattern: ".+@example\\.com" },
  ],
  extendedKeyUsage: ["clientAuth", "serverAuth"],
};
const good: readonly NameAttribute[] = [
  { type: "CN", value: "partner-a" },
  { type: "OU", value: "Partners" },
];

interface Wish {
  readonly subject?: readonly NameAttribute[];
  readonly subjectDer?: Buffer;
  readonly keyType?: KeyType;
  readonly names?: readonly Buffer[];
  readonly extensions?: readonly Buffer[];
}
const dns = (text: string) => element(0x82, Buffer.from(text));
const wish = (dotted: string, value: Buffer, critical = false) =>
  encodeExtension({ oid: dotted, critical, value });
const purposes = (...dotted: string[]) => wish("2.5.29.37", sequence(...dotted.map((one) => oid(one))));
const clientAuth = "1.3.6.1.5.5.7.3.2";

function csrOf({ subject = good, subjectDer, keyType = "P-256", names = [], extensions = [] }: Wish) {
  const key = keyOf(keyType);
  const wishes = [...(names.length > 0 ? [wish("2.5.29.17", sequence(...names))] : []), ...extensions];
  const attribute = sequence(oid("1.2.840.113549.1.9.14"), set(sequence(...wishes)));
  const info = sequence(
    integer(0),
    subjectDer ?? encodeName(subject),
    key.publicKey.spki,
    element(0xa0, ...(wishes.length > 0 ? [attribute] : [])),
  );
  const { identifier, hash } = signatureAlgorithms[signingAlgorithmFor(key.publicKey)];
  return parseCsr(sequence(info, identifier, bitString(sign(hash, info, key.privateKey))));
}
const apply = (wished: Wish, change: Partial<Profile> = {}, validSeconds?: number) =>
  applyProfile({
    profile: { ...profile, ...change },
    csr: csrOf(wished),
    issuer,
    now,
    ...(validSeconds !== undefined && { validSeconds }),
  });

describe("what a profile grants", () => {
  test("the subject in one order, fixed attributes added, the longest validity, backdated by a minute", () => {
    expect(apply({})).toEqual({
      publicKey: keyOf("P-256").publicKey,
      subject: [
        { type: "C", value: "GB" },
        { type: "O", value: "Example Ltd" },
        { type: "OU", value: "Partners" },
        { type: "CN", value: "partner-a" },
      ],
      subjectAltNames: [],
      extendedKeyUsage: ["clientAuth", "serverAuth"],
      // Never before the issuer itself is valid.
      notBefore: issuer.notBefore,
      notAfter: new Date(Date.parse("2026-03-01T00:00:00Z") + 397 * 24 * 3600 * 1000),
    });
  });

  test("notBefore is a minute before now", () => {
    const later = new Date("2026-04-01T12:00:30.700Z");
    const content = applyProfile({ profile, csr: csrOf({}), issuer, now: later, validSeconds: 1 });
    expect(content.notBefore).toEqual(new Date("2026-04-01T11:59:30Z"));
    expect(content.notAfter).toEqual(new Date("2026-04-01T12:00:31Z"));
  });

  test("a fixed attribute may be asked for with its own value", () => {
    expect(apply({ subject: [...good, { type: "O", value: "Example Ltd" }] }).subject).toEqual(
      apply({}).subject,
    );
  });

  test("alternative names that match, fewer purposes, several domain components", () => {
    const content = apply({
      subject: [{ type: "DC", value: "com" }, { type: "DC", value: "example" }, ...good],
      names: [
        dns("a.example.com"),
        dns("two"),
        element(0x87, Buffer.of(192, 0, 2, 7)),
        element(0x86, Buffer.from("spiffe://example.com/a")),
      ],
      extensions: [
        purposes(clientAuth),
        wish("2.5.29.19", sequence()),
        wish("2.5.29.15", namedBits([0, 1])),
        wish("2.5.29.14", octetString(Buffer.of(1))),
      ],
    });
    expect(content.subject.slice(0, 2).map((one) => one.value)).toEqual(["com", "example"]);
    expect(content.subjectAltNames).toEqual([
      { kind: "dns", value: "a.example.com" },
      { kind: "dns", value: "two" },
      { kind: "ip", value: "192.0.2.7" },
      { kind: "uri", value: "spiffe://example.com/a" },
    ]);
    expect(content.extendedKeyUsage).toEqual(["clientAuth"]);
  });

  test.each(["P-256", "RSA-2048"] as const)("a leaf of it passes the lint: %s", (keyType) => {
    const content = apply({ keyType, names: [dns("a.example.com")] });
    const unsigned = prepareLeaf({ ...content, issuer, serial: randomSerial() });
    expect(lintCertificate(unsigned, issuer)).toEqual([]);
  });
});

describe("what a profile refuses", () => {
  const multiValued = sequence(
    set(sequence(oid("2.5.4.3"), utf8String("partner-a")), sequence(oid("2.5.4.11"), utf8String("Partners"))),
  );
  test.each<[string, Wish, Partial<Profile>, number | undefined, RegExp]>([
    ["a second more than the longest", {}, {}, 397 * 86400 + 1, /validity of 34300801 seconds/],
    ["no time at all", {}, {}, 0, /validity of 0 seconds/],
    ["a negative validity", {}, {}, -5, /validity of -5 seconds/],
    ["half a second", {}, {}, 0.5, /validity of 0.5 seconds/],
    ["no number", {}, {}, Number.NaN, /validity of NaN seconds/],
    ["a leaf that outlives its issuer", {}, { maxDays: 3650 }, undefined, /outlives the issuing certificate/],
    [
      "an attribute that is not allowed",
      { subject: [...good, { type: "L", value: "x" }] },
      {},
      undefined,
      /subject L is not allowed/,
    ],
    ["a missing attribute", { subject: good.slice(0, 1) }, {}, undefined, /subject OU is missing/],
    [
      "another value of a fixed one",
      { subject: [...good, { type: "O", value: "Evil Ltd" }] },
      {},
      undefined,
      /subject O is "Evil Ltd"/,
    ],
    [
      "two common names",
      { subject: [...good, { type: "CN", value: "admin" }] },
      {},
      undefined,
      /subject CN stands there more than once/,
    ],
    [
      "two units",
      { subject: [...good, { type: "OU", value: "Admins" }] },
      {},
      undefined,
      /subject OU stands there more than once/,
    ],
    ["a multi-valued RDN", { subjectDer: multiValued }, {}, undefined, /RDN of several attributes/],
    [
      "an attribute of an unknown type",
      { subjectDer: sequence(set(sequence(oid("1.2.3"), utf8String("x")))) },
      {},
      undefined,
      /subject 1\.2\.3 is not allowed/,
    ],
    [
      "a line feed in a name",
      { subjectDer: sequence(set(sequence(oid("2.5.4.3"), utf8String("a\nb")))) },
      {},
      undefined,
      /control characters/,
    ],
    [
      "a name of 65 characters",
      { subjectDer: sequence(set(sequence(oid("2.5.4.3"), utf8String("x".repeat(65))))) },
      {},
      undefined,
      /65 characters/,
    ],
    ["a key type that is not listed", { keyType: "P-384" }, {}, undefined, /key type P-384/],
    [
      "a DNS name that only ends right",
      { names: [dns("evil.com.a.example.com")] },
      {},
      undefined,
      /matches none/,
    ],
    [
      "a DNS name that only begins right",
      { names: [dns("a.example.com.evil")] },
      {},
      undefined,
      /matches none/,
    ],
    [
      "an alternative of a pattern that only begins right",
      { names: [dns("onex")] },
      {},
      undefined,
      /matches none/,
    ],
    ["a wildcard", { names: [dns("*.example.com")] }, {}, undefined, /matches none/],
    [
      "a kind without patterns",
      { names: [dns("a.example.com")] },
      { subjectAltNames: [] },
      undefined,
      /kind dns are not allowed/,
    ],
    [
      "a directory name",
      { names: [element(0xa4, encodeName(good))] },
      {},
      undefined,
      /kind other are not allowed/,
    ],
    [
      "a name twice",
      { names: [dns("a.example.com"), dns("a.example.com")] },
      {},
      undefined,
      /stands there twice/,
    ],
    [
      "another purpose",
      { extensions: [purposes("1.3.6.1.5.5.7.3.3")] },
      {},
      undefined,
      /extended key usage 1\.3\.6/,
    ],
    [
      "any purpose",
      { extensions: [purposes("2.5.29.37.0")] },
      {},
      undefined,
      /extended key usage 2\.5\.29\.37\.0/,
    ],
    [
      "a purpose that this profile lacks",
      { extensions: [purposes(clientAuth)] },
      { extendedKeyUsage: ["serverAuth"] },
      undefined,
      /extended key usage clientAuth/,
    ],
    ["a profile without purposes", {}, { extendedKeyUsage: [] }, undefined, /needs an extended key usage/],
    [
      "a wish to become a CA",
      { extensions: [wish("2.5.29.19", sequence(boolean(true)))] },
      {},
      undefined,
      /become a CA/,
    ],
    [
      "a wish to sign certificates",
      { extensions: [wish("2.5.29.15", namedBits([0, 5]))] },
      {},
      undefined,
      /key usage keyCertSign/,
    ],
    [
      "a wish to sign CRLs",
      { extensions: [wish("2.5.29.15", namedBits([6]))] },
      {},
      undefined,
      /key usage cRLSign/,
    ],
    [
      "any other extension",
      { extensions: [wish("2.5.29.30", sequence(), true)] },
      {},
      undefined,
      /extension 2\.5\.29\.30/,
    ],
    [
      "no name at all",
      { subject: [] },
      { subject: { allowed: [], required: [], fixed: {} } },
      undefined,
      /neither a subject nor/,
    ],
  ])("%s", (_, wished, change, validSeconds, message) => {
    expect(() => apply(wished, change, validSeconds)).toThrow(
      expect.objectContaining({ code: "profile", message: expect.stringMatching(message) }),
    );
  });

  test("all reasons at once", () => {
    expect(() => apply({ keyType: "P-384", subject: good.slice(0, 1) }, {}, 0)).toThrow(
      expect.objectContaining({ fields: { problems: 3 } }),
    );
  });

  test("a request that names a key of the object prototype is not special", () => {
    const named = { allowed: ["CN", "OU"], required: [], fixed: {} };
    expect(apply({}, { subject: named }).subject).toHaveLength(2);
  });
});

describe("prepareLeaf", () => {
  const content = apply({});
  test.each<[string, Partial<Parameters<typeof prepareLeaf>[0]>, string]>([
    ["a leaf that outlives its issuer", { notAfter: new Date(issuer.notAfter.getTime() + 1000) }, "lint"],
    ["notAfter before notBefore", { notAfter: new Date("2020-01-01T00:00:00Z") }, "lint"],
    ["no purpose", { extendedKeyUsage: [] }, "lint"],
    ["neither subject nor alternative name", { subject: [] }, "lint"],
    ["an issuer that is a leaf", { issuer: leaf().certificate }, "lint"],
    ["serial 0", { serial: "00" }, "lint"],
    ["a negative serial", { serial: "ff" }, "serial"],
    ["a padded serial", { serial: "0001" }, "serial"],
    ["a serial in capitals", { serial: "0A" }, "serial"],
    ["an empty serial", { serial: "" }, "serial"],
    ["a serial of 21 octets", { serial: "01".repeat(21) }, "lint"],
    ["an alternative name that is none", { subjectAltNames: [{ kind: "dns", value: "a b" }] }, "name"],
    ["a distribution point that is no URI", { crlDistributionPoint: "crl.example.com" }, "name"],
  ])("refuses %s", (_, change, code) => {
    expect(() => prepareLeaf({ ...content, issuer, serial: randomSerial(), ...change })).toThrow(
      expect.objectContaining({ code }),
    );
  });

  test("an empty subject makes the alternative name critical", () => {
    const unsigned = prepareLeaf({
      ...content,
      issuer,
      serial: randomSerial(),
      subject: [],
      subjectAltNames: [{ kind: "dns", value: "a.example.com" }],
    });
    expect(unsigned.tbs.toString("hex")).toContain("0603551d110101ff");
  });
});
