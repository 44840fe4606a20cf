import fc from "fast-check";
import { CertificateStep } from "#lambdas/authorizer/steps/certificate.ts";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { DerReader } from "#pki/der/reader.ts";
import { bitString, boolean, explicit, integer, octetString, oid, sequence, time } from "#pki/der/writer.ts";
import { type LeafOptions, prepareIssuing, prepareLeaf } from "#pki/issue.ts";
import { randomSerial } from "#pki/serial.ts";
import type { Unsigned } from "#pki/unsigned.ts";
import { makeHierarchy, makeKeyPair, type Signed, signWith } from "../../support/hierarchy.ts";
import { withOpenssl } from "../../support/openssl.ts";
import { issuerOf, later, pem, start } from "./fixture.ts";

const hierarchy = makeHierarchy({ now: start });
const step = () => new CertificateStep([issuerOf(hierarchy)]);
const decide = (text: string, now = start) => step().decide(text, now);
const denied = (code: string) => expect.objectContaining({ passed: false, code });

describe("the step certificate", () => {
  test("lets a client of the pinned issuer on, and names it by generation and serial", () => {
    const { certificate } = hierarchy.leaf();
    expect(decide(pem(certificate))).toMatchObject({
      passed: true,
      found: {
        client: {
          principal: `g1:${certificate.serial}`,
          generation: "g1",
          serial: certificate.serial,
          issuerFingerprint: hierarchy.issuing.certificate.fingerprint,
          thumbprint: Buffer.from(certificate.fingerprint, "hex").toString("base64url"),
        },
      },
    });
  });

  test.each(["RSA-2048", "RSA-3072", "P-384"] as const)("lets a %s client on", (keyType) => {
    expect(decide(pem(hierarchy.leaf({ keyType }).certificate)).passed).toBe(true);
  });

  describe("text that is not one certificate", () => {
    const text = pem(hierarchy.leaf().certificate);
    test.each([
      ["not PEM", "hello"],
      ["doubled", text + text],
      ["100 kB", text + "\n".repeat(100_000)],
      [
        "a PEM of 100 kB of zeros",
        `-----BEGIN CERTIFICATE-----\n${"A".repeat(100_000)}\n-----END CERTIFICATE-----\n`,
      ],
      ["another label", text.replaceAll("CERTIFICATE", "X509 CRL")],
      ["cut", text.slice(0, 300)],
      ["percent-encoded", encodeURIComponent(text)],
      ["with text before it", `Bag Attributes\n${text}`],
      ["a CRLF smuggled into the base64", text.replace("\n", "\n\r\n\r\n=")],
    ])("is malformed: %s", (_, it) => {
      expect(decide(it)).toEqual(denied("certificate-malformed"));
    });
  });

  describe("who issued it", () => {
    test("whatever is put into its text: accepted only if it is the same certificate still (property)", () => {
      const { certificate } = hierarchy.leaf();
      const whole = pem(certificate);
      const piece = fc.constantFrom(
        ...[
          "\0",
          "\r",
          "\r\n",
          "\n",
          "\t",
          " ",
          "\u00a0",
          "\u2028",
          "\ufeff",
          "=",
          "A",
          "-",
          "%0A",
          "+",
          "_",
        ],
        ...["-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", "#", "Bag Attributes\n", whole],
      );
      const edit = fc.tuple(fc.nat(whole.length), piece, fc.nat(3));
      const remembering = step();
      const original = Buffer.from(certificate.fingerprint, "hex").toString("base64url");
      expect(remembering.decide(whole, start).passed).toBe(true);
      let accepted = 0;
      fc.assert(
        fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
          const text = edits.reduce(
            (one, [at, put, cut]) => `${one.slice(0, at)}${put}${one.slice(at + cut)}`,
            whole,
          );
          const outcome = remembering.decide(text, start);
          if (!outcome.passed) return;
          accepted++;
          expect(outcome.found.client.thumbprint).toBe(original);
        }),
        { seed: 20260604, numRuns: 3000 },
      );
      expect(accepted).toBeGreaterThan(10);
    });

    test("a self-signed certificate is not accepted", () => {
      const key = makeKeyPair("P-256");
      const own = leafBy(
        { ...key, certificate: hierarchy.issuing.certificate },
        { publicKey: key.publicKey },
      );
      expect(decide(pem(own))).toEqual(denied("issuer-not-accepted"));
    });

    test("another CA with the same names is not accepted", () => {
      const twin = makeHierarchy({ now: start });
      expect(twin.issuing.certificate.subject.der).toEqual(hierarchy.issuing.certificate.subject.der);
      expect(decide(pem(twin.leaf().certificate))).toEqual(denied("issuer-not-accepted"));
    });

    test("a sub-CA with our issuing CA's name and key id, under our own root, is not accepted", () => {
      const impostor = subCaWithOurNameAndKeyId(hierarchy.root);
      const ours = hierarchy.issuing.certificate;
      expect(impostor.certificate.subject.der).toEqual(ours.subject.der);
      expect(impostor.certificate.subjectKeyIdentifier).toEqual(ours.subjectKeyIdentifier);
      const forged = leafBy(impostor);
      expect(forged.authorityKeyIdentifier?.keyIdentifier).toEqual(ours.subjectKeyIdentifier);
      expect(decide(pem(forged))).toEqual(denied("issuer-not-accepted"));
    });

    test("the root issues no leaves", () => {
      expect(decide(pem(leafBy(hierarchy.root)))).toEqual(denied("issuer-not-accepted"));
    });

    test("a leaf below one of our own leaves is not accepted", () => {
      const parent = hierarchy.leaf();
      const below = forged(parent, { [field.issuer]: parent.certificate.subject.der });
      expect(below.issuer.der).toEqual(parent.certificate.subject.der);
      expect(decide(pem(below))).toEqual(denied("issuer-not-accepted"));
    });

    test("a changed byte anywhere in what is signed is not accepted, even after the original was", () => {
      const seen = step();
      const { certificate } = hierarchy.leaf();
      expect(seen.decide(pem(certificate), start).passed).toBe(true);
      const changed = Buffer.from(certificate.der);
      const at = changed.indexOf("partner-a");
      changed[at] = "P".charCodeAt(0);
      expect(seen.decide(pem({ ...certificate, der: changed }), start)).toEqual(
        denied("issuer-not-accepted"),
      );
    });

    test("the issuer is found among several generations", () => {
      const second = makeHierarchy({ now: start });
      const both = new CertificateStep([issuerOf(hierarchy), issuerOf(second, "g2")]);
      const { certificate } = second.leaf();
      expect(both.decide(pem(certificate), start)).toMatchObject({
        passed: true,
        found: { client: { principal: `g2:${certificate.serial}` } },
      });
    });

    test("the issuing certificate itself is no client", () => {
      expect(decide(pem(hierarchy.issuing.certificate)).passed).toBe(false);
    });
  });

  describe("when", () => {
    const { certificate } = hierarchy.leaf({ notBefore: later(0), notAfter: later(100) });
    test.each([
      ["at its first second", 0, true],
      ["at its last second", 100, true],
      ["a second too early", -1, false],
      ["a second too late", 101, false],
    ])("%s", (_, seconds, passed) => {
      const outcome = decide(pem(certificate), later(seconds));
      expect(outcome.passed).toBe(passed);
      if (!outcome.passed) expect(outcome.code).toBe("certificate-not-valid-now");
    });

    test("dates are asked at every decision, not once", () => {
      const seen = step();
      expect(seen.decide(pem(certificate), later(50)).passed).toBe(true);
      expect(seen.decide(pem(certificate), later(101))).toEqual(denied("certificate-not-valid-now"));
      expect(seen.decide(pem(certificate), later(50)).passed).toBe(true);
    });

    test("an expired issuing certificate takes its leaves with it", () => {
      const validity = sequence(time(start), time(later(20 * 365 * 86_400)));
      const outliving = forged(hierarchy.issuing, { [field.validity]: validity });
      expect(decide(pem(outliving), later(6 * 365 * 86_400))).toEqual(denied("issuer-not-valid-now"));
    });
  });

  describe("what it is for", () => {
    test("server only: not for clients", () => {
      const { certificate } = hierarchy.leaf({ extendedKeyUsage: ["serverAuth"] });
      expect(decide(pem(certificate))).toEqual(denied("certificate-not-for-clients"));
    });

    test("server and client: for clients", () => {
      const { certificate } = hierarchy.leaf({ extendedKeyUsage: ["serverAuth", "clientAuth"] });
      expect(decide(pem(certificate)).passed).toBe(true);
    });

    test.each([
      ["no extended key usage at all", replaced("2.5.29.37", undefined), "certificate-not-for-clients"],
      [
        "anyExtendedKeyUsage",
        replaced("2.5.29.37", sequence(oid("2.5.29.37.0"))),
        "certificate-not-for-clients",
      ],
      [
        "a key that may not sign",
        replaced("2.5.29.15", bitString(Buffer.of(0x20), 5)),
        "certificate-not-for-clients",
      ],
      ["a CA", replaced("2.5.29.19", sequence(boolean(true))), "certificate-is-a-ca"],
      ["a CA by key usage only", replaced("2.5.29.15", bitString(Buffer.of(0x84), 2)), "certificate-is-a-ca"],
      ["an unknown critical extension", added("1.3.6.1.4.1.99999.1", true), "certificate-critical-extension"],
      ["critical name constraints", added("2.5.29.30", true), "certificate-critical-extension"],
    ])("%s", (_, change, code) => {
      expect(decide(pem(leafWith(change)))).toEqual(denied(code));
    });

    test("an unknown extension that is not critical is nobody's business", () => {
      expect(decide(pem(leafWith(added("1.3.6.1.4.1.99999.1", false)))).passed).toBe(true);
    });
  });

  describe("weak algorithms, under our own key", () => {
    test("an RSA key of 1024 bits", async () => {
      const text = await opensslLeaf(["-newkey", "rsa:1024"], "sha256");
      expect(decide(text)).toEqual(denied("certificate-weak"));
    });
    test("a signature with SHA-1", async () => {
      const text = await opensslLeaf(["-newkey", "rsa:2048"], "sha1");
      expect(decide(text)).toEqual(denied("certificate-weak"));
    });
    test("an Ed25519 key", async () => {
      const text = await opensslLeaf(["-newkey", "ed25519"], "sha256");
      expect(decide(text)).toEqual(denied("certificate-weak"));
    });
  });

  test("what it remembers is bounded, and forgetting changes nothing", () => {
    const small = new CertificateStep([issuerOf(hierarchy)], 2);
    const texts = Array.from({ length: 5 }, () => pem(hierarchy.leaf().certificate));
    for (const text of [...texts, ...texts]) expect(small.decide(text, start).passed).toBe(true);
  });
});

