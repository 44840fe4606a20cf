import { createECDH, generateKeyPairSync, sign } from "node:crypto";
import { bitString, element, integer, nullValue, oid, sequence } from "#pki/der/writer.ts";
import { type KeyType, keyTypes, parsePublicKey } from "#pki/public-key.ts";
import {
  parseSignatureAlgorithm,
  signatureAlgorithms,
  signingAlgorithmFor,
  verifySignature,
} from "#pki/signature.ts";
import { makeKeyPair } from "../../support/hierarchy.ts";

const p256 = makeKeyPair("P-256");
const p384 = makeKeyPair("P-384");
const rsa2048 = makeKeyPair("RSA-2048");
const rsaOf = (modulus: Buffer, exponent: Buffer | number) =>
  sequence(
    sequence(oid("1.2.840.113549.1.1.1"), nullValue()),
    bitString(sequence(integer(modulus), integer(exponent))),
  );
const ec = (curve: string, point: Buffer) =>
  sequence(sequence(oid("1.2.840.10045.2.1"), oid(curve)), bitString(point));
const modulus = (bits: number, last = 0xff) => {
  const octets = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  octets[0] = 0xff >> (octets.length * 8 - bits);
  octets[octets.length - 1] = last;
  return octets;
};
const spki = (key: ReturnType<typeof generateKeyPairSync>) =>
  (key.publicKey as unknown as { export(o: object): Buffer }).export({ format: "der", type: "spki" });
const point = createECDH("prime256v1").generateKeys();
/** 06 or 07 and both coordinates: what X9.62 calls hybrid, a second spelling of the key. */
const hybrid = Buffer.concat([Buffer.of(6 | ((point.at(-1) as number) & 1)), point.subarray(1)]);
const compressed = Buffer.concat([Buffer.of(2), point.subarray(1, 33)]);

