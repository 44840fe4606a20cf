/**
 * The authorizer of the private API: the public one's steps, with another step 0. The certificate comes in a header of
 * NGINX, and counts only through NGINX's endpoint and beside its secret (private-place.ts).
 */
import { createRotatingSecretReader } from "#aws/rotating-secret.ts";
import { readEnvironment } from "#contract/function-environment.ts";
import { authorize } from "../authorizer/authorize.ts";
import { handlerOf } from "../authorizer/handler.ts";
import { lambdaGate } from "../authorizer/lambda-gate.ts";
import { takeEdgeHeaders } from "./edge-headers.ts";
import { EdgeSecrets } from "./edge-secrets.ts";
import { privatePlace } from "./private-place.ts";

const environment = readEnvironment("private-authorizer", process.env);
/** Secret, policy, truststore and CRLs one after the other stay below the function's 10 s even at their deadlines. */
const timeoutMilliseconds = 2_000;
const gate = lambdaGate({ policy: environment, timeoutMilliseconds });
const readSecret = createRotatingSecretReader({ environment: process.env, timeoutMilliseconds });
const secrets = new EdgeSecrets({
  now: gate.now,
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

export const handler = handlerOf({
  deployment,
  now: gate.now,
  decide: (received) => {
    const { event, ...carried } = takeEdgeHeaders(received);
    return authorize(event, () => privatePlace(event, carried, { ...deployment, secrets }), gate);
  },
});