/** A leaf by whoever holds that key, in the name of that certificate. */
function leafBy(signer: Signed, overrides: Partial<LeafOptions> = {}): Certificate {
  return parseCertificate(signWith(signer.privateKey, prepareLeaf({ ...leafOptions(signer), ...overrides })));
}

function leafOptions(signer: Signed): LeafOptions {
  return {
    issuer: signer.certificate,
    publicKey: makeKeyPair("P-256").publicKey,
    subject: [{ type: "OU", value: "Partners" }],
    subjectAltNames: [],
    extendedKeyUsage: ["clientAuth"],
    serial: randomSerial(),
    notBefore: later(-60),
    notAfter: later(86_400),
  };
}

/** A CA that another CA of the truststore could make: our name and, by exchanging the bytes, our key id. */
function subCaWithOurNameAndKeyId(parent: Signed): Signed {
  const key = makeKeyPair("P-256");
  const ours = hierarchy.issuing.certificate;
  const { tbs, algorithm } = prepareIssuing({
    issuer: parent.certificate,
    publicKey: key.publicKey,
    subject: ours.subject.attributes,
    serial: randomSerial(),
    notBefore: later(-60),
    notAfter: later(86_400),
  });
  const changed = Buffer.from(tbs);
  (ours.subjectKeyIdentifier as Buffer).copy(changed, changed.indexOf(key.publicKey.keyIdentifier));
  return { ...key, certificate: parseCertificate(signWith(parent.privateKey, { tbs: changed, algorithm })) };
}