describe("public keys", () => {
  test.each(keyTypes.filter((type) => type !== "RSA-4096"))("%s is read", (keyType: KeyType) => {
    const { publicKey } = makeKeyPair(keyType);
    expect(publicKey).toMatchObject({ keyType, kind: keyType.startsWith("RSA") ? "RSA" : "EC" });
    expect(publicKey.keyIdentifier).toHaveLength(20);
    expect(publicKey.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(parsePublicKey(publicKey.spki).hash).toBe(publicKey.hash);
  });

  test.each([
    ["RSA of 1024 bits", rsaOf(modulus(1024), 65537)],
    ["RSA of 2047 bits", rsaOf(modulus(2047), 65537)],
    ["RSA of 2049 bits", rsaOf(modulus(2049), 65537)],
    ["RSA of 16384 bits", rsaOf(modulus(16384), 65537)],
    ["an even modulus", rsaOf(modulus(2048, 0xfe), 65537)],
    ["exponent 1", rsaOf(modulus(2048), 1)],
    ["exponent 3", rsaOf(modulus(2048), 3)],
    ["an even exponent", rsaOf(modulus(2048), 65538)],
    ["exponent 0", rsaOf(modulus(2048), 0)],
    ["an exponent of 33 octets", rsaOf(modulus(2048), Buffer.alloc(33, 1))],
    ["P-521", spki(generateKeyPairSync("ec", { namedCurve: "P-521" }))],
    ["secp256k1", spki(generateKeyPairSync("ec", { namedCurve: "secp256k1" }))],
    ["Ed25519", spki(generateKeyPairSync("ed25519") as never)],
    ["DSA", sequence(sequence(oid("1.2.840.10040.4.1")), bitString(integer(7)))],
    [
      "explicit curve parameters",
      spki(generateKeyPairSync("ec", { namedCurve: "P-256", paramEncoding: "explicit" })),
    ],
    ["a point that is not on the curve", ec("1.2.840.10045.3.1.7", Buffer.from(point).fill(1, 1))],
    ["a compressed point", ec("1.2.840.10045.3.1.7", compressed)],
    ["a hybrid point", ec("1.2.840.10045.3.1.7", hybrid)],
    ["a point of another curve", ec("1.3.132.0.34", point)],
    ["the point at infinity", ec("1.2.840.10045.3.1.7", Buffer.of(0))],
    ["a cut point", ec("1.2.840.10045.3.1.7", point.subarray(0, -1))],
  ])("%s is refused", (_, bytes) => {
    expect(() => parsePublicKey(bytes)).toThrow(expect.objectContaining({ code: "algorithm" }));
  });

  test.each([
    [
      "RSA without NULL",
      sequence(
        sequence(oid("1.2.840.113549.1.1.1")),
        bitString(sequence(integer(modulus(2048)), integer(65537))),
      ),
    ],
    [
      "unused bits",
      sequence(
        sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
        bitString(Buffer.concat([point.subarray(0, -1), Buffer.of(0)]), 1),
      ),
    ],
    ["trailing bytes", Buffer.concat([p256.publicKey.spki, Buffer.of(0)])],
    [
      "trailing bytes in the key",
      sequence(
        sequence(oid("1.2.840.113549.1.1.1"), nullValue()),
        bitString(sequence(integer(modulus(2048)), integer(65537), integer(1))),
      ),
    ],
    ["nothing", Buffer.alloc(0)],
    ["zeros", Buffer.alloc(10_000)],
  ])("%s: not one encoding for one key, refused as DER", (_, bytes) => {
    expect(() => parsePublicKey(bytes)).toThrow(expect.objectContaining({ code: "der" }));
  });
});

describe("signatures", () => {
  const bytes = Buffer.from("to be signed");

  test.each(Object.keys(signatureAlgorithms) as (keyof typeof signatureAlgorithms)[])(
    "%s verifies, and not for other bytes, key kind, key or signature",
    (algorithm) => {
      const { hash, kind, identifier } = signatureAlgorithms[algorithm];
      const key = kind === "RSA" ? rsa2048 : p256;
      const signature = sign(hash, bytes, key.privateKey);
      expect(parseSignatureAlgorithm(identifier)).toBe(algorithm);
      expect(verifySignature(algorithm, key.publicKey, bytes, signature)).toBe(true);
      expect(verifySignature(algorithm, key.publicKey, Buffer.from("other"), signature)).toBe(false);
      expect(verifySignature(algorithm, (kind === "RSA" ? p256 : rsa2048).publicKey, bytes, signature)).toBe(
        false,
      );
      expect(verifySignature(algorithm, p384.publicKey, bytes, signature)).toBe(false);
      for (const garbage of [
        Buffer.alloc(0),
        Buffer.alloc(1),
        Buffer.alloc(256),
        Buffer.alloc(5000, 0x30),
        signature.subarray(1),
      ])
        expect(verifySignature(algorithm, key.publicKey, bytes, garbage)).toBe(false);
    },
  );

  test("an RSA signature that calls itself ECDSA is refused, and the reverse", () => {
    for (const [key, claimed] of [
      [rsa2048, "ecdsa-with-SHA256"],
      [p256, "sha256WithRSAEncryption"],
    ] as const)
      expect(verifySignature(claimed, key.publicKey, bytes, sign("sha256", bytes, key.privateKey))).toBe(
        false,
      );
  });

  test("the all-zero ECDSA signature is refused", () => {
    const zero = sequence(integer(0), integer(0));
    expect(verifySignature("ecdsa-with-SHA256", p256.publicKey, bytes, zero)).toBe(false);
  });

  test.each([
    ["SHA-1 with RSA", sequence(oid("1.2.840.113549.1.1.5"), nullValue())],
    ["MD5 with RSA", sequence(oid("1.2.840.113549.1.1.4"), nullValue())],
    ["SHA-1 with ECDSA", sequence(oid("1.2.840.10045.4.1"))],
    ["SHA-224 with ECDSA", sequence(oid("1.2.840.10045.4.3.1"))],
    ["RSA-PSS", sequence(oid("1.2.840.113549.1.1.10"), sequence())],
    ["Ed25519", sequence(oid("1.3.101.112"))],
    ["SHA-256 with RSA, parameters absent", sequence(oid("1.2.840.113549.1.1.11"))],
    ["SHA-256 with ECDSA and NULL", sequence(oid("1.2.840.10045.4.3.2"), nullValue())],
    ["something else", element(0x30)],
  ])("%s is not accepted", (_, identifier) => {
    expect(() => parseSignatureAlgorithm(identifier)).toThrow(expect.objectContaining({ code: "algorithm" }));
  });

  test.each([
    ["P-256", "ecdsa-with-SHA256"],
    ["P-384", "ecdsa-with-SHA384"],
    ["RSA-2048", "sha256WithRSAEncryption"],
  ] as const)("%s signs with %s", (keyType, algorithm) => {
    expect(
      signingAlgorithmFor({ "P-256": p256, "P-384": p384, "RSA-2048": rsa2048 }[keyType].publicKey),
    ).toBe(algorithm);
  });
});
