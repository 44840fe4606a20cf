/**
 * An authorizer with everything around it in memory: hierarchy, policy, the two buckets, the clock. Tests change
 * one thing and ask for a decision.
 */
import { createHash } from "node:crypto";
import type { SecretReader } from "#aws/secret-value.ts";
import type { SignDigest } from "#aws/sign-digest.ts";
import type { ObjectAnswer, ObjectRequest } from "#aws/signed-get.ts";
import type { AuthorizerPolicy, Rule } from "#contract/authorizer-policy.ts";
import type { BackendPolicy } from "#contract/backend-token.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import type { TokenPolicy } from "#contract/token-policy.ts";
import { authorize, type Place } from "#lambdas/authorizer/authorize.ts";
import type { Decision } from "#lambdas/authorizer/decision.ts";
import { type Gate, openGate } from "#lambdas/authorizer/gate.ts";
import type { Hooks } from "#lambdas/authorizer/hooks.ts";
import { place } from "#lambdas/authorizer/steps/place.ts";
import type { Issuer } from "#lambdas/authorizer/trust.ts";
import type { Certificate } from "#pki/certificate.ts";
import { prepareCrl } from "#pki/crl/write.ts";
import { encodePem } from "#pki/pem.ts";
import { type Hierarchy, makeHierarchy, type Signed, signWith } from "../../support/hierarchy.ts";

export const start = new Date("2026-06-01T12:00:00Z");
export const later = (seconds: number): Date => new Date(start.getTime() + seconds * 1000);

export const deployment = { apiId: "a1b2c3d4e5", stage: "dev", domainName: "api.dev.example.com" };
/** Step 0 of the deployed API, for this event. */
export const placeOf =
  (event: unknown): Place =>
  () =>
    place(event, deployment);
export const account = { partition: "aws", region: "eu-west-2", account: "222222222222" };
export const functionArn = "arn:aws:lambda:eu-west-2:222222222222:function:dev-api-authorizer";

export const pem = (certificate: Certificate): string => encodePem("CERTIFICATE", certificate.der);

/** What API Gateway sends to a REQUEST authorizer of a REST API for `POST /api`. */
export function requestEvent(certificatePem: string) {
  return {
    type: "REQUEST",
    methodArn: "arn:aws:execute-api:eu-west-2:222222222222:a1b2c3d4e5/dev/POST/api",
    resource: "/api",
    path: "/api",
    httpMethod: "POST",
    headers: { Host: "api.dev.example.com", Authorization: "Bearer secret-token" },
    multiValueHeaders: { Host: ["api.dev.example.com"] },
    queryStringParameters: { access_token: "secret-query" },
    pathParameters: {},
    stageVariables: {},
    requestContext: {
      resourceId: "x1",
      resourcePath: "/api",
      httpMethod: "POST",
      path: "/api",
      accountId: "222222222222",
      apiId: "a1b2c3d4e5",
      stage: "dev",
      domainName: "api.dev.example.com",
      requestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
      identity: {
        sourceIp: "192.0.2.1",
        clientCert: {
          clientCertPem: certificatePem,
          subjectDN: "CN=partner-a",
          issuerDN: "CN=Example issuing g1",
          serialNumber: "1",
          validity: { notBefore: "Jun  1 12:00:00 2026 GMT", notAfter: "Jun  1 12:00:00 2027 GMT" },
        },
      },
    },
  };
}

export function issuerOf(hierarchy: Hierarchy, generation = "g1"): Issuer {
  return {
    generation,
    issuing: hierarchy.issuing.certificate,
    root: hierarchy.root.certificate,
    issuingCrlKey: externalKeys.issuingCrl(generation),
    rootCrlKey: externalKeys.rootCrl(generation),
  };
}

export interface CrlOptions {
  readonly number?: number;
  readonly at?: Date;
  readonly lifetimeSeconds?: number;
  readonly revoked?: readonly string[];
}

