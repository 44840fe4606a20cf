/**
 * Makes backend tokens (contract/backend-token.ts), and keeps each for half of its life, so that KMS is not asked for
 * every call. The same caller's same request gets the same token within that time; any other gets its own.
 *
 * A token that cannot be signed is an exception, and so a fault: a request never goes to a backend without one.
 */
import { createHash } from "node:crypto";
import type { SignDigest } from "#aws/sign-digest.ts";
import { type BackendClaims, type BackendPolicy, backendTokenTimes } from "#contract/backend-token.ts";
import { readWhole, Tag } from "#pki/der/reader.ts";
import type { Client, Grant } from "./decision.ts";
import type { Forwarding } from "./steps/forwarding.ts";

export interface BackendTokenRequest {
  readonly forwarding: Forwarding;
  readonly client: Client;
  readonly grant?: Grant;
}

export type BackendTokens = (request: BackendTokenRequest) => Promise<string>;

/** One entry is less than a kilobyte. */
const mostKept = 2_000;
const { validSeconds, keptSeconds } = backendTokenTimes;

export function backendTokens(policy: BackendPolicy, sign: SignDigest, now: () => Date): BackendTokens {
  const kept = new Map<string, { readonly token: Promise<string>; readonly at: number }>();
  return (request) => {
    const { forwarding, client, grant } = request;
    const scopes = grant ? [...grant.scopes].sort() : null;
    const key = JSON.stringify([client.thumbprint, forwarding.method, forwarding.path, scopes]);
    const at = Math.floor(now().getTime() / 1000);
    const known = kept.get(key);
    if (known && at >= known.at && at - known.at < keptSeconds) return known.token;
    const token = make(claims(request, policy, at), policy, sign);
    // Moved to the end: the first entry is always the oldest.
    kept.delete(key);
    kept.set(key, { token, at });
    if (kept.size > mostKept) kept.delete(kept.keys().next().value as string);
    token.catch(() => {
      if (kept.get(key)?.token === token) kept.delete(key);
    });
    return token;
  };
}

function claims({ forwarding, client, grant }: BackendTokenRequest, policy: BackendPolicy, at: number) {
  return {
    iss: policy.issuer,
    aud: policy.audience,
    sub: client.principal,
    iat: at,
    exp: at + validSeconds,
    client_certificate_sha256: client.thumbprint,
    method: forwarding.method,
    path: forwarding.path,
    ...(grant ? { scope: grant.scopes.join(" ") } : {}),
  } satisfies BackendClaims;
}

async function make(payload: BackendClaims, { keyArn, keyId }: BackendPolicy, sign: SignDigest) {
  const text = [{ alg: "ES256", kid: keyId, typ: "JWT" }, payload].map(encoded).join(".");
  const signature = await sign(keyArn, createHash("sha256").update(text).digest());
  return `${text}.${joseSignature(signature).toString("base64url")}`;
}

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");

/** RFC 7518 3.4: r and s of 32 octets each, where KMS answers in DER (RFC 3279 2.2.3). */
function joseSignature(der: Buffer): Buffer {
  const both = readWhole(der, "signature");
  const numbers = [both.content(Tag.integer), both.content(Tag.integer)].map((octets) => {
    const number = octets[0] === 0 ? octets.subarray(1) : octets;
    if (number.length > 32) throw new Error("KMS answered with a signature that is none of P-256");
    return Buffer.concat([Buffer.alloc(32 - number.length), number]);
  });
  both.finish("s");
  return Buffer.concat(numbers);
}
