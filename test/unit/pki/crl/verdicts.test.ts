// Every reason for "unknown", each a step away from a good CRL; made afresh with new keys.
import { parseCertificate } from "#pki/certificate.ts";
import { judge, judgeChain } from "#pki/crl/judge.ts";
import { maxCrlBytes } from "#pki/crl/list.ts";
import { lookUp } from "#pki/crl/look-up.ts";
import { openCrl, readUnverifiedCrl } from "#pki/crl/open.ts";
import { revocationUnknownCodes, unknownCodeOf } from "#pki/crl/unknown.ts";
import { integer, time } from "#pki/der/writer.ts";
import { PkiError } from "#pki/errors.ts";
import { makeHierarchy } from "../../../support/hierarchy.ts";
import { at, buildCrl, entry, entryExtensions, now, number, reason } from "../../../vectors/own/build-crl.ts";
import { issuerWithUnacceptedKey, makeCases } from "../../../vectors/own/cases.ts";

const hierarchy = makeHierarchy({ now });
const { root, issuing } = hierarchy;
const cases = makeCases(hierarchy);
const client = hierarchy.leaf().certificate;

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return unknownCodeOf(error);
  }
}

test.each(cases.map((one) => [one.name, one] as const))("%s", (_, { verdict, code, at: moment, ...rest }) => {
  const got = judge({ ...rest, now: moment });
  expect(got.status === "unknown" ? got.code : got.status).toBe(code ?? verdict);
});

test("the table has a case for every code, but for the two that need bytes of their own below", () => {
  const covered = new Set<string | undefined>(cases.map(({ code }) => code));
  expect(revocationUnknownCodes.filter((code) => !covered.has(code))).toEqual(["size", "issuer-key"]);
});

test("a CRL larger than any that is read: size", () => {
  expect(codeOf(() => openCrl(Buffer.alloc(maxCrlBytes + 1), issuing.certificate))).toBe("size");
});

test("an issuer whose key is not accepted: issuer-key", () => {
  const issuer = issuerWithUnacceptedKey(hierarchy);
  expect(codeOf(() => openCrl(buildCrl(issuing, { extensions: [number()] }), issuer))).toBe("issuer-key");
});

test("a revoked certificate's reason and time are told; no reason is unspecified", () => {
  const crl = (...rest: Buffer[]) =>
    buildCrl(issuing, { entries: [entry(client.serial, time(at(-90)), ...rest)] });
  const ask = (der: Buffer) => lookUp(openCrl(der, issuing.certificate), client, now);
  expect(ask(crl(entryExtensions(reason(6))))).toEqual({
    status: "revoked",
    reason: "certificateHold",
    revokedAt: at(-90),
  });
  expect(ask(crl())).toEqual({ status: "revoked", reason: "unspecified", revokedAt: at(-90) });
});

test("a CRL that is ours and not understood keeps the answer open beside a good one", () => {
  const good = buildCrl(issuing);
  const delta = cases.find(({ name }) => name === "delta");
  const verdict = judge({
    certificate: client,
    issuers: [issuing.certificate],
    now,
    crls: [good, ...(delta?.crls ?? [])],
  });
  expect(verdict).toEqual({ status: "unknown", code: "delta" });
});

test("a stranger's CRL that is not understood is a stranger's CRL", () => {
  const stranger = makeHierarchy({ now }).issuing;
  const defective = buildCrl(
    { ...stranger, certificate: issuing.certificate },
    { entries: [entry(client.serial, Buffer.of(5, 0))] },
  );
  const options = { certificate: client, issuers: [issuing.certificate], now };
  expect(judge({ ...options, crls: [defective] })).toEqual({ status: "unknown", code: "signature" });
  expect(judge({ ...options, crls: [defective, buildCrl(issuing)] })).toEqual({ status: "good" });
});

test("of several CRLs without an answer the gravest reason is told", () => {
  const delta = cases.find(({ name }) => name === "delta")?.crls ?? [];
  const crls = [buildCrl(root), ...delta, buildCrl(issuing, { nextUpdate: time(at(-1)) })];
  expect(judge({ certificate: client, issuers: [issuing.certificate], now, crls })).toEqual({
    status: "unknown",
    code: "delta",
  });
});

test("a date that is none, or an age that is none, is never good", () => {
  const crl = openCrl(buildCrl(issuing), issuing.certificate);
  expect(lookUp(crl, client, new Date(Number.NaN)).status).toBe("unknown");
  expect(lookUp(crl, client, now, Number.NaN).status).toBe("unknown");
});

