import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { JwtTokens, PublicJwk } from "#contract/token-policy.ts";
import type { Identified } from "#lambdas/authorizer/steps/certificate.ts";
import { jwtVerifier } from "#lambdas/authorizer/tokens/jwt.ts";
import { start } from "./fixture.ts";
import { failures, TokenService } from "./token-service.ts";

const service = new TokenService();
beforeAll(() => service.start());
afterAll(() => service.stop());

interface ServerKey {
  readonly privateKey: KeyObject;
  readonly jwk: PublicJwk;
  readonly alg: string;
  readonly kid: string;
}
function serverKey(alg: string, kid: string, extra: object = {}): ServerKey {
  const pair =
    alg === "EdDSA"
      ? generateKeyPairSync("ed25519")
      : alg === "ES256"
        ? generateKeyPairSync("ec", { namedCurve: "P-256" })
        : generateKeyPairSync("rsa", { modulusLength: alg === "weak" ? 1024 : 2048 });
  return {
    privateKey: pair.privateKey,
    jwk: { ...pair.publicKey.export({ format: "jwk" }), kid, ...extra },
    alg: alg === "weak" ? "PS256" : alg,
    kid,
  };
}
const keys = { es: serverKey("ES256", "es"), ps: serverKey("PS256", "ps"), ed: serverKey("EdDSA", "ed") };

