/** The authorizer of the public API: environment → gate (once) → decisions by the certificate that the domain verified. */
import { readEnvironment } from "#contract/function-environment.ts";
import { authorize } from "./authorize.ts";
import { handlerOf } from "./handler.ts";
import { lambdaGate } from "./lambda-gate.ts";
import { place } from "./steps/place.ts";

const environment = readEnvironment("authorizer", process.env);
/** Policy, truststore and CRLs one after the other stay below the function's 10 s even at their deadlines. */
const gate = lambdaGate({ policy: environment, timeoutMilliseconds: 2_500 });
const deployment = {
  apiId: environment.API_ID,
  stage: environment.STAGE,
  domainName: environment.DOMAIN_NAME,
};

export const handler = handlerOf({
  deployment,
  now: gate.now,
  decide: (event) => authorize(event, () => place(event, deployment), gate),
});