/** A CRL of `signer`, as the publisher makes it: thisUpdate a minute back, valid for a day. */
export function crl(signer: Signed, options: CrlOptions = {}): Buffer {
  const { number = 1, at = start, lifetimeSeconds = 24 * 3600, revoked = [] } = options;
  const thisUpdate = new Date(at.getTime() - 60_000);
  return signWith(
    signer.privateKey,
    prepareCrl({
      issuer: signer.certificate,
      number,
      thisUpdate,
      nextUpdate: new Date(thisUpdate.getTime() + lifetimeSeconds * 1000),
      entries: revoked.map((serial) => ({ serial, revokedAt: thisUpdate, reason: "keyCompromise" as const })),
    }),
  );
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Objects by key; versions are ignored but remembered, so that tests can see what was asked for. */
export class MemoryBuckets {
  readonly objects = new Map<string, Buffer>();
  readonly requests: ObjectRequest[] = [];
  /** Answers instead of the objects, by key. */
  readonly instead = new Map<string, ObjectAnswer>();

  readonly get = async (request: ObjectRequest): Promise<ObjectAnswer> => {
    this.requests.push(request);
    const instead = this.instead.get(request.key);
    if (instead) return instead;
    const body = this.objects.get(request.key);
    if (!body) return { kind: "refused", reason: "status 404" };
    const etag = `"${sha256(body)}"`;
    return request.ifNoneMatch === etag ? { kind: "not-modified" } : { kind: "found", body, etag };
  };

  asked(key: string): number {
    return this.requests.filter((one) => one.key === key).length;
  }
}

export interface World {
  readonly hierarchy: Hierarchy;
  readonly client: Signed;
  readonly buckets: MemoryBuckets;
  readonly gate: Gate;
  readonly policy: AuthorizerPolicy;
  readonly policySha256: string;
  readonly issuingKey: string;
  readonly rootKey: string;
  now: Date;
  decide(event?: unknown): Promise<Decision>;
}

export interface WorldOptions {
  readonly rules?: readonly Rule[];
  readonly hierarchy?: Hierarchy;
  readonly refreshSeconds?: number;
  readonly maxOutageSeconds?: number;
  readonly revocation?: "off";
  /** Changes the policy's text after its hash was pinned. */
  readonly tamperPolicy?: (text: string) => string;
  readonly truststore?: string;
  readonly tokens?: TokenPolicy;
  readonly hooks?: Hooks;
  readonly secrets?: SecretReader;
  readonly backend?: BackendPolicy;
  readonly sign?: SignDigest;
}

export const partners: Rule = { name: "partners", routes: "all", subject: { OU: { equals: "Partners" } } };

export function makeWorld(options: WorldOptions = {}): World {
  const hierarchy = options.hierarchy ?? makeHierarchy({ now: start });
  const client = hierarchy.leaf();
  const buckets = new MemoryBuckets();
  const truststore =
    options.truststore ?? `${pem(hierarchy.issuing.certificate)}${pem(hierarchy.root.certificate)}`;
  const policy = policyFor(hierarchy, Buffer.from(truststore), options);
  const text = JSON.stringify(policy);
  buckets.objects.set("authorizer-policy.json", Buffer.from(options.tamperPolicy?.(text) ?? text));
  buckets.objects.set(externalKeys.truststore, Buffer.from(truststore));
  buckets.objects.set(externalKeys.issuingCrl("g1"), crl(hierarchy.issuing));
  buckets.objects.set(externalKeys.rootCrl("g1"), crl(hierarchy.root));
  const gate = openGate({
    policy: {
      bucket: "dev-api-policy-222222222222",
      region: "eu-west-2",
      key: "authorizer-policy.json",
      version: "p1",
      sha256: sha256(Buffer.from(text)),
    },
    get: buckets.get,
    secrets: options.secrets ?? (() => Promise.reject(new Error("no secrets here"))),
    sign: options.sign ?? (() => Promise.reject(new Error("no key here"))),
    hooks: options.hooks ?? {},
    now: () => world.now,
    stopwatch: () => world.now.getTime(),
  });
  const world: World = {
    hierarchy,
    client,
    buckets,
    gate,
    policy,
    policySha256: sha256(Buffer.from(text)),
    issuingKey: externalKeys.issuingCrl("g1"),
    rootKey: externalKeys.rootCrl("g1"),
    now: start,
    decide: (event = requestEvent(pem(client.certificate))) => authorize(event, placeOf(event), gate),
  };
  return world;
}

function policyFor(hierarchy: Hierarchy, truststore: Buffer, options: WorldOptions): AuthorizerPolicy {
  const { refreshSeconds = 5, maxOutageSeconds = 60 } = options;
  return {
    truststore: {
      bucket: "dev-ca-external-111111111111",
      region: "eu-west-1",
      key: externalKeys.truststore,
      version: "t1",
      sha256: sha256(truststore),
    },
    issuers: [
      {
        generation: "g1",
        issuingFingerprint: hierarchy.issuing.certificate.fingerprint,
        issuingCrlKey: externalKeys.issuingCrl("g1"),
        rootFingerprint: hierarchy.root.certificate.fingerprint,
        rootCrlKey: externalKeys.rootCrl("g1"),
      },
    ],
    revocation: options.revocation ?? {
      issuingMaxAgeSeconds: 30 * 60,
      rootMaxAgeSeconds: 90 * 24 * 3600,
      refreshSeconds,
      maxOutageSeconds,
    },
    rules: options.rules ?? [partners],
    ...(options.tokens ? { tokens: options.tokens } : {}),
    ...(options.backend ? { backend: options.backend } : {}),
  };
}
