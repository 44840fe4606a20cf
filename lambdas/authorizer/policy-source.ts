/**
 * Gets what the deployment pinned: the policy object by version and SHA-256, then the truststore by the version
 * and SHA-256 that the policy names.
 *
 * Whatever does not match throws: a fault, never a decision. Only a whole success is kept; after a failure the
 * next call tries again. One load at a time.
 */
import { createHash } from "node:crypto";
import type { ObjectRequest, SignedGet } from "#aws/signed-get.ts";
import { parseAuthorizerPolicy } from "#contract/authorizer-policy.ts";
import { buildTrust, type Trust } from "./trust.ts";

export interface PolicyPin {
  readonly bucket: string;
  readonly region: string;
  readonly key: string;
  readonly version: string;
  readonly sha256: string;
}

/** API Gateway takes truststores up to 1 MB; a policy of thousands of rules stays far below as well. */
const maxBytes = 1_048_576;

export class PolicySource {
  readonly #get: SignedGet;
  readonly #pin: PolicyPin;
  #loading: Promise<Trust> | undefined;

  constructor(get: SignedGet, pin: PolicyPin) {
    this.#get = get;
    this.#pin = pin;
  }

  trust(): Promise<Trust> {
    if (!this.#loading) {
      const loading = this.#load();
      this.#loading = loading;
      loading.catch(() => {
        this.#loading = undefined;
      });
    }
    return this.#loading;
  }

  async #load(): Promise<Trust> {
    const policy = parseAuthorizerPolicy((await this.#pinned("policy", this.#pin)).toString("utf8"));
    const truststore = await this.#pinned("truststore", policy.truststore);
    return buildTrust(policy, truststore.toString("latin1"));
  }

  async #pinned(what: string, pin: PolicyPin): Promise<Buffer> {
    const { bucket, region, key, version: versionId } = pin;
    const request: ObjectRequest = { bucket, region, key, versionId, maxBytes };
    const answer = await this.#get(request);
    if (answer.kind !== "found")
      throw new Error(`${what}: ${answer.kind}${"reason" in answer ? `, ${answer.reason}` : ""}`);
    const sha256 = createHash("sha256").update(answer.body).digest("hex");
    if (sha256 !== pin.sha256) throw new Error(`${what}: SHA-256 is ${sha256}, pinned is ${pin.sha256}`);
    return answer.body;
  }
}
