// What the writer promises, and what it refuses to write.
import fc from "fast-check";
import { openCrl, readUnverifiedCrl } from "#pki/crl/open.ts";
import { type CrlReason, reasonNumbers } from "#pki/crl/reasons.ts";
import { prepareCrl, type Revocation } from "#pki/crl/write.ts";
import { PkiError } from "#pki/errors.ts";
import { makeHierarchy, signWith } from "../../../support/hierarchy.ts";
import { at, extension, idCe, now, rebuilt } from "../../../vectors/own/build-crl.ts";

const { root, issuing } = makeHierarchy({ now });
const issuer = issuing.certificate;
const options = { issuer, number: 1, thisUpdate: at(-60), nextUpdate: at(3600) };
const write = (entries: Revocation[], more: Partial<Parameters<typeof prepareCrl>[0]> = {}) =>
  signWith(issuing.privateKey, prepareCrl({ ...options, ...more, entries }));
const entry = (serial: string, more: Partial<Revocation> = {}): Revocation => ({
  serial,
  revokedAt: at(-90),
  ...more,
});

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof PkiError ? error.code : String(error);
  }
}

test("nothing revoked: the list is absent, not empty", () => {
  const crl = openCrl(write([]), issuer);
  expect([crl.entries, crl.version]).toEqual([0, 2]);
});

test("number, authority key and times are written as given, thisUpdate not backdated", () => {
  const crl = openCrl(write([], { number: 1n << 158n, thisUpdate: now }), issuer);
  expect([crl.number, crl.thisUpdate, crl.nextUpdate]).toEqual([1n << 158n, now, at(3600)]);
  expect(crl.issuingDistributionPoint).toBeUndefined();
});

test("a distribution point is written only where it is configured", () => {
  const distributionPoint = "http://crl.example.com/a.crl";
  const crl = openCrl(write([], { distributionPoint }), issuer);
  expect(crl.issuingDistributionPoint).toEqual({ uris: [distributionPoint] });
});

test("sub-seconds are cut off; from 2050 on a GeneralizedTime is written", () => {
  const entries = [
    entry("01", { revokedAt: new Date("2049-12-31T23:59:59.999Z") }),
    entry("02", { revokedAt: new Date("2050-01-01T00:00:00Z") }),
  ];
  const der = write(entries);
  expect([...readUnverifiedCrl(der).revocations()].map(({ revokedAt }) => revokedAt.toISOString())).toEqual([
    "2049-12-31T23:59:59.000Z",
    "2050-01-01T00:00:00.000Z",
  ]);
  expect([der.includes("491231235959Z"), der.includes("20500101000000Z")]).toEqual([true, true]);
});

test.each<[string, () => unknown, string]>([
  ["a serial twice", () => write([entry("01"), entry("02"), entry("01")]), "crl"],
  ["an empty serial", () => write([entry("")]), "serial"],
  ["a serial in capitals", () => write([entry("0A")]), "serial"],
  ["a serial of half an octet", () => write([entry("abc")]), "serial"],
  ["a serial that is no hex", () => write([entry("0x01")]), "serial"],
  ["a serial that is not minimal", () => write([entry("0001")]), "serial"],
  ["serial zero", () => write([entry("00")]), "serial"],
  ["a negative serial", () => write([entry("81")]), "serial"],
  ["a serial of 21 octets", () => write([entry("01".repeat(21))]), "serial"],
  ["reason unspecified", () => write([entry("01", { reason: "unspecified" as CrlReason })]), "crl"],
  ["reason removeFromCRL", () => write([entry("01", { reason: "removeFromCRL" as CrlReason })]), "crl"],
  ["a reason of the prototype", () => write([entry("01", { reason: "constructor" as CrlReason })]), "crl"],
  ["a revocation date that is none", () => write([entry("01", { revokedAt: new Date(Number.NaN) })]), "crl"],
  [
    "an invalidity date that is none",
    () => write([entry("01", { invalidSince: new Date(Number.NaN) })]),
    "crl",
  ],
  ["a negative number", () => write([], { number: -1 }), "crl"],
  ["a number of 21 octets", () => write([], { number: 1n << 159n }), "crl"],
  ["nextUpdate not after thisUpdate", () => write([], { nextUpdate: at(-60) }), "crl"],
  ["dates that are none", () => write([], { nextUpdate: new Date(Number.NaN) }), "crl"],
  ["a distribution point that is no URI", () => write([], { distributionPoint: "not a uri" }), "name"],
])("%s is refused", (_, run, code) => {
  expect(codeOf(run)).toBe(code);
});

test("an issuer that may not sign CRLs signs none", () => {
  const usage = extension(idCe(15), Buffer.from("03020204", "hex"), true);
  const other = rebuilt(issuer, root, {
    change: (all) => all.map((one) => (one.includes(Buffer.from("0603551d0f", "hex")) ? usage : one)),
  });
  expect(codeOf(() => write([], { issuer: other }))).toBe("crl");
});

const serial = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .map((octets) => Buffer.from(octets))
  .filter(([first = 0, second = 0x80]) => first < 0x80 && (first > 0 || second >= 0x80))
  .map((octets) => octets.toString("hex"))
  .filter((text) => text !== "00");
const moment = fc.integer({ min: -631152000, max: 4102444800 }).map((seconds) => new Date(seconds * 1000));
const revocation = fc.record(
  {
    serial,
    revokedAt: moment,
    reason: fc.constantFrom(...(Object.keys(reasonNumbers) as CrlReason[])),
    invalidSince: moment,
  },
  { requiredKeys: ["serial", "revokedAt"] },
);

test("any list comes back as it went in, and every serial is found, cold and warm", () => {
  fc.assert(
    fc.property(fc.uniqueArray(revocation, { selector: (one) => one.serial, maxLength: 60 }), (entries) => {
      const der = write(entries);
      const crl = openCrl(der, issuer);
      expect([...crl.revocations()]).toEqual(entries);
      expect(crl.entries).toBe(entries.length);
      for (const one of entries) {
        expect(readUnverifiedCrl(der).find(one.serial)).toEqual(one);
        expect(crl.find(one.serial)).toEqual(one);
        expect(crl.find(`${one.serial}00`) ?? crl.find(`01${one.serial}`)).toEqual(
          entries.find((other) => other.serial === `${one.serial}00` || other.serial === `01${one.serial}`),
        );
      }
    }),
    { numRuns: 60, seed: 20260601 },
  );
});

test("100,000 entries: the index takes at most 9 bytes an entry, and finds the first, the last and no other", () => {
  const serialOf = (i: number) => (0x4000_0000 + i).toString(16);
  const entries = Array.from({ length: 100_000 }, (_, i) =>
    entry(serialOf(i), i % 3 ? {} : { reason: "superseded" }),
  );
  const crl = openCrl(write(entries), issuer);
  crl.find("01");
  for (const i of [0, 1, 50_000, 99_999]) expect(crl.find(serialOf(i))?.serial).toBe(serialOf(i));
  for (const i of [-1, 100_000]) expect(crl.find(serialOf(i))).toBeUndefined();
  expect(crl.entries).toBe(100_000);
  expect(crl.indexBytes / crl.entries).toBeLessThanOrEqual(9);
});
