import { sign } from "node:crypto";
import { parseCsr } from "#pki/csr.ts";
import {
  bitString,
  boolean,
  element,
  explicit,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  set,
  utf8String,
} from "#pki/der/writer.ts";
import { PkiError } from "#pki/errors.ts";
import { encodeName, formatName } from "#pki/name.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { signatureAlgorithms } from "#pki/signature.ts";
import { type KeyPair, makeKeyPair } from "../../support/hierarchy.ts";
import { withOpenssl } from "../../support/openssl.ts";
import { encodeExtension } from "../../support/tbs.ts";

const key = makeKeyPair("P-256");
const subject = encodeName([{ type: "CN", value: "partner-a" }]);
const identifier = signatureAlgorithms["ecdsa-with-SHA256"].identifier;
const codeOf = (use: () => unknown): string => {
  try {
    use();
    return "accepted";
  } catch (error) {
    if (error instanceof PkiError) return error.code;
    throw error;
  }
};
const wish = (dotted: string, value: Buffer, critical = false) =>
  encodeExtension({ oid: dotted, critical, value });
const extensionRequest = (...wishes: Buffer[]) =>
  sequence(oid("1.2.840.113549.1.9.14"), set(sequence(...wishes)));
const info = (
  change: { version?: number; spki?: Buffer; attributes?: Buffer[] | null; more?: Buffer[] } = {},
) =>
  sequence(
    integer(change.version ?? 0),
    subject,
    change.spki ?? key.publicKey.spki,
    ...(change.attributes === null ? [] : [element(0xa0, ...(change.attributes ?? []))]),
    ...(change.more ?? []),
  );
const signed = (tbs: Buffer, by: KeyPair = key) =>
  sequence(tbs, identifier, bitString(sign("sha256", tbs, by.privateKey)));

describe("requests made by openssl", () => {
  test.each([
    ["RSA-2048", ["rsa:2048"]],
    ["RSA-3072", ["rsa:3072"]],
    ["P-256", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]],
    ["P-384", ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]],
  ])("%s: subject, key, wishes are read", async (keyType, newkey) => {
    await withOpenssl(async (folder) => {
      const made = await folder.openssl(
        ...["req", "-new", "-nodes", "-newkey", ...newkey, "-keyout", "key.pem", "-out", "a.csr", "-utf8"],
        ...["-subj", "/O=Example Ltd/OU=Partners/CN=Zürich"],
        ...["-addext", "subjectAltName=DNS:a.example.com,IP:2001:db8::1"],
        ...["-addext", "keyUsage=critical,digitalSignature", "-addext", "extendedKeyUsage=clientAuth"],
        ...["-addext", "basicConstraints=CA:FALSE", "-addext", "nsComment=hello"],
      );
      expect(made).toMatchObject({ code: 0 });
      const csr = parseCsr(decodeOnePem((await folder.read("a.csr")).toString(), "CERTIFICATE REQUEST"));
      expect(csr.publicKey.keyType).toBe(keyType);
      expect(formatName(csr.subject)).toBe("O=Example Ltd,OU=Partners,CN=Zürich");
      expect(csr.subjectAltNames.map(({ kind, value }) => `${kind}:${value}`)).toEqual([
        "dns:a.example.com",
        "ip:2001:db8::1",
      ]);
      expect(csr.requestedExtensions).toEqual({
        keyUsage: new Set(["digitalSignature"]),
        extendedKeyUsage: ["clientAuth"],
        basicConstraints: { ca: false },
        others: ["2.16.840.1.113730.1.13"],
      });
      const { stdout } = await folder.openssl("req", "-in", "a.csr", "-noout", "-pubkey");
      expect(Buffer.from(stdout.replace(/-----.*-----|\n/g, ""), "base64")).toEqual(csr.publicKey.spki);
    });
  });

  test.each([
    ["Ed25519", ["ed25519"], []],
    ["Ed448", ["ed448"], []],
    ["P-521", ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"], []],
    ["RSA of 1024 bits", ["rsa:1024"], []],
    ["an RSA exponent of 3", ["rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:3"], []],
    ["SHA-1", ["rsa:2048"], ["-sha1"]],
    ["RSA-PSS", ["rsa:2048"], ["-sigopt", "rsa_padding_mode:pss"]],
  ])("%s is refused by its algorithm", async (_, newkey, extra) => {
    await withOpenssl(async (folder) => {
      const made = await folder.openssl(
        ...["req", "-new", "-nodes", "-newkey", ...newkey, "-keyout", "key.pem", "-out", "a.csr"],
        ...["-subj", "/CN=x", ...extra],
      );
      expect(made).toMatchObject({ code: 0 });
      const der = decodeOnePem((await folder.read("a.csr")).toString(), "CERTIFICATE REQUEST");
      expect(codeOf(() => parseCsr(der))).toBe("algorithm");
    });
  });
});