type Change = (extensions: readonly Buffer[]) => readonly Buffer[];

const isOf = (dotted: string) => (extension: Buffer) => new DerReader(extension).sequence().oid() === dotted;

function replaced(dotted: string, value: Buffer | undefined): Change {
  return (extensions) => [
    ...extensions.filter((one) => !isOf(dotted)(one)),
    ...(value ? [sequence(oid(dotted), boolean(true), octetString(value))] : []),
  ];
}

function added(dotted: string, critical: boolean): Change {
  const value = octetString(sequence(integer(1)));
  return (extensions) => [
    ...extensions,
    critical ? sequence(oid(dotted), boolean(true), value) : sequence(oid(dotted), value),
  ];
}

/** Places in a TBSCertificate with all of version, serial, algorithm, issuer, validity, subject, key, extensions. */
const field = { issuer: 3, validity: 4, extensions: 7 } as const;

/** A leaf that the writer would not make: some fields are exchanged before `signer` signs. */
function forged(signer: Signed, changes: Readonly<Record<number, Buffer>>): Certificate {
  const { tbs, algorithm } = prepareLeaf(leafOptions(hierarchy.issuing));
  const fields = elements(new DerReader(tbs).sequence()).map((one, index) => changes[index] ?? one);
  const unsigned: Unsigned = { tbs: sequence(...fields), algorithm };
  return parseCertificate(signWith(signer.privateKey, unsigned));
}

