// Our own verification of token signatures: never a word more than jose accepts, and stricter where it must be.
import { constants, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import fc from "fast-check";
import { compactVerify } from "jose";
import type { PublicJwk } from "#contract/token-policy.ts";
import { type JwsAlgorithm, readJws, verifyJws } from "#lambdas/authorizer/tokens/jws.ts";

const pairs = {
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  PS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  EdDSA: generateKeyPairSync("ed25519"),
} as const;
const algorithms = Object.keys(pairs) as JwsAlgorithm[];
const jwkOf = (key: KeyObject): PublicJwk => ({ ...key.export({ format: "jwk" }) });
const jwks = {
  ES256: jwkOf(pairs.ES256.publicKey),
  PS256: jwkOf(pairs.PS256.publicKey),
  EdDSA: jwkOf(pairs.EdDSA.publicKey),
};
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function signatureOf(
  alg: JwsAlgorithm,
  input: string,
  key: KeyObject = pairs[alg].privateKey,
  salt = 32,
): Buffer {
  if (alg === "EdDSA") return sign(null, Buffer.from(input), key);
  const options =
    alg === "ES256"
      ? { key, dsaEncoding: "ieee-p1363" as const }
      : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: salt };
  return sign("sha256", Buffer.from(input), options);
}
function token(alg: JwsAlgorithm, signature?: Buffer): string {
  const input = `${part({ alg, typ: "at+jwt" })}.${part({ sub: "client-1", scope: "time:query" })}`;
  return `${input}.${(signature ?? signatureOf(alg, input)).toString("base64url")}`;
}
/** As the verifier of access tokens asks. */
function ours(text: string, alg: JwsAlgorithm, jwk: PublicJwk = jwks[alg]): string {
  const jws = readJws(text);
  if (!jws) return "no JWS";
  return jws.header.alg === alg ? verifyJws(jws, alg, jwk) : "another algorithm";
}
async function joses(text: string, alg: JwsAlgorithm): Promise<boolean> {
  try {
    await compactVerify(text, jwks[alg] as Parameters<typeof compactVerify>[1] & object, {
      algorithms: [alg],
    });
    return true;
  } catch {
    return false;
  }
}

describe.each(algorithms)("%s", (alg) => {
  const good = token(alg);

  test("is verified, and the claims are those that were signed", () => {
    expect(ours(good, alg)).toBe("verified");
    expect(readJws(good)?.payload).toEqual({ sub: "client-1", scope: "time:query" });
  });

  test("a token that is changed anywhere is accepted by neither", async () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";
    const character = fc.integer({ min: 0, max: alphabet.length - 1 }).map((i) => alphabet[i] as string);
    const place = fc.integer({ min: 0, max: good.length - 1 });
    const changed = fc.oneof(
      fc.tuple(place, character).map(([at, to]) => `${good.slice(0, at)}${to}${good.slice(at + 1)}`),
      fc.tuple(place, character).map(([at, what]) => `${good.slice(0, at)}${what}${good.slice(at)}`),
      place.map((at) => `${good.slice(0, at)}${good.slice(at + 1)}`),
      place.map((at) => good.slice(0, at)),
    );
    await fc.assert(
      fc.asyncProperty(changed, async (text) => {
        fc.pre(text !== good);
        expect(ours(text, alg)).not.toBe("verified");
        // jose takes a second spelling of the same bytes; of that, and of nothing else, we take less.
        if (await joses(text, alg)) expect(readJws(text)).toBeUndefined();
      }),
      { numRuns: 1000, seed: 20260601 },
    );
  });

  test("a signature of any length and content that the key did not make is refused, and nothing throws", () => {
    const any = fc.uint8Array({ minLength: 0, maxLength: 300 });
    fc.assert(
      fc.property(any, (octets) => expect(ours(token(alg, Buffer.from(octets)), alg)).toBe("signature")),
      { numRuns: 500, seed: 20260601 },
    );
    for (const length of [1, 32, 63, 64, 65, 255, 256, 257])
      for (const octet of [0x00, 0xff])
        expect(ours(token(alg, Buffer.alloc(length, octet)), alg)).toBe("signature");
  });

  test("a key of every other kind is refused", () => {
    const others = {
      "another curve": generateKeyPairSync("ec", { namedCurve: "P-384" }),
      "Koblitz's curve": generateKeyPairSync("ec", { namedCurve: "secp256k1" }),
      Ed448: generateKeyPairSync("ed448"),
      X25519: generateKeyPairSync("x25519"),
      "RSA of 1024 bits": generateKeyPairSync("rsa", { modulusLength: 1024 }),
      "RSA with exponent 3": generateKeyPairSync("rsa", { modulusLength: 2048, publicExponent: 3 }),
      ...pairs,
    };
    for (const [name, { publicKey }] of Object.entries(others))
      expect([name, ours(good, alg, jwkOf(publicKey))]).toEqual([name, name === alg ? "verified" : "key"]);
  });

  test.each<[string, (jwk: PublicJwk) => PublicJwk]>([
    ["without members", () => ({})],
    ["that is a secret", () => ({ kty: "oct", k: "AAAA" })],
    ["of a type that does not exist", (jwk) => ({ ...jwk, kty: "__proto__" })],
    ["with members that are no text", (jwk) => ({ ...jwk, x: 1, n: 1 })],
    ["with an empty member", (jwk) => ({ ...jwk, x: "", n: "" })],
    ["with a point or modulus of other bytes", (jwk) => ({ ...jwk, x: "AQ", n: "AQ" })],
    ["with exponent 1", (jwk) => (jwk.kty === "RSA" ? { ...jwk, e: "AQ" } : {})],
    ["with an even exponent", (jwk) => (jwk.kty === "RSA" ? { ...jwk, e: "AQAC" } : {})],
  ])("a key %s is refused", (_, change) => {
    expect(ours(good, alg, change(jwks[alg]))).toBe("key");
  });

  test("of a key that brings its private half, only the public one is read", () => {
    expect(ours(good, alg, jwkOf(pairs[alg].privateKey))).toBe("verified");
    expect(ours(good, alg, { ...jwks[alg], key_ops: [], ext: false, d: 7 })).toBe("verified");
  });
});

