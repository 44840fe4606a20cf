import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { boolean, element, namedBits, oid, sequence } from "#pki/der/writer.ts";
import { encodeName } from "#pki/name.ts";
import { extensionOids as oids } from "#pki/oids.ts";
import { encodePem } from "#pki/pem.ts";
import { readTbsCertificate } from "#pki/tbs-certificate.ts";
import { assertTruststore, lintTruststore } from "#pki/truststore.ts";
import { type KeyPair, makeHierarchy, makeKeyPair, signWith } from "../../support/hierarchy.ts";
import { withOpenssl } from "../../support/openssl.ts";
import { changeTbs, encodeTbs, type TbsChange, withExtension } from "../../support/tbs.ts";

const now = new Date("2026-03-01T00:00:00Z");
const { root, issuing, leaf } = makeHierarchy({ now });
const pem = (...all: readonly { readonly der: Buffer }[]) =>
  all.map(({ der }) => encodePem("CERTIFICATE", der)).join("");
const bundle = pem(issuing.certificate, root.certificate);
const rules = (text: string, at = now) => {
  const { errors, warnings } = lintTruststore(text, at);
  return { errors: errors.map((one) => one.rule), warnings: warnings.map((one) => one.rule) };
};
/** The issuing certificate, changed and signed again by the root. */
const changed = (change: Parameters<typeof changeTbs>[1], signer: KeyPair = root): Certificate => {
  const { tbs, algorithm } = issuing.certificate;
  return parseCertificate(signWith(signer.privateKey, changeTbs({ tbs, algorithm }, change)));
};
/** A CA below another one, without path lengths: chains of any length. */
const below = (parent: { key: KeyPair; certificate: Certificate }, name: string) => {
  const key = makeKeyPair("P-256");
  const fields = readTbsCertificate(issuing.certificate.tbs);
  const change: TbsChange = {
    issuer: parent.certificate.subject.der,
    subject: encodeName([{ type: "CN", value: name }]),
    spki: key.publicKey.spki,
    algorithm: sequence(
      oid(parent.key.publicKey.keyType === "P-384" ? "1.2.840.10045.4.3.3" : "1.2.840.10045.4.3.2"),
    ),
    extensions: [{ oid: oids.basicConstraints, critical: true, value: sequence(boolean(true)) }],
  };
  const algorithm = parent.key.publicKey.keyType === "P-384" ? "ecdsa-with-SHA384" : "ecdsa-with-SHA256";
  const unsigned = { tbs: encodeTbs({ ...fields, ...change }), algorithm } as const;
  return { key, certificate: parseCertificate(signWith(parent.key.privateKey, unsigned)) };
};

