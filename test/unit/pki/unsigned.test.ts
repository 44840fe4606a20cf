import { createHash } from "node:crypto";
import { signatureAlgorithms } from "#pki/signature.ts";
import { attachSignature, digestOf } from "#pki/unsigned.ts";

const tbs = Buffer.from("3003020101", "hex");

describe("what is about to be signed", () => {
  test.each(Object.keys(signatureAlgorithms) as (keyof typeof signatureAlgorithms)[])(
    "%s: the digest is its own hash of the TBS bytes",
    (algorithm) => {
      const hash = /sha-?(256|384|512)/i.exec(algorithm)?.[1];
      expect(digestOf({ tbs, algorithm })).toEqual(createHash(`sha${hash}`).update(tbs).digest());
      expect(signatureAlgorithms[algorithm].kms).toMatch(new RegExp(`_SHA_${hash}$`));
    },
  );

  test("the signature is attached as a BIT STRING without unused bits", () => {
    const der = attachSignature(
      { tbs, algorithm: "ecdsa-with-SHA256" },
      Buffer.from("3006020101020101", "hex"),
    );
    expect(der.toString("hex")).toBe("301c3003020101300a06082a8648ce3d0403020309003006020101020101");
  });
});