test("a point that is not on its curve is no key", () => {
  const y = Buffer.from(jwks.ES256.y as string, "base64url");
  y[31] = (y[31] as number) ^ 1;
  expect(ours(token("ES256"), "ES256", { ...jwks.ES256, y: y.toString("base64url") })).toBe("key");
});

test("an ES256 signature in DER is refused, and so is half of one", () => {
  const input = token("ES256").split(".").slice(0, 2).join(".");
  const der = sign("sha256", Buffer.from(input), pairs.ES256.privateKey);
  const raw = signatureOf("ES256", input);
  for (const one of [der, raw.subarray(0, 32), Buffer.concat([raw, raw])])
    expect(ours(token("ES256", one), "ES256")).toBe("signature");
});

test.each([0, 20, 31, 33, 222])("a PS256 signature with a salt of %i octets is refused", (salt) => {
  const input = token("PS256").split(".").slice(0, 2).join(".");
  expect(ours(token("PS256", signatureOf("PS256", input, undefined, salt)), "PS256")).toBe("signature");
});

test("a PKCS #1 v1.5 signature is no PS256", () => {
  const input = token("PS256").split(".").slice(0, 2).join(".");
  expect(ours(token("PS256", sign("sha256", Buffer.from(input), pairs.PS256.privateKey)), "PS256")).toBe(
    "signature",
  );
});

describe("is no JWS:", () => {
  const signed = (header: Buffer, payload: Buffer): string => {
    const input = `${header.toString("base64url")}.${payload.toString("base64url")}`;
    return `${input}.${signatureOf("ES256", input).toString("base64url")}`;
  };
  const head = Buffer.from('{"alg":"ES256"}');
  const body = Buffer.from('{"sub":"client-1"}');

  test.each<[string, string]>([
    ["two parts", "e30.e30"],
    ["four parts", `${token("ES256")}.`],
    ["an empty header", ".e30.AA"],
    ["a header that is a list", signed(Buffer.from("[]"), body)],
    ["a header that is null", signed(Buffer.from("null"), body)],
    ["a payload that is a number", signed(head, Buffer.from("1"))],
    ["a payload that is text", signed(head, Buffer.from('"x"'))],
    ["a payload that is cut", signed(head, Buffer.from('{"sub":'))],
    ["a payload with a byte order mark", signed(head, Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), body]))],
    ["a payload that is no UTF-8", signed(head, Buffer.from('{"sub":"\xff"}', "latin1"))],
    ["padding", `${token("ES256")}==`],
    ["a line break at the end", `${token("ES256")}\n`],
  ])("%s", (_, text) => {
    expect(ours(signed(head, body), "ES256")).toBe("verified");
    expect(readJws(text)).toBeUndefined();
  });

  test("a second spelling of the same bytes", () => {
    const good = token("ES256");
    const last = good.at(-1) as string;
    // 64 octets leave four bits of the last character unused.
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const other = `${good.slice(0, -1)}${alphabet[alphabet.indexOf(last) + 1]}`;
    expect(Buffer.from(other.split(".")[2] as string, "base64url")).toEqual(readJws(good)?.signature);
    expect(readJws(other)).toBeUndefined();
  });
});