describe("truststore lint", () => {
  test("a complete chain has no finding, in any order, with two generations", () => {
    const other = makeHierarchy({ now });
    expect(rules(bundle)).toEqual({ errors: [], warnings: [] });
    expect(rules(pem(root.certificate, issuing.certificate))).toEqual({ errors: [], warnings: [] });
    expect(rules(pem(root.certificate))).toEqual({ errors: [], warnings: [] });
    expect(lintTruststore(bundle, now).certificates).toHaveLength(2);
    expect(() => assertTruststore(bundle, now)).not.toThrow();
    // Two generations with one name: the id of the generation belongs into it.
    expect(rules(bundle + pem(other.root.certificate)).errors).toContain("same-subject");
  });

  test.each<[string, string, string[]]>([
    ["nothing", "", ["pem"]],
    ["text around certificates", `# ours\n${bundle}`, ["pem"]],
    [
      "a private key",
      bundle + encodePem("CERTIFICATE", Buffer.of(1)).replaceAll("CERTIFICATE", "EC PRIVATE KEY"),
      ["private-key", "pem"],
    ],
    [
      "something that is no certificate",
      bundle + encodePem("CERTIFICATE", Buffer.from("3000", "hex")),
      ["certificate"],
    ],
    ["a missing issuer", pem(issuing.certificate), ["missing-issuer"]],
    ["a certificate twice", bundle + pem(root.certificate), ["same-subject"]],
    ["a leaf", bundle + pem(leaf().certificate), ["not-a-ca"]],
    ["a megabyte and a byte", `${bundle}${" ".repeat(1_000_001 - bundle.length)}`, ["size"]],
    ["10 MB of zeros", "\0".repeat(10_000_000), ["size"]],
  ])("%s is an error", (_, text, expected) => {
    expect(rules(text).errors).toEqual(expected);
    expect(() => assertTruststore(text, now)).toThrow(expect.objectContaining({ code: "truststore" }));
  });

  test.each<[string, Parameters<typeof changeTbs>[1], KeyPair, string]>([
    [
      "a CA without keyCertSign",
      (fields) => ({ extensions: withExtension(fields, oids.keyUsage, { value: namedBits([6]) }) }),
      root,
      "not-a-ca",
    ],
    [
      "a CA without basicConstraints",
      (fields) => ({ extensions: withExtension(fields, oids.basicConstraints, undefined) }),
      root,
      "not-a-ca",
    ],
    [
      "a critical extension that is not understood",
      (fields) => ({ extensions: withExtension(fields, "2.5.29.30", { critical: true, value: sequence() }) }),
      root,
      "critical-extension",
    ],
    ["the root's name under another key", () => ({}), makeKeyPair("P-384"), "missing-issuer"],
    [
      "another authority key identifier",
      (fields) => ({
        extensions: withExtension(fields, oids.authorityKeyIdentifier, {
          value: sequence(element(0x80, Buffer.alloc(20))),
        }),
      }),
      root,
      "missing-issuer",
    ],
    [
      "a key that is not accepted",
      () => ({ spki: sequence(sequence(oid("1.3.101.112")), element(3, Buffer.alloc(33))) }),
      root,
      "algorithm",
    ],
  ])("%s is an error", (_, change, signer, rule) => {
    expect(rules(pem(changed(change, signer), root.certificate)).errors).toEqual([rule]);
  });

  test("a self-signed root whose signature is bad has no chain", () => {
    const broken = Buffer.from(root.certificate.der);
    broken.writeUInt8((broken.at(-1) as number) ^ 1, broken.length - 1);
    expect(rules(encodePem("CERTIFICATE", broken)).errors).toEqual(["missing-issuer"]);
  });

  test("two CAs that sign each other have no chain and no endless walk", () => {
    const a = makeKeyPair("P-256");
    const one = below(
      { key: a, certificate: { subject: { der: encodeName([{ type: "CN", value: "A" }]) } } as Certificate },
      "B",
    );
    const back = readTbsCertificate(one.certificate.tbs);
    const other = parseCertificate(
      signWith(one.key.privateKey, {
        tbs: encodeTbs({ ...back, subject: back.issuer, issuer: back.subject, spki: a.publicKey.spki }),
        algorithm: "ecdsa-with-SHA256",
      }),
    );
    expect(rules(pem(one.certificate, other)).errors).toEqual(["missing-issuer", "missing-issuer"]);
  });

  test("a chain of 4 is a warning, of 5 an error", () => {
    const chain = [{ key: root as KeyPair, certificate: root.certificate }];
    for (const name of ["two", "three", "four", "five"]) chain.push(below(chain.at(-1) as never, name));
    const upTo = (length: number) => rules(pem(...chain.slice(0, length).map((one) => one.certificate)));
    expect(upTo(3)).toEqual({ errors: [], warnings: [] });
    expect(upTo(4)).toEqual({ errors: [], warnings: ["chain-length"] });
    expect(upTo(5)).toEqual({ errors: ["chain-length"], warnings: ["chain-length"] });
  });

  test("more than 1,000 certificates are an error", () => {
    const small = encodePem("CERTIFICATE", Buffer.from("3000", "hex"));
    const found = rules(small.repeat(1001)).errors;
    expect(found.filter((rule) => rule !== "certificate")).toEqual(["count"]);
    expect(rules(small.repeat(1000)).errors).not.toContain("count");
  });

  test("dates: expired, not yet valid and nearly expired; warnings where a committed file is judged", () => {
    const at = (text: string) => new Date(text);
    const after = new Date(root.certificate.notAfter.getTime() + 1000);
    expect(rules(bundle, at("2026-01-01T00:00:00Z")).errors).toEqual(["not-yet-valid", "not-yet-valid"]);
    expect(rules(bundle, after).errors).toEqual(["expired", "expired"]);
    expect(rules(pem(root.certificate), new Date(after.getTime() - 86_400_000)).warnings).toEqual([
      "expires-soon",
    ]);
    const { errors, warnings } = lintTruststore(bundle, after, { dates: "warning" });
    expect(errors).toEqual([]);
    expect(warnings.map((one) => one.rule)).toEqual(["expired", "expired"]);
  });

  test("a CA of openssl passes, one signed with SHA-1 does not", async () => {
    await withOpenssl(async (folder) => {
      for (const [name, ...digest] of [["good"], ["weak", "-sha1"]] as const)
        await folder.openssl(
          ...[
            "req",
            "-x509",
            "-nodes",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-keyout",
            "k.pem",
          ],
          ...["-out", `${name}.pem`, "-days", "400", "-subj", `/CN=${name}`, ...digest],
        );
      const text = async (name: string) => (await folder.read(`${name}.pem`)).toString();
      expect(rules(await text("good"), new Date())).toEqual({ errors: [], warnings: [] });
      expect(rules((await text("good")) + (await text("weak")), new Date()).errors).toEqual(["algorithm"]);
    });
  });

  test("a finding names the certificate", () => {
    expect(lintTruststore(pem(issuing.certificate), now).errors[0]).toEqual({
      rule: "missing-issuer",
      message: "no verified chain to a root in the bundle; the issuer is O=Example Ltd,CN=Example root g1",
      certificate: "O=Example Ltd,CN=Example issuing g1",
    });
  });
});
