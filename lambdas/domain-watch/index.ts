/**
 * domain-watch: what the API's domain, its truststore and the CA's lists look like from outside the authorizer, every
 * few minutes, as metrics. It reads, and changes nothing.
 */
import { createHash } from "node:crypto";
import { createSignedGet, type ObjectRequest } from "#aws/signed-get.ts";
import { WatchedDomains } from "#aws/watched-domain.ts";
import { parseAuthorizerPolicy } from "#contract/authorizer-policy.ts";
import { readEnvironment } from "#contract/function-environment.ts";
import { ownConnection } from "#lambdas/shared/own-connection.ts";
import { failureLines, observationLine } from "./observation-line.ts";
import { type Sources, type StoredObject, watch } from "./watch.ts";

const environment = readEnvironment("domain-watch", process.env);
const connection = ownConnection(process.env);
const domains = new WatchedDomains(connection);
const get = createSignedGet({ environment: process.env, timeoutMilliseconds: 5_000 });
/** CRLs of a hundred thousand entries stay below. */
const maxBytes = 10_000_000;

const sources: Sources = {
  domain: () => domains.read(environment.DOMAIN_NAME),
  certificateEnd: (arn) => domains.certificateEnd(arn),
  policy: async () => {
    const { POLICY_BUCKET: bucket, POLICY_KEY: key, POLICY_VERSION: versionId } = environment;
    const { body } = await read({ bucket, region: connection.region, key, versionId, maxBytes });
    if (createHash("sha256").update(body).digest("hex") !== environment.POLICY_SHA256)
      throw new Error("the policy is not the pinned one");
    return parseAuthorizerPolicy(body.toString("utf8"));
  },
  object: ({ truststore: { bucket, region } }, key, versionId) =>
    read({ bucket, region, key, maxBytes, ...(versionId === undefined ? {} : { versionId }) }),
};

export async function handler(): Promise<{ readonly failed: readonly string[] }> {
  const now = new Date();
  const observation = await watch(sources, now);
  const lines = [
    observationLine(observation, environment.DOMAIN_NAME, now),
    ...failureLines(observation, now),
  ];
  // Straight to the stream: a metric line must not be wrapped into Lambda's own JSON record.
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
  return { failed: Object.keys(observation.failures) };
}

async function read(request: ObjectRequest): Promise<StoredObject> {
  const answer = await get(request);
  if (answer.kind === "found") return answer;
  throw new Error(`${request.key}: ${"reason" in answer ? answer.reason : answer.kind}`);
}