const now = start.getTime() / 1000;
const claims = {
  iss: "https://as.example.com",
  aud: "https://api.example.com",
  sub: "client-1",
  client_id: "client-1",
  scope: "time:query other",
  iat: now,
  exp: now + 300,
  jti: "1",
  cnf: { "x5t#S256": "t" },
};
interface Forging {
  readonly key?: ServerKey;
  readonly header?: object;
  readonly claims?: object;
}
/** Signed by node:crypto, so that nothing refuses to make a bad one. */
function signed({ key = keys.es, header, claims: changes }: Forging = {}): string {
  const head = { alg: key.alg, typ: "at+jwt", kid: key.kid, ...header };
  const input = [head, { ...claims, ...changes }].map(part).join(".");
  const options = {
    ES256: { key: key.privateKey, dsaEncoding: "ieee-p1363" as const },
    PS256: { key: key.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
    EdDSA: { key: key.privateKey },
  }[key.alg as "ES256" | "PS256" | "EdDSA"];
  const signature = sign(key.alg === "EdDSA" ? null : "sha256", Buffer.from(input), options);
  return `${input}.${signature.toString("base64url")}`;
}
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const policy = (changes: Partial<JwtTokens> = {}): JwtTokens => ({
  kind: "jwt",
  answers: "policy",
  bound: true,
  timeoutMilliseconds: 1500,
  issuer: "https://as.example.com",
  audience: "https://api.example.com",
  keys: { static: Object.values(keys).map(({ jwk }) => jwk) },
  clockToleranceSeconds: 5,
  ...changes,
});
const ask = (verify: ReturnType<typeof jwtVerifier>, token: string, seconds = 0) =>
  verify({ token, identified: {} as Identified, scopes: [], now: new Date((now + seconds) * 1000) });
const decide = async (token: string, seconds = 0, changes: Partial<JwtTokens> = {}) =>
  ask(
    jwtVerifier(policy(changes), () => start),
    token,
    seconds,
  );

describe("a JWT access token", () => {
  test.each(["es", "ps", "ed"] as const)(
    "signed by the server's %s key is valid, and says what it grants",
    async (name) => {
      expect(await decide(signed({ key: keys[name] }))).toEqual({
        passed: true,
        found: {
          scopes: ["time:query", "other"],
          subject: "client-1",
          clientId: "client-1",
          expiresAt: now + 300,
          confirmation: { "x5t#S256": "t" },
        },
      });
    },
  );

  test.each<[string, Forging, boolean]>([
    ["an audience among several", { claims: { aud: ["https://other.example.com", claims.aud] } }, true],
    ["type application/at+jwt", { header: { typ: "application/at+jwt" } }, true],
    ["no scope", { claims: { scope: undefined } }, true],
    ["another issuer", { claims: { iss: "https://evil.example.com" } }, false],
    ["an issuer with a slash more", { claims: { iss: `${claims.iss}/` } }, false],
    ["no issuer", { claims: { iss: undefined } }, false],
    ["another audience", { claims: { aud: "https://other.example.com" } }, false],
    ["no audience", { claims: { aud: undefined } }, false],
    ["no expiry", { claims: { exp: undefined } }, false],
    ["an expiry that is no number", { claims: { exp: "never" } }, false],
    ["a start in the future", { claims: { nbf: now + 6 } }, false],
    ["a start within the tolerance", { claims: { nbf: now + 4 } }, true],
    ["scopes in a list", { claims: { scope: ["time:query"] } }, false],
    ["type JWT, an ID token for example", { header: { typ: "JWT" } }, false],
    ["no type", { header: { typ: undefined } }, false],
    ["an unknown critical header", { header: { crit: ["x"], x: 1 } }, false],
    ["an unencoded payload", { header: { crit: ["b64"], b64: true } }, false],
    ["an unknown key id", { header: { kid: "nobody" } }, false],
    ["no key id, and one key of that type", { header: { kid: undefined } }, true],
    ["the key id of a key of another type", { header: { kid: "ps" } }, false],
    ["a key id that is no string", { header: { kid: 7 } }, false],
    ["a pointer to other keys", { header: { jku: "https://evil.example.com/jwks" } }, false],
    ["a pointer to a certificate", { header: { x5u: "https://evil.example.com/c" } }, false],
    ["a certificate that it brings", { header: { x5c: ["MII"] } }, false],
    ["a key that it brings", { header: { jwk: keys.ed.jwk } }, false],
  ])("%s", async (_, forging, passed) => {
    const outcome = await decide(signed(forging));
    expect(outcome.passed ? "passed" : outcome.code).toBe(passed ? "passed" : "token-invalid");
  });

  test.each([
    [304, true],
    [306, false],
  ])("%i seconds after it was issued for 300, with 5 of tolerance: %p", async (seconds, passed) => {
    const outcome = await decide(signed(), seconds);
    expect(outcome.passed ? "passed" : outcome.code).toBe(passed ? "passed" : "token-expired");
  });

  test("with a changed claim, a changed signature or none is not valid", async () => {
    const [header, , signature] = signed().split(".") as [string, string, string];
    const changed = part({ ...claims, scope: "admin" });
    const token = signed();
    const flipped = `${token.slice(0, -10)}${token.at(-10) === "A" ? "B" : "A"}${token.slice(-9)}`;
    for (const one of [
      `${header}.${changed}.${signature}`,
      flipped,
      token.slice(0, token.lastIndexOf(".") + 1),
    ])
      expect(await decide(one)).toMatchObject({ passed: false, code: "token-invalid" });
  });

  test("without signature, or signed with the public key as a secret, is not valid", async () => {
    const input = `${part({ alg: "HS256", typ: "at+jwt", kid: "es" })}.${part(claims)}`;
    const mac = createHmac("sha256", JSON.stringify(keys.es.jwk)).update(input).digest("base64url");
    const none = `${part({ alg: "none", typ: "at+jwt" })}.${part(claims)}.`;
    for (const one of [none, `${input}.${mac}`])
      expect(await decide(one)).toMatchObject({ code: "token-invalid", detail: "algorithm" });
  });

  test.each(["RS256", "ES384", "none", "constructor", "__proto__"])(
    "with algorithm %s is not valid",
    async (alg) => {
      const header = part({ alg, typ: "at+jwt", kid: "es" });
      expect(await decide(`${header}.e30.AAAA`)).toMatchObject({ passed: false, code: "token-invalid" });
    },
  );

  test("of another server with the same key id is not valid", async () => {
    expect(await decide(signed({ key: serverKey("ES256", "es") }))).toMatchObject({
      code: "token-invalid",
    });
  });

  test.each([
    ["an RSA key of 1024 bits", () => serverKey("weak", "k")],
    ["a key for encryption", () => serverKey("ES256", "k", { use: "enc" })],
    ["a key for another algorithm", () => serverKey("PS256", "k", { alg: "RS256" })],
  ])("under %s is not valid", async (_, make) => {
    const key = make();
    expect(await decide(signed({ key }), 0, { keys: { static: [key.jwk] } })).toMatchObject({
      code: "token-invalid",
    });
  });

  test("that could be of two keys is not valid", async () => {
    const twins = { static: [keys.es.jwk, { ...serverKey("ES256", "es").jwk }] };
    expect(await decide(signed(), 0, { keys: twins })).toMatchObject({
      code: "token-invalid",
      detail: "unknown key",
    });
  });

  test.each(["", "x", "a.b.c", "....", "e30.e30.", "a.b.c.d.e", `${"x".repeat(8000)}.e30.AA`])(
    "%j is not valid",
    async (text) => {
      expect(await decide(text)).toMatchObject({ passed: false, code: "token-invalid" });
    },
  );
});

describe("the server's keys by URL", () => {
  let seconds: number;
  let verify: ReturnType<typeof jwtVerifier>;
  const at = (later: number) => new Date((now + later) * 1000);
  beforeEach(() => {
    service.asked.length = 0;
    seconds = 0;
    service.says({ keys: [keys.es.jwk] });
    verify = jwtVerifier(policy({ keys: { url: `${service.url}/jwks?x=1` } }), () => at(seconds));
  });
  /** A token of that moment, asked about then. */
  const askAt = async (later: number, key = keys.es) => {
    seconds = later;
    const token = signed({ key, claims: { exp: now + later + 300 } });
    return ask(verify, token, later);
  };

  test("are fetched on first need, once for all who wait", async () => {
    const token = signed();
    expect(service.asked).toHaveLength(0);
    const outcomes = await Promise.all([1, 2, 3].map(() => ask(verify, token)));
    expect(outcomes.every((one) => one.passed)).toBe(true);
    expect(service.asked).toHaveLength(1);
    expect(service.asked[0]).toMatchObject({ method: "GET", url: "/jwks?x=1" });
    expect((await askAt(599)).passed).toBe(true);
    expect(service.asked).toHaveLength(1);
  });

  test("are asked for again after ten minutes: a key that was taken out ends", async () => {
    await askAt(0);
    service.says({ keys: [keys.ed.jwk] });
    expect(await askAt(600)).toMatchObject({ code: "token-invalid", detail: "unknown key" });
    expect(service.asked).toHaveLength(2);
  });

  test("are asked for again for an unknown key id, at most once in 30 seconds", async () => {
    await askAt(0);
    expect(await askAt(29, keys.ed)).toMatchObject({ code: "token-invalid" });
    expect(service.asked).toHaveLength(1);
    service.says({ keys: [keys.es.jwk, keys.ed.jwk] });
    expect((await askAt(30, keys.ed)).passed).toBe(true);
    expect(await askAt(31, keys.ps)).toMatchObject({ code: "token-invalid" });
    expect(service.asked).toHaveLength(2);
  });

  test("serve for an hour while the server fails, and not longer", async () => {
    await askAt(0);
    service.says("", "text/plain", 503);
    expect((await askAt(3599)).passed).toBe(true);
    expect(await askAt(3600)).toMatchObject({ code: "token-service-failed", detail: "keys: status 503" });
    service.says({ keys: [keys.es.jwk] });
    expect((await askAt(3601)).passed).toBe(true);
  });

  test("of a clock that went backwards are asked for again", async () => {
    await askAt(0);
    await askAt(-100);
    expect(service.asked).toHaveLength(2);
  });

  test.each([...failures, ["answering no key set", (one: TokenService) => one.says({ keys: "x" })] as const])(
    "a server that is %s: the token cannot be checked, and the next call asks again",
    async (_, fail) => {
      fail(service);
      expect(await askAt(0)).toMatchObject({ passed: false, code: "token-service-failed" });
      service.says({ keys: [keys.es.jwk] }, "application/jwk-set+json");
      expect((await askAt(0)).passed).toBe(true);
    },
  );

  test.each(["http://as.example.com/jwks", "ftp://127.0.0.1/jwks", "jwks"])("%s is refused", (url) => {
    expect(() => jwtVerifier(policy({ keys: { url } }), () => start)).toThrow();
  });
});