/** A leaf of our issuing CA with other extensions. */
function leafWith(change: Change): Certificate {
  const { tbs } = prepareLeaf(leafOptions(hierarchy.issuing));
  const extensions = elements(new DerReader(tbs).sequence())[field.extensions] as Buffer;
  const list = elements(new DerReader(extensions).enter(0xa3).sequence());
  return forged(hierarchy.issuing, { [field.extensions]: explicit(3, sequence(...change(list))) });
}

function elements(reader: DerReader): Buffer[] {
  const all: Buffer[] = [];
  while (!reader.atEnd) all.push(reader.raw());
  return all;
}

/** What our writers refuse to make, made by OpenSSL with the issuing key (an RSA one where SHA-1 is wanted). */
async function opensslLeaf(key: readonly string[], hash: string): Promise<string> {
  return withOpenssl(async (folder) => {
    await folder.write(
      "ca.key",
      hierarchy.issuing.privateKey.export({ format: "pem", type: "pkcs8" }) as string,
    );
    await folder.write("ca.pem", pem(hierarchy.issuing.certificate));
    const request = await folder.openssl(
      ...[
        "req",
        "-new",
        "-nodes",
        ...key,
        "-keyout",
        "leaf.key",
        "-out",
        "leaf.csr",
        "-subj",
        "/OU=Partners",
      ],
    );
    const signed = await folder.openssl(
      ...["x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "4711"],
      ...["-days", "3650", `-${hash}`, "-out", "leaf.pem"],
    );
    if (request.code !== 0 || signed.code !== 0) throw new Error(request.stderr + signed.stderr);
    return (await folder.read("leaf.pem")).toString("latin1");
  });
}
