import {
  bitString,
  element,
  explicit,
  generalizedTime,
  integer,
  octetString,
  oid,
  sequence,
  time,
} from "#pki/der/writer.ts";
import { assertLintedCrl, crlRules, lintCrl } from "#pki/lint/index.ts";
import { encodeName } from "#pki/name.ts";
import { signatureAlgorithms } from "#pki/signature.ts";
import { makeHierarchy } from "../../support/hierarchy.ts";
import { encodeExtension } from "../../support/tbs.ts";

const now = new Date("2026-03-01T00:00:00Z");
const hierarchy = makeHierarchy({ now });
const issuer = hierarchy.issuing.certificate;
const leaf = hierarchy.leaf().certificate;
const identifier = issuer.subjectKeyIdentifier as Buffer;

const extension = (dotted: string, value: Buffer, critical = false) =>
  encodeExtension({ oid: dotted, critical, value });
const authorityKey = extension("2.5.29.35", sequence(element(0x80, identifier)));
const number = extension("2.5.29.20", integer(7));
const reason = (code: number) => extension("2.5.29.21", element(0x0a, Buffer.of(code)));
const invalidSince = (text: string) => extension("2.5.29.24", element(0x18, Buffer.from(text)));
const entry = (serial: Buffer, date: Buffer, ...extensions: Buffer[]) =>
  sequence(element(0x02, serial), date, ...(extensions.length > 0 ? [sequence(...extensions)] : []));

const day = time(now);
const good = {
  version: [integer(1)],
  algorithm: signatureAlgorithms["ecdsa-with-SHA256"].identifier,
  issuer: issuer.subject.der,
  thisUpdate: day,
  nextUpdate: [time(new Date("2026-03-02T00:00:00Z"))],
  entries: [entry(Buffer.of(5), day, reason(1), invalidSince("20260101000000Z")), entry(Buffer.of(6), day)] as
    | readonly Buffer[]
    | undefined,
  extensions: [authorityKey, number],
};
const encode = (fields: typeof good) =>
  sequence(
    ...fields.version,
    fields.algorithm,
    fields.issuer,
    fields.thisUpdate,
    ...fields.nextUpdate,
    ...(fields.entries === undefined ? [] : [sequence(...fields.entries)]),
    ...(fields.extensions.length > 0 ? [explicit(0, sequence(...fields.extensions))] : []),
  );
const unsigned = (change: Partial<typeof good>) => ({
  tbs: encode({ ...good, ...change }),
  algorithm: "ecdsa-with-SHA256" as const,
});

