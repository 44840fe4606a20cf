/**
 * Signs a SHA-256 digest with an ECC key of KMS, by a signed POST without the SDK (which costs a cold start ten times
 * what this does). The answer is the signature as KMS gives it, in DER.
 */
import aws4 from "aws4";
import { createExchange } from "./bounded-exchange.ts";
import {
  customEndpoint,
  type FunctionEnvironment,
  functionCredentials,
  hostOf,
} from "./function-credentials.ts";

/** Rejects when KMS refuses or cannot be asked. */
export type SignDigest = (keyArn: string, digest: Buffer) => Promise<Buffer>;

export interface SignDigestOptions {
  readonly environment: FunctionEnvironment;
  readonly timeoutMilliseconds: number;
}

const maxBytes = 16 * 1024;

export function createSignDigest({ environment, timeoutMilliseconds }: SignDigestOptions): SignDigest {
  const region = environment.AWS_REGION;
  if (!region) throw new Error("AWS_REGION must be set; Lambda sets it");
  const endpoint = customEndpoint(environment, "OTHER");
  const exchange = createExchange({ plain: endpoint?.protocol === "http:", timeoutMilliseconds });
  const host = endpoint ? hostOf(endpoint) : { hostname: `kms.${region}.amazonaws.com` };
  return async (keyArn, digest) => {
    const body = JSON.stringify({
      KeyId: keyArn,
      Message: digest.toString("base64"),
      // Whole messages would be hashed by KMS, and are refused by the key's policy.
      MessageType: "DIGEST",
      SigningAlgorithm: "ECDSA_SHA_256",
    });
    const request = { ...host, method: "POST", path: "/", body } as const;
    const headers = { "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "TrentService.Sign" };
    const signed = aws4.sign(
      { ...request, service: "kms", region, headers },
      functionCredentials(environment),
    );
    const reply = await exchange({ ...request, headers: signed.headers as Record<string, string>, maxBytes });
    if (reply.kind !== "reply" || reply.status !== 200)
      throw new Error(
        `KMS did not sign with ${keyArn}: ${reply.kind === "reply" ? `status ${reply.status}` : reply.kind}`,
      );
    const { Signature } = JSON.parse(reply.body.toString("utf8")) as { Signature?: unknown };
    if (typeof Signature !== "string") throw new Error(`KMS answered without a signature of ${keyArn}`);
    return Buffer.from(Signature, "base64");
  };
}
