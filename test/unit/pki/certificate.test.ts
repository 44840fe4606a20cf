import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { type Certificate, parseCertificate, thumbprint } from "#pki/certificate.ts";
import {
  boolean,
  element,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid,
  sequence,
} from "#pki/der/writer.ts";
import { PkiError } from "#pki/errors.ts";
import { formatName } from "#pki/name.ts";
import { extensionOids as oids } from "#pki/oids.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { serialDecimal } from "#pki/serial.ts";
import { signatureAlgorithms, verifySignature } from "#pki/signature.ts";
import { makeHierarchy, signWith } from "../../support/hierarchy.ts";
import { withOpenssl } from "../../support/openssl.ts";
import { changeTbs, type TbsChange, withExtension } from "../../support/tbs.ts";

const now = new Date("2026-03-01T00:00:00Z");
const hierarchy = makeHierarchy({ now });
const { root, issuing } = hierarchy;
const leaf = hierarchy.leaf({
  subjectAltNames: [{ kind: "dns", value: "a.example.com" }],
  crlDistributionPoint: "http://crl.example.com/g1.crl",
  caIssuers: "http://crl.example.com/g1.crt",
}).certificate;
const codeOf = (use: () => unknown): string => {
  try {
    use();
    return "accepted";
  } catch (error) {
    if (error instanceof PkiError) return error.code;
    throw error;
  }
};
/** The leaf, changed and signed again. */
const forged = (change: Parameters<typeof changeTbs>[1]): Buffer =>
  signWith(issuing.privateKey, changeTbs({ tbs: leaf.tbs, algorithm: leaf.algorithm }, change));
const verifies = (one: Certificate) =>
  verifySignature(one.algorithm, issuing.publicKey, one.tbs, one.signature);

describe("a certificate of ours", () => {
  test("has the fields that were asked for", () => {
    expect(leaf).toMatchObject({
      version: 3,
      algorithm: "ecdsa-with-SHA256",
      basicConstraints: { ca: false },
      keyUsage: new Set(["digitalSignature"]),
      extendedKeyUsage: ["clientAuth"],
      subjectAltNames: [{ kind: "dns", value: "a.example.com" }],
      freshestCrl: false,
      unknownCriticalExtensions: [],
      notBefore: new Date("2026-02-28T23:59:00Z"),
    });
    expect(leaf.serial).toHaveLength(32);
    expect(leaf.authorityKeyIdentifier?.keyIdentifier).toEqual(issuing.certificate.subjectKeyIdentifier);
    expect(leaf.crlDistributionPoints?.[0]?.name?.fullName?.[0]?.value).toBe("http://crl.example.com/g1.crl");
    expect(formatName(leaf.subject)).toBe("O=Example Ltd,OU=Partners,CN=partner-a");
    expect(root.certificate.basicConstraints).toEqual({ ca: true });
    expect(issuing.certificate.basicConstraints).toEqual({ ca: true, pathLength: 0 });
    expect(issuing.certificate.keyUsage).toEqual(new Set(["keyCertSign", "cRLSign"]));
    expect(root.certificate.authorityKeyIdentifier?.keyIdentifier).toEqual(
      root.certificate.subjectKeyIdentifier,
    );
  });

  test("verifies under its issuer and not under the root", () => {
    expect(verifies(leaf)).toBe(true);
    expect(verifySignature("ecdsa-with-SHA384", root.publicKey, leaf.tbs, leaf.signature)).toBe(false);
  });

  test("has the thumbprint of RFC 8705 and the fingerprint that openssl prints", async () => {
    await withOpenssl(async (folder) => {
      await folder.write("leaf.der", leaf.der);
      const { stdout } = await folder.openssl(
        "x509",
        "-inform",
        "DER",
        "-in",
        "leaf.der",
        "-noout",
        "-fingerprint",
        "-sha256",
      );
      expect(stdout.trim().replaceAll(":", "").toLowerCase()).toContain(leaf.fingerprint);
      expect(Buffer.from(thumbprint(leaf), "base64url").toString("hex")).toBe(leaf.fingerprint);
    });
  });
});

