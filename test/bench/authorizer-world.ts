/**
 * What the measured authorizer lives in: a hierarchy, a policy, CRLs and a token, behind a loopback S3 and as files,
 * and `prepared.json`, which tells the workers.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import type { AuthorizerPolicy } from "#contract/authorizer-policy.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { thumbprint } from "#pki/certificate.ts";
import { prepareCrl } from "#pki/crl/write.ts";
import { encodePem } from "#pki/pem.ts";
import { type Hierarchy, makeHierarchy, type Signed, signWith } from "../support/hierarchy.ts";

/** A client as its requests show it. */
export interface Caller {
  readonly pem: string;
  readonly token: string;
}

export interface Prepared {
  readonly callers: readonly [Caller, ...Caller[]];
  /** The floor's signature: ES256 over `signed`, by the first caller's key. */
  readonly signed: string;
  readonly signature: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly functionArn: string;
}

export interface World {
  readonly crlEntries: number;
  readonly clients: number;
}

/** Calls `use` while the S3 serves; what is there lies in `folder` too. */
export async function withWorld<T>(folder: string, world: World, use: () => Promise<T>): Promise<T> {
  const hierarchy = makeHierarchy();
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const objects = objectsOf(hierarchy, publicKey, world.crlEntries);
  for (const [key, body] of objects) {
    const file = join(folder, "objects", key);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, body);
  }
  const server = await serve(objects);
  try {
    const { port } = server.address() as AddressInfo;
    const leaves = Array.from({ length: world.clients }, () => hierarchy.leaf());
    const [first] = leaves as [Signed];
    const told: Prepared = {
      callers: leaves.map((leaf) => callerOf(leaf, privateKey)) as [Caller],
      signed,
      signature: sign("sha256", Buffer.from(signed), first.privateKey).toString("base64"),
      environment: environmentOf(objects, port),
      functionArn: "arn:aws:lambda:eu-west-2:222222222222:function:bench-api-authorizer",
    };
    await writeFile(join(folder, "prepared.json"), JSON.stringify(told));
    return await use();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** As long as what a JWT's signature is over. */
const signed = "x".repeat(600);
const policyObject = "authorizer-policy.json";
const [issuer, audience] = ["https://as.bench.example.com", "https://api.bench.example.com"];

function objectsOf(hierarchy: Hierarchy, tokenKey: KeyObject, crlEntries: number): Map<string, Buffer> {
  const { root, issuing } = hierarchy;
  const pems = [issuing, root].map(({ certificate }) => encodePem("CERTIFICATE", certificate.der));
  const truststore = Buffer.from(pems.join(""));
  return new Map([
    [policyObject, Buffer.from(JSON.stringify(policyOf(hierarchy, tokenKey, truststore)))],
    [externalKeys.truststore, truststore],
    [externalKeys.issuingCrl("g1"), crlOf(issuing, crlEntries)],
    [externalKeys.rootCrl("g1"), crlOf(root, 1)],
  ]);
}

function policyOf({ root, issuing }: Hierarchy, tokenKey: KeyObject, truststore: Buffer): AuthorizerPolicy {
  return {
    truststore: {
      bucket: "external",
      region: "eu-west-2",
      key: externalKeys.truststore,
      version: "1",
      sha256: sha256(truststore),
    },
    issuers: [
      {
        generation: "g1",
        issuingFingerprint: issuing.certificate.fingerprint,
        issuingCrlKey: externalKeys.issuingCrl("g1"),
        rootFingerprint: root.certificate.fingerprint,
        rootCrlKey: externalKeys.rootCrl("g1"),
      },
    ],
    revocation: {
      issuingMaxAgeSeconds: 1800,
      rootMaxAgeSeconds: 86_400,
      refreshSeconds: 5,
      maxOutageSeconds: 60,
    },
    rules: [{ name: "partners", routes: "all", subject: { OU: { equals: "Partners" } } }],
    tokens: {
      kind: "jwt",
      answers: "policy",
      bound: true,
      timeoutMilliseconds: 1500,
      issuer,
      audience,
      keys: { static: [{ ...tokenKey.export({ format: "jwk" }), kid: "k1", alg: "ES256", use: "sig" }] },
      clockToleranceSeconds: 5,
    },
  };
}

function crlOf(signer: Signed, entries: number): Buffer {
  const thisUpdate = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000);
  return signWith(
    signer.privateKey,
    prepareCrl({
      issuer: signer.certificate,
      number: 1,
      thisUpdate,
      nextUpdate: new Date(thisUpdate.getTime() + 86_400_000),
      entries: Array.from({ length: entries }, (_, i) => ({
        serial: `4${createHash("sha256").update(String(i)).digest("hex").slice(1, 32)}`,
        revokedAt: thisUpdate,
        reason: "superseded" as const,
      })),
    }),
  );
}

/** A client with a token that is bound to its certificate, as an authorization server would sign it. */
function callerOf({ certificate }: Signed, key: KeyObject): Caller {
  const seconds = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    aud: audience,
    sub: "client-1",
    client_id: "client-1",
    scope: "time:query",
    iat: seconds,
    exp: seconds + 86_400,
    jti: certificate.serial,
    cnf: { "x5t#S256": thumbprint(certificate) },
  };
  const input = [{ alg: "ES256", typ: "at+jwt", kid: "k1" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  return {
    pem: encodePem("CERTIFICATE", certificate.der),
    token: `${input}.${signature.toString("base64url")}`,
  };
}

function environmentOf(objects: ReadonlyMap<string, Buffer>, port: number) {
  return {
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_REGION: "eu-west-2",
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    API_ID: "a1b2c3d4e5",
    STAGE: "bench",
    DOMAIN_NAME: "api.bench.example.com",
    POLICY_BUCKET: "policy",
    POLICY_KEY: policyObject,
    POLICY_VERSION: "1",
    POLICY_SHA256: sha256(objects.get(policyObject) as Buffer),
  };
}

async function serve(objects: ReadonlyMap<string, Buffer>): Promise<Server> {
  const server = createServer((request, response) => {
    const key = (request.url as string).split("?")[0]?.split("/").slice(2).join("/") ?? "";
    const body = objects.get(key);
    const etag = `"${key}"`;
    if (body && request.headers["if-none-match"] === etag) response.writeHead(304).end();
    else response.writeHead(body ? 200 : 404, { ETag: etag }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
