/**
 * The authorizer: environment → gate (once) → one decision → one audit line → answer.
 *
 * A denial is a Deny with its code in the context (403). A fault is thrown, and API Gateway answers 500
 * AUTHORIZER_FAILURE with the API's own body: the thrown text goes nowhere but to the log, and says nothing.
 */
import { createSignedGet } from "#aws/signed-get.ts";
import { readEnvironment } from "#contract/function-environment.ts";
import { auditLine, faultLine } from "./audit.ts";
import { authorize } from "./authorize.ts";
import { openGate } from "./gate.ts";
import { type AuthorizerAnswer, accountOf, policy } from "./steps/policy.ts";

const environment = readEnvironment("authorizer", process.env);
const region = process.env.AWS_REGION;
if (!region) throw new Error("AWS_REGION must be set; Lambda sets it");
const gate = openGate({
  deployment: { apiId: environment.API_ID, stage: environment.STAGE, domainName: environment.DOMAIN_NAME },
  policy: {
    bucket: environment.POLICY_BUCKET,
    region,
    key: environment.POLICY_KEY,
    version: environment.POLICY_VERSION,
    sha256: environment.POLICY_SHA256,
  },
  // Policy, truststore and CRLs one after the other stay below the function's 10 s even at their deadlines.
  get: createSignedGet({ environment: process.env, timeoutMilliseconds: 2_500 }),
  now: () => new Date(),
  stopwatch: () => performance.now(),
});

export async function handler(
  event: unknown,
  context: { readonly invokedFunctionArn: string },
): Promise<AuthorizerAnswer> {
  const account = accountOf(context.invokedFunctionArn);
  const decision = await authorize(event, gate);
  const now = gate.now();
  // Straight to the stream: a metric line must not be wrapped into Lambda's own JSON record.
  process.stdout.write(`${auditLine(decision, gate.deployment, now)}\n`);
  const fault = faultLine(decision, now);
  if (fault === undefined) return policy(decision, gate.deployment, account);
  process.stderr.write(`${fault}\n`);
  throw new Error("fault");
}