describe("certificates made by openssl", () => {
  const make = async (key: readonly string[], subject: string, extra: readonly string[]) =>
    withOpenssl(async (folder) => {
      const made = await folder.openssl(
        ...["req", "-x509", "-nodes", "-newkey", ...key, "-keyout", "key.pem", "-out", "cert.pem"],
        ...["-days", "30", "-utf8", "-subj", subject, ...extra],
      );
      expect(made).toMatchObject({ code: 0 });
      const fields = await folder.openssl(
        ...["x509", "-in", "cert.pem", "-noout", "-serial", "-subject", "-startdate", "-enddate"],
        ...["-nameopt", "RFC2253,-dn_rev,-esc_msb", "-dateopt", "iso_8601"],
      );
      return {
        certificate: parseCertificate(
          decodeOnePem((await folder.read("cert.pem")).toString(), "CERTIFICATE"),
        ),
        fields: Object.fromEntries(
          fields.stdout
            .trim()
            .split("\n")
            .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
        ) as Record<"serial" | "subject" | "notBefore" | "notAfter", string>,
      };
    });

  test.each([
    ["RSA-2048", ["rsa:2048"], "/C=GB/O=Example, Ltd/OU=a+b/CN=Zürich ☃"],
    ["RSA-3072", ["rsa:3072"], "/O=Example Ltd/CN=#hash"],
    [
      "P-256",
      ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
      "/DC=com/DC=example/CN=bob/emailAddress=b@example.com",
    ],
    ["P-384", ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], "/CN=a/CN=b+OU=c/O=d"],
  ])("%s: serial, names, dates and key are those that openssl reads", async (keyType, key, subject) => {
    const { certificate, fields } = await make(key, subject, [
      ...[
        "-addext",
        "subjectAltName=DNS:a.example.com,IP:192.0.2.1,IP:2001:db8::5,email:a@b.example,URI:urn:x:1",
      ],
      ...["-addext", "keyUsage=critical,digitalSignature,keyCertSign"],
      ...["-addext", "extendedKeyUsage=clientAuth,codeSigning"],
    ]);
    expect(certificate.publicKey.keyType).toBe(keyType);
    expect(serialDecimal(certificate.serial)).toBe(BigInt(`0x${fields.serial}`).toString());
    expect(formatName(certificate.subject)).toBe(fields.subject);
    const iso = (text: string) => new Date(text.replace(" ", "T"));
    expect(certificate.notBefore).toEqual(iso(fields.notBefore));
    expect(certificate.notAfter).toEqual(iso(fields.notAfter));
    expect(certificate.subjectAltNames?.map(({ kind, value }) => `${kind}:${value}`)).toEqual([
      "dns:a.example.com",
      "ip:192.0.2.1",
      "ip:2001:db8::5",
      "email:a@b.example",
      "uri:urn:x:1",
    ]);
    expect(certificate.keyUsage).toEqual(new Set(["digitalSignature", "keyCertSign"]));
    expect(certificate.extendedKeyUsage).toEqual(["clientAuth", "1.3.6.1.5.5.7.3.3"]);
    expect(certificate.basicConstraints).toEqual({ ca: true });
    const { algorithm, publicKey, tbs, signature } = certificate;
    expect(verifySignature(algorithm, publicKey, tbs, signature)).toBe(true);
  });

  test("a key that is not accepted: the certificate is read, its key is not", async () => {
    const { certificate } = await make(["ec", "-pkeyopt", "ec_paramgen_curve:P-521"], "/CN=p521", []);
    expect(formatName(certificate.subject)).toBe("CN=p521");
    expect(codeOf(() => certificate.publicKey)).toBe("algorithm");
  });

  test.each([
    ["SHA-1", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], ["-sha1"]],
    ["Ed25519", ["ed25519"], []],
    ["RSA-PSS", ["rsa:2048"], ["-sigopt", "rsa_padding_mode:pss"]],
  ])("a signature by %s is not accepted", async (_, key, extra) => {
    await expect(make(key, "/CN=x", extra)).rejects.toMatchObject({ code: "algorithm" });
  });
});

