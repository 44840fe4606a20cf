/** The authorizer of the public API: environment → gate (once) → decisions by the certificate that the domain verified. */
import { createSecretReader } from "#aws/secret-value.ts";
import { createSignDigest } from "#aws/sign-digest.ts";
import { createSignedGet } from "#aws/signed-get.ts";
import { readEnvironment } from "#contract/function-environment.ts";
import { authorize } from "./authorize.ts";
import { openGate } from "./gate.ts";
import { handlerOf } from "./handler.ts";
import { hooks } from "./hooks.ts";
import { place } from "./steps/place.ts";

const environment = readEnvironment("authorizer", process.env);
const region = process.env.AWS_REGION;
if (!region) throw new Error("AWS_REGION must be set; Lambda sets it");
/** Policy, truststore and CRLs one after the other stay below the function's 10 s even at their deadlines. */
const timeoutMilliseconds = 2_500;
const now = () => new Date();
const deployment = {
  apiId: environment.API_ID,
  stage: environment.STAGE,
  domainName: environment.DOMAIN_NAME,
};
const gate = openGate({
  place: (event) => place(event, deployment),
  policy: {
    bucket: environment.POLICY_BUCKET,
    region,
    key: environment.POLICY_KEY,
    version: environment.POLICY_VERSION,
    sha256: environment.POLICY_SHA256,
  },
  get: createSignedGet({ environment: process.env, timeoutMilliseconds }),
  secrets: createSecretReader({ environment: process.env, timeoutMilliseconds, now }),
  sign: createSignDigest({ environment: process.env, timeoutMilliseconds }),
  hooks,
  now,
  // `performance.now()` would load a module of its own.
  stopwatch: () => Number(process.hrtime.bigint()) / 1e6,
});

export const handler = handlerOf({ deployment, now, decide: (event) => authorize(event, gate) });