describe("a chain", () => {
  const issuers = [root.certificate, issuing.certificate];
  const both = [buildCrl(root), buildCrl(issuing)];
  const options = { certificate: client, issuers, crls: both, now };

  test("is good when every certificate but the anchor is", () => {
    expect(judgeChain(options)).toEqual({ status: "good" });
  });

  test("is revoked when the issuing certificate is", () => {
    const rootCrl = buildCrl(root, {
      entries: [entry(issuing.certificate.serial, time(at(-60)), entryExtensions(reason(2)))],
    });
    const verdict = judgeChain({ ...options, crls: [rootCrl, both[1] as Buffer] });
    expect(verdict).toMatchObject({ status: "revoked", reason: "cACompromise" });
  });

  test("is unknown when the root's CRL is missing", () => {
    const crls = [both[1] as Buffer];
    expect(judgeChain({ ...options, crls })).toEqual({ status: "unknown", code: "issuer-mismatch" });
    expect(judgeChain({ ...options, crls: [] })).toEqual({ status: "unknown", code: "no-crl" });
  });

  test("revoked wins over unknown", () => {
    const crl = buildCrl(issuing, { entries: [entry(client.serial)] });
    expect(judgeChain({ ...options, crls: [crl] }).status).toBe("revoked");
  });

  test("must reach the self-signed certificate that was given", () => {
    const stranger = makeHierarchy({ now }).root.certificate;
    const verdict = judgeChain({ ...options, issuers: [issuing.certificate, stranger] });
    expect(verdict).toEqual({ status: "unknown", code: "issuer-missing" });
  });

  test("ends at the last certificate that was given when none is self-signed", () => {
    expect(judgeChain({ ...options, issuers: [issuing.certificate] })).toEqual({ status: "good" });
  });

  test("of one certificate that nobody issued is unknown", () => {
    expect(judgeChain({ ...options, issuers: [] })).toEqual({ status: "unknown", code: "issuer-missing" });
  });
});

describe("an opened CRL", () => {
  test("tells number, times, entries and fingerprint", () => {
    const crl = openCrl(
      buildCrl(issuing, { extensions: [number(integer(Buffer.from("0102030405060708090a", "hex")))] }),
      issuing.certificate,
    );
    expect(crl.number).toBe(0x0102030405060708090an);
    expect([crl.thisUpdate, crl.nextUpdate, crl.entries]).toEqual([at(-60), at(86_400), 1]);
    expect(crl.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect([...crl.revocations()]).toEqual([{ serial: "0a0b0c0d", revokedAt: at(-3600) }]);
  });

  test("finds a serial by its exact octets, on the first question and on later ones", () => {
    const entries = ["01", "0081", "81", "7f", "0a0b0c0d", "0a0b0c", "0b0c0d"].map((serial) => entry(serial));
    const crl = openCrl(buildCrl(issuing, { entries }), issuing.certificate);
    for (const serial of ["0a0b", "00", "ff", "0001", "0a0b0c0d0e", "0d"])
      expect([crl.find(serial), readUnverifiedCrl(crl.der).find(serial)]).toEqual([undefined, undefined]);
    for (const serial of ["01", "0081", "81", "7f", "0a0b0c0d", "0a0b0c", "0b0c0d"]) {
      expect(crl.find(serial)?.serial).toBe(serial);
      expect(readUnverifiedCrl(crl.der).find(serial)?.serial).toBe(serial);
    }
  });

  test("is not fooled by a serial's bytes that stand elsewhere in the list", () => {
    // The second entry's unknown extension holds the whole of an entry for serial 0102030405.
    const hidden = entry("0102030405");
    const carrier = entry(
      "0a",
      time(at(-60)),
      entryExtensions(
        Buffer.concat([
          Buffer.from("30", "hex"),
          Buffer.of(hidden.length + 7),
          Buffer.from("06032a0304", "hex"),
          Buffer.of(0x04, hidden.length),
          hidden,
        ]),
      ),
    );
    const crl = () => openCrl(buildCrl(issuing, { entries: [entry("0b"), carrier] }), issuing.certificate);
    expect(crl().find("0102030405")).toBeUndefined();
    const warm = crl();
    warm.find("0b");
    expect(warm.find("0102030405")).toBeUndefined();
    expect(warm.find("0a")?.serial).toBe("0a");
  });

  test("refuses to look for what is no serial", () => {
    const crl = openCrl(buildCrl(issuing), issuing.certificate);
    for (const text of ["", "abc", "xx", "0", "01 02"]) expect(() => crl.find(text)).toThrow(PkiError);
  });
});

test("a certificate parsed again is judged the same", () => {
  const certificate = parseCertificate(client.der);
  expect(judge({ certificate, issuers: [issuing.certificate], crls: [buildCrl(issuing)], now }).status).toBe(
    "good",
  );
});
