/**
 * One signed GET of an S3 object, without the SDK (which costs a cold start ten times what this does).
 *
 * Guarantees: https only (plain http to loopback excepted) and the bounds of bounded-exchange.ts. What the bucket
 * said is a value: callers must tell "it answered, and not with the object" from "it could not be asked".
 */
import aws4 from "aws4";
import { createExchange, type Reply } from "./bounded-exchange.ts";
import { customEndpoint, type FunctionEnvironment, functionCredentials } from "./function-credentials.ts";
import { objectAddress } from "./object-address.ts";

export interface ObjectRequest {
  readonly bucket: string;
  readonly region: string;
  readonly key: string;
  readonly versionId?: string;
  /** An ETag: the answer is "not-modified" while the object still has it. */
  readonly ifNoneMatch?: string;
  readonly maxBytes: number;
}

export type ObjectAnswer =
  | {
      readonly kind: "found";
      readonly body: Buffer;
      readonly etag: string | undefined;
      /** Of a versioned bucket. */
      readonly versionId?: string;
    }
  | { readonly kind: "not-modified" }
  /** The bucket answered, and this is not the object: 3xx, 4xx, or more bytes than allowed. */
  | { readonly kind: "refused"; readonly reason: string }
  /** No answer in time, no connection, 429 or 5xx. */
  | { readonly kind: "unavailable"; readonly reason: string };

export type SignedGet = (request: ObjectRequest) => Promise<ObjectAnswer>;

export interface SignedGetOptions {
  readonly timeoutMilliseconds: number;
  /** Where credentials and endpoint come from: a Lambda function's environment. */
  readonly environment: FunctionEnvironment;
}

/** Throws when the environment has no credentials or an endpoint that is neither https nor loopback. */
export function createSignedGet({ environment, timeoutMilliseconds }: SignedGetOptions): SignedGet {
  functionCredentials(environment);
  const endpoint = customEndpoint(environment, "S3");
  const exchange = createExchange({ plain: endpoint?.protocol === "http:", timeoutMilliseconds });
  return async (wanted) => {
    const address = objectAddress(wanted, endpoint);
    const { headers } = aws4.sign(
      { ...address, method: "GET", service: "s3", region: wanted.region, headers: condition(wanted) },
      functionCredentials(environment),
    );
    const request = { ...address, method: "GET", headers: headers as Record<string, string> } as const;
    return answerOf(await exchange({ ...request, maxBytes: wanted.maxBytes }), wanted.maxBytes);
  };
}

const condition = ({ ifNoneMatch }: ObjectRequest): Record<string, string> =>
  ifNoneMatch === undefined ? {} : { "If-None-Match": ifNoneMatch };

function answerOf(reply: Reply, maxBytes: number): ObjectAnswer {
  if (reply.kind === "unavailable") return reply;
  if (reply.kind === "too-large") return { kind: "refused", reason: `more than ${maxBytes} bytes` };
  const { status } = reply;
  if (status === 200) {
    const versionId = reply.headers["x-amz-version-id"];
    return {
      kind: "found",
      body: reply.body,
      etag: reply.headers.etag,
      ...(typeof versionId === "string" ? { versionId } : {}),
    };
  }
  if (status === 304) return { kind: "not-modified" };
  const busy = status >= 500 || status === 429;
  return { kind: busy ? "unavailable" : "refused", reason: `status ${status}` };
}