describe("proof of possession", () => {
  test("a request signed by its own key is read", () => {
    expect(parseCsr(signed(info())).publicKey.hash).toBe(key.publicKey.hash);
  });

  test("a request signed by another key is refused", () => {
    expect(codeOf(() => parseCsr(signed(info(), makeKeyPair("P-256"))))).toBe("signature");
  });

  test("any changed byte of a signed request is refused", () => {
    const der = signed(
      info({
        attributes: [extensionRequest(wish("2.5.29.17", sequence(element(0x82, Buffer.from("a.example")))))],
      }),
    );
    for (let at = 0; at < der.length; at++) {
      const copy = Buffer.from(der);
      copy[at] = (copy[at] as number) ^ 0x01;
      expect(codeOf(() => parseCsr(copy))).not.toBe("accepted");
    }
  });
});

describe("what is no request", () => {
  const der = signed(info());
  test.each<[string, Buffer, string]>([
    ["nothing", Buffer.alloc(0), "der"],
    ["10 MB of zeros", Buffer.alloc(10_000_000), "size"],
    ["zeros", Buffer.alloc(5000), "der"],
    ["a trailing byte", Buffer.concat([der, Buffer.of(0)]), "der"],
    [
      "exponent 1",
      signed(
        info({
          spki: sequence(
            sequence(oid("1.2.840.113549.1.1.1"), element(5)),
            bitString(sequence(integer(Buffer.alloc(256, 0xff)), integer(1))),
          ),
        }),
      ),
      "algorithm",
    ],
    [
      "a key of an unknown type",
      signed(info({ spki: sequence(sequence(oid("1.2.3.4")), bitString(Buffer.alloc(32))) })),
      "algorithm",
    ],
    ["version 1", signed(info({ version: 1 })), "csr"],
    ["a field too many", signed(info({ more: [integer(1)] })), "der"],
    [
      "two lists of wishes",
      signed(
        info({
          attributes: [
            extensionRequest(wish("1.2.3", sequence())),
            extensionRequest(wish("1.2.4", sequence())),
          ],
        }),
      ),
      "csr",
    ],
    [
      "a wish twice",
      signed(info({ attributes: [extensionRequest(wish("1.2.3", sequence()), wish("1.2.3", sequence()))] })),
      "csr",
    ],
    ["an empty list of wishes", signed(info({ attributes: [extensionRequest()] })), "der"],
    [
      "two values of wishes",
      signed(
        info({
          attributes: [
            sequence(
              oid("1.2.840.113549.1.9.14"),
              set(sequence(wish("1.2.3", sequence())), sequence(wish("1.2.4", sequence()))),
            ),
          ],
        }),
      ),
      "der",
    ],
    [
      "an alternative name with a NUL",
      signed(
        info({
          attributes: [extensionRequest(wish("2.5.29.17", sequence(element(0x82, Buffer.from("a\0b")))))],
        }),
      ),
      "name",
    ],
    [
      "an unreadable basicConstraints",
      signed(info({ attributes: [extensionRequest(wish("2.5.29.19", explicit(0, boolean(true))))] })),
      "der",
    ],
  ])("%s is refused", (_, bytes, code) => {
    expect(codeOf(() => parseCsr(bytes))).toBe(code);
  });

  test("every truncation is refused", () => {
    for (let length = 0; length < der.length; length++)
      expect(codeOf(() => parseCsr(der.subarray(0, length)))).not.toBe("accepted");
  });

  test("absent attributes and a challengePassword change nothing", () => {
    const password = sequence(oid("1.2.840.113549.1.9.7"), set(utf8String("secret")));
    for (const attributes of [null, [password]])
      expect(parseCsr(signed(info({ attributes }))).requestedExtensions).toEqual({ others: [] });
  });

  test("a wish to be a CA is read for what it is", () => {
    const attributes = [
      extensionRequest(
        wish("2.5.29.19", sequence(boolean(true)), true),
        wish("2.5.29.15", namedBits([5]), true),
        wish("2.5.29.14", octetString(Buffer.of(1))),
      ),
    ];
    expect(parseCsr(signed(info({ attributes }))).requestedExtensions).toEqual({
      basicConstraints: { ca: true },
      keyUsage: new Set(["keyCertSign"]),
      others: ["2.5.29.14"],
    });
  });
});
