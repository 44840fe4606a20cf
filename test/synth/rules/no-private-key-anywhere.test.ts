/** The detector against keys made here, in the forms in which files, states and logs would hold them. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { privateKeysIn } from "#pki/private-keys-in.ts";

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ed = generateKeyPairSync("ed25519");
const randomBytesWithoutKeys = randomBytes(512);

describe("a private key is found", () => {
  const pem = ec.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  const der = {
    "P-256 PKCS#8": ec.privateKey.export({ format: "der", type: "pkcs8" }),
    "P-256 SEC 1": ec.privateKey.export({ format: "der", type: "sec1" }),
    "P-384 PKCS#8": p384.privateKey.export({ format: "der", type: "pkcs8" }),
    "RSA PKCS#8": rsa.privateKey.export({ format: "der", type: "pkcs8" }),
    "RSA PKCS#1": rsa.privateKey.export({ format: "der", type: "pkcs1" }),
    "Ed25519 PKCS#8": ed.privateKey.export({ format: "der", type: "pkcs8" }),
  };
  const rows: [string, Buffer | string][] = [
    ["PEM", pem],
    ["PEM in JSON", JSON.stringify({ outputs: { key: pem } })],
    ["PEM in a log line in JSON", JSON.stringify({ message: JSON.stringify({ key: pem }) })],
    ["SEC 1 PEM", ec.privateKey.export({ format: "pem", type: "sec1" }).toString()],
    [
      "encrypted PEM",
      ec.privateKey
        .export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "x" })
        .toString(),
    ],
    ["JWK", JSON.stringify(ec.privateKey.export({ format: "jwk" }))],
    ["JWK in a string", JSON.stringify(JSON.stringify(ec.privateKey.export({ format: "jwk" })))],
    ["AWS secret key", JSON.stringify({ AccessKeyId: "AKIA", SecretAccessKey: "a".repeat(40) })],
    ...Object.entries(der).flatMap(([kind, bytes]): [string, Buffer | string][] => [
      [
        `${kind}, DER among other bytes`,
        Buffer.concat([randomBytesWithoutKeys, bytes, randomBytesWithoutKeys]),
      ],
      [`${kind}, base64`, `x: "${bytes.toString("base64")}"`],
      [`${kind}, base64 in lines of 64`, (bytes.toString("base64").match(/.{1,64}/g) ?? []).join("\n")],
    ]),
  ];
  test.each(rows)("%s", (_form, content) => {
    expect(privateKeysIn(content)).not.toEqual([]);
  });
  test("PKCS#12, by the file's name", () => {
    expect(privateKeysIn("", "client.p12")).not.toEqual([]);
  });
});

describe("what is public is left alone", () => {
  const rows: [string, Buffer | string][] = [
    ["public key, PEM", ec.publicKey.export({ format: "pem", type: "spki" }).toString()],
    ["public key, DER", rsa.publicKey.export({ format: "der", type: "spki" })],
    ["public JWK", JSON.stringify(ec.publicKey.export({ format: "jwk" }))],
    ["random bytes", randomBytesWithoutKeys],
    ["hashes", randomBytes(4096).toString("base64")],
    ["nothing", ""],
  ];
  test.each(rows)("%s", (_form, content) => {
    expect(privateKeysIn(content)).toEqual([]);
  });
});