const rows: readonly { rule: string; defect: string; change: Partial<typeof good> }[] = [
  { rule: "crl-version-is-2", defect: "version 1", change: { version: [] } },
  {
    rule: "crl-algorithm-is-the-same-inside-and-outside",
    defect: "another algorithm inside",
    change: { algorithm: signatureAlgorithms["ecdsa-with-SHA384"].identifier },
  },
  {
    rule: "crl-issuer-may-sign-crls",
    defect: "another issuer name",
    change: { issuer: encodeName([{ type: "CN", value: "other" }]) },
  },
  { rule: "crl-has-a-number", defect: "no number", change: { extensions: [authorityKey] } },
  {
    rule: "crl-has-a-number",
    defect: "a negative number",
    change: { extensions: [authorityKey, extension("2.5.29.20", Buffer.from("0201ff", "hex"))] },
  },
  {
    rule: "crl-has-a-number",
    defect: "a number of 21 octets",
    change: { extensions: [authorityKey, extension("2.5.29.20", integer(Buffer.alloc(21, 1)))] },
  },
  { rule: "crl-has-authority-key-identifier", defect: "none", change: { extensions: [number] } },
  {
    rule: "crl-has-authority-key-identifier",
    defect: "another key's",
    change: { extensions: [number, extension("2.5.29.35", sequence(element(0x80, Buffer.alloc(20))))] },
  },
  { rule: "crl-has-next-update", defect: "no nextUpdate", change: { nextUpdate: [] } },
  { rule: "crl-has-next-update", defect: "nextUpdate = thisUpdate", change: { nextUpdate: [day] } },
  { rule: "crl-list-is-absent-when-empty", defect: "an empty list", change: { entries: [] } },
  { rule: "crl-times", defect: "GeneralizedTime before 2050", change: { thisUpdate: generalizedTime(now) } },
  {
    rule: "crl-times",
    defect: "a fractional invalidityDate on the last entry",
    change: {
      entries: [entry(Buffer.of(5), day), entry(Buffer.of(6), day, invalidSince("20260101000000.5Z"))],
    },
  },
  {
    rule: "crl-times",
    defect: "a revocationDate as GeneralizedTime",
    change: { entries: [entry(Buffer.of(5), generalizedTime(now))] },
  },
  ...[0, 7, 8, 11].map((code) => ({
    rule: "crl-reason-codes-are-legal",
    defect: `reason ${code}`,
    change: { entries: [entry(Buffer.of(5), day, reason(code))] },
  })),
  {
    rule: "crl-serials-are-positive",
    defect: "a negative serial",
    change: { entries: [entry(Buffer.of(0x85), day)] },
  },
  {
    rule: "crl-extensions",
    defect: "a delta CRL indicator",
    change: { extensions: [authorityKey, number, extension("2.5.29.27", integer(1), true)] },
  },
  {
    rule: "crl-extensions",
    defect: "an issuingDistributionPoint that is not critical",
    change: { extensions: [authorityKey, number, extension("2.5.29.28", sequence())] },
  },
  {
    rule: "crl-extensions",
    defect: "an entry of another issuer",
    change: { entries: [entry(Buffer.of(5), day, extension("2.5.29.29", sequence(), true))] },
  },
  {
    rule: "crl-extensions",
    defect: "a reason twice",
    change: { entries: [entry(Buffer.of(5), day, reason(1), reason(4))] },
  },
];

describe("CRL lint", () => {
  test("a good CRL has no finding, empty, unsigned and signed", () => {
    expect(lintCrl(unsigned({}), issuer)).toEqual([]);
    expect(lintCrl(unsigned({ entries: undefined }), issuer)).toEqual([]);
    const { tbs } = unsigned({});
    expect(lintCrl(sequence(tbs, good.algorithm, bitString(Buffer.of(1))), issuer)).toEqual([]);
  });

  test.each(rows)("$rule finds: $defect", ({ rule, change }) => {
    expect(lintCrl(unsigned(change), issuer).map((one) => one.rule)).toEqual([rule]);
  });

  test("every rule fails in some test", () => {
    const tested = new Set(rows.map((row) => row.rule));
    expect(crlRules.map((rule) => rule.name).filter((name) => !tested.has(name))).toEqual([]);
  });

  test("a CRL signed by a leaf is found", () => {
    expect(lintCrl(unsigned({}), leaf).map((one) => one.rule)).toContain("crl-issuer-may-sign-crls");
  });

  test("a rule reports once however many entries break it", () => {
    const entries = Array.from({ length: 100 }, () => entry(Buffer.of(5), day, reason(8)));
    expect(lintCrl(unsigned({ entries }), issuer)).toHaveLength(1);
  });

  test("a list entry that cannot be read is not well-formed", () => {
    const entries = [sequence(octetString(Buffer.of(1)), oid("1.2.3"))];
    expect(lintCrl(unsigned({ entries }), issuer)).toEqual([
      expect.objectContaining({ rule: "well-formed" }),
    ]);
  });

  test("assertLintedCrl throws code lint", () => {
    expect(() => assertLintedCrl(unsigned({ nextUpdate: [] }), issuer)).toThrow(
      expect.objectContaining({ code: "lint", fields: { rules: "crl-has-next-update" } }),
    );
  });
});
