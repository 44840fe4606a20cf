/**
 * The authorizer of the private API: the public one's steps, with another step 0. The certificate comes in a header of
 * NGINX, and counts only through NGINX's endpoint and beside its secret (private-place.ts).
 */
import { createRotatingSecretReader } from "#aws/rotating-secret.ts";
import { createSecretReader } from "#aws/secret-value.ts";
import { createSignDigest } from "#aws/sign-digest.ts";
import { createSignedGet } from "#aws/signed-get.ts";
import { readEnvironment } from "#contract/function-environment.ts";
import { authorize } from "../authorizer/authorize.ts";
import { openGate } from "../authorizer/gate.ts";
import { handlerOf } from "../authorizer/handler.ts";
import { hooks } from "../authorizer/hooks.ts";
import { takeEdgeHeaders } from "./edge-headers.ts";
import { EdgeSecrets } from "./edge-secrets.ts";
import { privatePlace } from "./private-place.ts";

const environment = readEnvironment("private-authorizer", process.env);
const region = process.env.AWS_REGION;
if (!region) throw new Error("AWS_REGION must be set; Lambda sets it");
/** Secret, policy, truststore and CRLs one after the other stay below the function's 10 s even at their deadlines. */
const timeoutMilliseconds = 2_000;
const now = () => new Date();
const options = { environment: process.env, timeoutMilliseconds };
const readSecret = createRotatingSecretReader(options);
const secrets = new EdgeSecrets({
  now,
  read: async () => {
    const { current, previous } = await readSecret(environment.EDGE_SECRET);
    return [current, previous];
  },
});
const deployment = {
  apiId: environment.API_ID,
  stage: environment.STAGE,
  vpcEndpoint: environment.VPC_ENDPOINT,
};
const gate = openGate({
  place: () => {
    throw new Error("a request has its own place");
  },
  policy: {
    bucket: environment.POLICY_BUCKET,
    region,
    key: environment.POLICY_KEY,
    version: environment.POLICY_VERSION,
    sha256: environment.POLICY_SHA256,
  },
  get: createSignedGet(options),
  secrets: createSecretReader({ ...options, now }),
  sign: createSignDigest(options),
  hooks,
  now,
  // `performance.now()` would load a module of its own.
  stopwatch: () => Number(process.hrtime.bigint()) / 1e6,
});

export const handler = handlerOf({
  deployment,
  now,
  decide: (received) => {
    const { event, ...carried } = takeEdgeHeaders(received);
    return authorize(event, {
      ...gate,
      place: () => privatePlace(event, carried, { ...deployment, secrets }),
    });
  },
});
