// No mutated CRL and no mutated certificate crashes, hangs or is believed. A fixed seed; `npm test -- unit --mutations=200000` for more.
import { parseCertificate } from "#pki/certificate.ts";
import { lookUp } from "#pki/crl/look-up.ts";
import { openCrl, readUnverifiedCrl } from "#pki/crl/open.ts";
import { unknownCodeOf } from "#pki/crl/unknown.ts";
import { DerReader } from "#pki/der/reader.ts";
import { bitString, integer, sequence, time } from "#pki/der/writer.ts";
import { PkiError } from "#pki/errors.ts";
import { verifySignature } from "#pki/signature.ts";
import { makeHierarchy } from "../../../support/hierarchy.ts";
import {
  at,
  buildCrl,
  entry,
  entryExtensions,
  fullName,
  issuingDistributionPoint,
  keyIdentifier,
  now,
  number,
  reason,
  uri,
} from "../../../vectors/own/build-crl.ts";
import { mutate, randomNumbers } from "./mutants.ts";

const total = Number(process.env.MUTATIONS ?? 20_000);
const crlCases = Math.ceil(total * 0.75);
const seed = 20260601;
const orderOfP256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const { root, issuing, leaf } = makeHierarchy({ now });
const point = "http://crl.example.com/a.crl";
const client = leaf({ crlDistributionPoint: point }).certificate;
const own = issuing.certificate.subjectKeyIdentifier as Buffer;
const others = ["0a", "40ffeeddccbbaa99"].map((serial) =>
  entry(serial, time(at(-600)), entryExtensions(reason(1))),
);
const extensions = [keyIdentifier(own), number(), issuingDistributionPoint(fullName(uri(point)))];
const crls = [
  buildCrl(issuing, { entries: null }),
  buildCrl(issuing, { entries: others }),
  buildCrl(issuing, { entries: others, extensions }),
  buildCrl(issuing, {
    entries: [...others, entry(client.serial, time(at(-60)), entryExtensions(reason(1)))],
  }),
  buildCrl(issuing, { entries: [entry(client.serial), ...others], extensions }),
  buildCrl(issuing, { version: null, extensions: null, entries: [entry(client.serial)] }),
];

/** good, revoked or unknown; anything but a PkiError with a code is the test's failure. */
function judged(der: Buffer): string {
  try {
    return lookUp(openCrl(der, issuing.certificate), client, now).status;
  } catch (error) {
    if (unknownCodeOf(error) === undefined) throw error;
    return "unknown";
  }
}

test(`${crlCases} mutated CRLs: none is good, none breaks the reader`, () => {
  const random = randomNumbers(seed);
  const believed: string[] = [];
  for (let i = 0; i < crlCases; i++) {
    const original = crls[random(crls.length)] as Buffer;
    const mutant = mutate(original, crls[random(crls.length)] as Buffer, random);
    if (crls.some((crl) => crl.equals(mutant))) continue;
    if (judged(mutant) === "good") believed.push(mutant.toString("hex"));
    readAlone(mutant);
  }
  expect(believed).toEqual([]);
}, 120_000);

/** Without a signature to hide behind: what can be read can be searched and listed. */
function readAlone(der: Buffer): void {
  try {
    const crl = readUnverifiedCrl(der);
    const serials = [...crl.revocations()].map(({ serial }) => serial);
    for (const serial of serials)
      if (crl.find(serial)?.serial !== serial) throw new Error(`${serial} is lost`);
  } catch (error) {
    if (unknownCodeOf(error) === undefined) throw error;
  }
}

test(`${total - crlCases} mutated certificates: none verifies, none breaks the reader`, () => {
  const random = randomNumbers(seed + 1);
  const certificates = [root.certificate, issuing.certificate, client].map(({ der }) => der);
  const believed: string[] = [];
  for (let i = 0; i < total - crlCases; i++) {
    const original = certificates[random(certificates.length)] as Buffer;
    const mutant = mutate(original, certificates[random(certificates.length)] as Buffer, random);
    if (certificates.some((one) => one.equals(mutant))) continue;
    if (isBelieved(mutant)) believed.push(mutant.toString("hex"));
  }
  expect(believed).toEqual([]);
}, 120_000);

function isBelieved(der: Buffer): boolean {
  try {
    const { algorithm, tbs, signature, publicKey } = parseCertificate(der);
    return [publicKey, root.publicKey, issuing.publicKey].some((key) =>
      verifySignature(algorithm, key, tbs, signature),
    );
  } catch (error) {
    if (error instanceof PkiError) return false;
    throw error;
  }
}

test("the ECDSA twin (r, n − s) is the one mutant that verifies; every other spelling of the signature does not", () => {
  const good = crls[1] as Buffer;
  const frame = new DerReader(good).sequence();
  const tbs = frame.raw();
  const algorithm = frame.raw();
  const pair = new DerReader(frame.bitString().bytes).sequence();
  const [r, s] = [pair.integer(), pair.integer()];
  const twin = Buffer.from(
    (orderOfP256 - BigInt(`0x${s.toString("hex")}`)).toString(16).padStart(64, "0"),
    "hex",
  );
  const crl = (signature: Buffer, unused = 0) => sequence(tbs, algorithm, bitString(signature, unused));
  expect(judged(crl(sequence(integer(r), integer(s))))).toBe("good");
  expect(judged(crl(sequence(integer(r), integer(twin))))).toBe("good");
  const padded = Buffer.concat([Buffer.of(0x02, s.length + 1, 0), s]);
  const spellings = [
    sequence(integer(r), padded),
    Buffer.concat([sequence(integer(r), integer(s)), Buffer.of(0)]),
    sequence(integer(r), integer(s), integer(0)),
    Buffer.concat([Buffer.of(0x30, 0x81), sequence(integer(r), integer(s)).subarray(1)]),
    sequence(integer(s), integer(r)),
    sequence(
      integer(r),
      integer(
        Buffer.from((orderOfP256 + BigInt(`0x${s.toString("hex")}`)).toString(16).padStart(66, "0"), "hex"),
      ),
    ),
    sequence(integer(0), integer(0)),
    Buffer.alloc(0),
  ];
  for (const spelling of spellings) expect(judged(crl(spelling))).toBe("unknown");
  const even = Buffer.concat([sequence(integer(r), integer(s)), Buffer.of(0)]);
  expect(judged(crl(even, 1))).toBe("unknown");
});