describe("what is no certificate", () => {
  test.each<[string, Buffer, string]>([
    ["nothing", Buffer.alloc(0), "der"],
    ["10 MB of zeros", Buffer.alloc(10_000_000), "size"],
    ["zeros", Buffer.alloc(1000), "der"],
    ["PEM", Buffer.from("-----BEGIN CERTIFICATE-----\n"), "der"],
    ["a trailing byte", Buffer.concat([leaf.der, Buffer.of(0)]), "der"],
    ["two certificates", Buffer.concat([leaf.der, leaf.der]), "der"],
    ["its TBS part alone", leaf.tbs, "der"],
    [
      "an indefinite length",
      Buffer.concat([Buffer.of(0x30, 0x80), leaf.der.subarray(4), Buffer.of(0, 0)]),
      "der",
    ],
    [
      "a length with one byte too many",
      Buffer.concat([Buffer.of(0x30, 0x83, 0), leaf.der.subarray(2)]),
      "der",
    ],
    [
      "another algorithm outside",
      sequence(leaf.tbs, signatureAlgorithms["ecdsa-with-SHA384"].identifier, element(3, Buffer.of(0, 1))),
      "certificate",
    ],
    [
      "a signature with unused bits",
      sequence(leaf.tbs, signatureAlgorithms["ecdsa-with-SHA256"].identifier, element(3, Buffer.of(1, 2))),
      "certificate",
    ],
  ])("%s is refused", (_, bytes, code) => {
    expect(codeOf(() => parseCertificate(bytes))).toBe(code);
  });

  test("every truncation is refused", () => {
    for (let length = 0; length < leaf.der.length; length++)
      expect(codeOf(() => parseCertificate(leaf.der.subarray(0, length)))).toBe("der");
  });

  const constraints =
    (value: Buffer) =>
    (fields: Parameters<Parameters<typeof changeTbs>[1]>[0]): TbsChange => ({
      extensions: withExtension(fields, oids.basicConstraints, { value }),
    });
  test.each<[string, Parameters<typeof changeTbs>[1], string]>([
    ["version 1 with extensions", () => ({ version: 1 }), "certificate"],
    ["version 2 with extensions", () => ({ version: 2 }), "certificate"],
    ["a serial of 21 octets", () => ({ serial: Buffer.alloc(21, 1) }), "certificate"],
    ["a padded serial", () => ({ serial: Buffer.of(0, 1) }), "der"],
    ["an empty serial", () => ({ serial: Buffer.alloc(0) }), "der"],
    ["a time without seconds", () => ({ notAfter: element(0x17, Buffer.from("2601010000Z")) }), "der"],
    ["a time with fractions", () => ({ notAfter: element(0x18, Buffer.from("20500101000000.1Z")) }), "der"],
    [
      "an extension twice",
      ({ extensions }) => ({ extensions: [...extensions, ...extensions.slice(0, 1)] }),
      "certificate",
    ],
    ["cA written as FALSE", constraints(Buffer.from("3003010100", "hex")), "der"],
    ["cA as 01", constraints(Buffer.from("3003010101", "hex")), "der"],
    ["a path length without cA", constraints(sequence(integer(0))), "certificate"],
    [
      "trailing bytes in basicConstraints",
      constraints(sequence(boolean(true), integer(0), integer(0))),
      "der",
    ],
    [
      "keyUsage without a bit",
      (fields) => ({ extensions: withExtension(fields, oids.keyUsage, { value: namedBits([]) }) }),
      "certificate",
    ],
    [
      "keyUsage with trailing zero bits",
      (fields) => ({
        extensions: withExtension(fields, oids.keyUsage, { value: Buffer.from("03020080", "hex") }),
      }),
      "der",
    ],
    [
      "keyUsage with a tenth bit",
      (fields) => ({ extensions: withExtension(fields, oids.keyUsage, { value: namedBits([0, 9]) }) }),
      "certificate",
    ],
    [
      "an empty alternative name",
      (fields) => ({ extensions: withExtension(fields, oids.subjectAltName, { value: sequence() }) }),
      "name",
    ],
    [
      "a NUL in a DNS name",
      (fields) => ({
        extensions: withExtension(fields, oids.subjectAltName, {
          value: sequence(element(0x82, Buffer.from("a.example.com\0.evil.example"))),
        }),
      }),
      "name",
    ],
    [
      "an IP address of five octets",
      (fields) => ({
        extensions: withExtension(fields, oids.subjectAltName, {
          value: sequence(element(0x87, Buffer.alloc(5))),
        }),
      }),
      "name",
    ],
    [
      "half of issuer and serial",
      (fields) => ({
        extensions: withExtension(fields, oids.authorityKeyIdentifier, {
          value: sequence(element(0x82, Buffer.of(1))),
        }),
      }),
      "certificate",
    ],
    [
      "an empty extendedKeyUsage",
      (fields) => ({ extensions: withExtension(fields, oids.extendedKeyUsage, { value: sequence() }) }),
      "certificate",
    ],
  ])("%s is refused although its signature is good", (_, change, code) => {
    expect(codeOf(() => parseCertificate(forged(change)))).toBe(code);
  });

  test("critical FALSE written out is refused", () => {
    const text = leaf.der.toString("hex");
    const written = sequence(oid(oids.keyUsage), boolean(true)).subarray(2).toString("hex");
    expect(text.split(written)).toHaveLength(2);
    const changed = text.replace(written, written.replace(/ff$/, "00"));
    expect(codeOf(() => parseCertificate(Buffer.from(changed, "hex")))).toBe("der");
  });

  test("an unknown critical extension is reported, one that is not critical is not", () => {
    const add = (critical: boolean) =>
      parseCertificate(
        forged(({ extensions }) => ({
          extensions: [...extensions, { oid: "1.2.3.4", critical, value: octetString(Buffer.of(1)) }],
        })),
      ).unknownCriticalExtensions;
    expect(add(true)).toEqual(["1.2.3.4"]);
    expect(add(false)).toEqual([]);
  });

  test("a FreshestCRL is noticed", () => {
    const point = leaf.extensions.find((one) => one.oid === oids.crlDistributionPoints)?.value as Buffer;
    const certificate = parseCertificate(
      forged(({ extensions }) => ({
        extensions: [...extensions, { oid: oids.freshestCrl, critical: false, value: point }],
      })),
    );
    expect(certificate.freshestCrl).toBe(true);
  });

  test("2,000 mutations: refused with a code, or the signature no longer verifies", () => {
    const position = fc.nat({ max: leaf.der.length - 1 });
    const mutation = fc.oneof(
      fc.record({ at: position, flip: fc.integer({ min: 1, max: 255 }) }),
      fc.record({ at: position, remove: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ at: position, insert: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
      fc.record({ at: position, splice: position, length: fc.integer({ min: 1, max: 60 }) }),
    );
    fc.assert(
      fc.property(mutation, (change) => {
        const mutated = mutate(leaf.der, change);
        if (mutated.equals(leaf.der)) return;
        try {
          const certificate = parseCertificate(mutated);
          expect(verifies(certificate)).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(PkiError);
        }
      }),
      { seed: 5, numRuns: 2000 },
    );
  });
});

const pkits = join(__dirname, "../../../../shared/vectors/pkits/certs");
(existsSync(pkits) ? describe : describe.skip)("NIST PKITS", () => {
  /** Signed with DSA, or with a signature of a broken octet. */
  const refused = [
    "BadSignedCACert.crt",
    "DSAParametersInheritedCACert.crt",
    "InvalidDSASignatureTest6EE.crt",
    "ValidDSAParameterInheritanceTest5EE.crt",
    "ValidDSASignaturesTest4EE.crt",
  ];

  test("every certificate with an accepted algorithm is read", () => {
    const files = readdirSync(pkits);
    expect(files.length).toBeGreaterThan(100);
    const failed = files.filter(
      (file) => codeOf(() => parseCertificate(readFileSync(join(pkits, file)))) !== "accepted",
    );
    expect(failed.sort()).toEqual(refused);
  });
});

interface Mutation {
  readonly at: number;
  readonly flip?: number;
  readonly remove?: number;
  readonly insert?: Uint8Array;
  readonly splice?: number;
  readonly length?: number;
}
function mutate(der: Buffer, { at, flip, remove, insert, splice, length }: Mutation): Buffer {
  const head = der.subarray(0, at);
  if (remove !== undefined) return Buffer.concat([head, der.subarray(at + remove)]);
  if (insert !== undefined) return Buffer.concat([head, insert, der.subarray(at)]);
  if (splice !== undefined)
    return Buffer.concat([
      head,
      der.subarray(splice, splice + (length ?? 1)),
      der.subarray(at + (length ?? 1)),
    ]);
  const copy = Buffer.from(der);
  copy[at] = (copy[at] as number) ^ (flip ?? 1);
  return copy;
}

test("the signature algorithms' identifiers are what their OIDs encode to", () => {
  for (const { oid: dotted, identifier, kind } of Object.values(signatureAlgorithms))
    expect(identifier).toEqual(kind === "EC" ? sequence(oid(dotted)) : sequence(oid(dotted), nullValue()));
});
