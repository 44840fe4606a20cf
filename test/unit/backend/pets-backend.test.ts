/** The backend of this machine: it believes a right token and nothing else. */
import { generateKeyPairSync } from "node:crypto";
import { request } from "node:https";
import { exportJWK, SignJWT } from "jose";
import { type PetsBackend, startPetsBackend } from "#local/backend/pets-backend.ts";

const hostName = "pets.test.example.com";
const issuer = "https://api.test.example.com";
const audience = "https://pets.test.example.com";
const pair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const [first, second, stranger] = [pair(), pair(), pair()];
const published = { keys: [] as object[] };
let reads = 0;
let backend: PetsBackend;

const jwk = async (keys: ReturnType<typeof pair>, kid: string) => ({
  ...(await exportJWK(keys.publicKey)),
  ...{ alg: "ES256", use: "sig", kid },
});

beforeAll(async () => {
  published.keys = [await jwk(first, "k1")];
  backend = await startPetsBackend({
    ...{ hostName, issuer, audience },
    readJwks: async () => {
      reads += 1;
      return JSON.stringify(published);
    },
  });
});
afterAll(() => backend.close());

const now = () => Math.floor(Date.now() / 1000);
const right = () => ({
  ...{ iss: issuer, aud: audience, sub: "g1:01", iat: now(), exp: now() + 60 },
  ...{ method: "GET", path: "/pets/1", client_certificate_sha256: "t" },
});

const token = (claims: object, kid = "k1", keys = first) =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: "ES256", kid, typ: "JWT" }).sign(keys.privateKey);

function get(
  given: string | undefined,
  path = "/pets/1",
  method = "GET",
  more: { readonly body?: string; readonly key?: string } = {},
): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ host: "127.0.0.1", port: backend.port, servername: hostName, ca: backend.authority },
        ...{ path, method, agent: false },
        headers: {
          ...(given === undefined ? {} : { "X-Backend-Token": given }),
          ...(more.key === undefined ? {} : { "Idempotency-Key": more.key }),
        },
      },
      (incoming) => {
        let text = "";
        incoming.on("data", (part) => {
          text += part;
        });
        incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text) }));
      },
    );
    outgoing.on("error", reject).end(more.body);
  });
}

test("a right token: the pet, for the caller that it names", async () => {
  expect(await get(await token(right()))).toEqual({
    status: 200,
    body: { caller: "g1:01", pet: { id: "1", name: "Momo", kind: "cat" } },
  });
});

test.each<[string, () => Promise<string | undefined>, string]>([
  ["none", async () => undefined, "no token"],
  ["an empty one", async () => "", "no token"],
  ["garbage", async () => "a.b.c", "ERR_JWS_INVALID"],
  ["one without a signature", async () => "eyJhbGciOiJub25lIn0.e30.", "ERR_JOSE_ALG_NOT_ALLOWED"],
  [
    "one of a key that claims to be ours",
    () => token(right(), "k1", stranger),
    "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
  ],
  ["one of a key that nobody published", () => token(right(), "k9", stranger), "ERR_JWKS_NO_MATCHING_KEY"],
  ["one of another issuer", () => token({ ...right(), iss: "https://x" }), "ERR_JWT_CLAIM_VALIDATION_FAILED"],
  [
    "one for another backend",
    () => token({ ...right(), aud: "https://x" }),
    "ERR_JWT_CLAIM_VALIDATION_FAILED",
  ],
  ["an old one", () => token({ ...right(), iat: now() - 90, exp: now() - 30 }), "ERR_JWT_EXPIRED"],
  [
    "one that lives too long",
    () => token({ ...right(), iat: now() - 90, exp: now() + 900 }),
    "ERR_JWT_EXPIRED",
  ],
  ["one without an end", () => token({ ...right(), exp: undefined }), "ERR_JWT_CLAIM_VALIDATION_FAILED"],
  ["one without a caller", () => token({ ...right(), sub: undefined }), "ERR_JWT_CLAIM_VALIDATION_FAILED"],
  ["one for another method", () => token({ ...right(), method: "DELETE" }), "a token for another method"],
  ["one for another path", () => token({ ...right(), path: "/pets/2" }), "a token for another path"],
])("%s is refused", async (_, make, message) => {
  expect(await get(await make())).toEqual({ status: 401, body: { message } });
});

test("the query is no part of the path", async () => {
  expect((await get(await token(right()), "/pets/1?x=1")).status).toBe(200);
});

test("a key that appears in the JWKS is taken up; both are good while keys are exchanged", async () => {
  const before = reads;
  published.keys = [await jwk(first, "k1"), await jwk(second, "k2")];
  expect((await get(await token(right(), "k2", second))).status).toBe(200);
  expect((await get(await token(right(), "k1", first))).status).toBe(200);
  expect(reads).toBe(before + 1);
});

test("a pet is made once for a key of a caller, however often it is asked for", async () => {
  const body = '{"name":"Nemo","kind":"cat"}';
  const post = async (sub: string, key: string) =>
    get(await token({ ...right(), sub, method: "POST", path: "/pets" }), "/pets", "POST", { body, key });
  const pet = { id: "4", name: "Nemo", kind: "cat" };
  expect(await post("g1:01", "a")).toEqual({ status: 201, body: { caller: "g1:01", pet } });
  expect(await post("g1:01", "a")).toEqual({ status: 200, body: { caller: "g1:01", pet } });
  expect(await post("g1:02", "a")).toMatchObject({ status: 201, body: { pet: { id: "5" } } });
  expect(await get(await token({ ...right(), path: "/pets/4" }), "/pets/4")).toMatchObject({ body: { pet } });
});
