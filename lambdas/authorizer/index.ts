/**
 * The authorizer: environment → gate (once) → one decision → one audit line → answer.
 *
 * A denial is a Deny with its code in the context (403). A refused token is one too, or, where the policy says so,
 * the exception `Unauthorized` (401, one static challenge). A fault is thrown, and API Gateway answers 500
 * AUTHORIZER_FAILURE with the API's own body: the thrown text goes nowhere but to the log, and says nothing.
 */
import { createSecretReader } from "#aws/secret-value.ts";
import { createSignDigest } from "#aws/sign-digest.ts";
import { createSignedGet } from "#aws/signed-get.ts";
import { readEnvironment } from "#contract/function-environment.ts";
import { auditLine, faultLine } from "./audit.ts";
import { authorize } from "./authorize.ts";
import type { Decision } from "./decision.ts";
import { openGate } from "./gate.ts";
import { hooks } from "./hooks.ts";
import { type Account, type AuthorizerAnswer, accountOf, policy } from "./steps/policy.ts";

const environment = readEnvironment("authorizer", process.env);
const region = process.env.AWS_REGION;
if (!region) throw new Error("AWS_REGION must be set; Lambda sets it");
/** Policy, truststore and CRLs one after the other stay below the function's 10 s even at their deadlines. */
const timeoutMilliseconds = 2_500;
const now = () => new Date();
const gate = openGate({
  deployment: { apiId: environment.API_ID, stage: environment.STAGE, domainName: environment.DOMAIN_NAME },
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
  stopwatch: () => performance.now(),
});

export async function handler(
  event: unknown,
  context: { readonly invokedFunctionArn: string },
): Promise<AuthorizerAnswer> {
  const account = accountOf(context.invokedFunctionArn);
  const { decision, answer } = answered(await authorize(event, gate), account);
  const at = gate.now();
  // Straight to the stream: a metric line must not be wrapped into Lambda's own JSON record.
  process.stdout.write(`${auditLine(decision, gate.deployment, at)}\n`);
  const fault = faultLine(decision, at);
  if (fault !== undefined) process.stderr.write(`${fault}\n`);
  if (answer) return answer;
  // API Gateway knows one text; any other is AUTHORIZER_FAILURE.
  throw new Error(!decision.allowed && decision.answer === "unauthorized" ? "Unauthorized" : "fault");
}

/** The decision in API Gateway's words, where it has a policy; one that cannot be put so is a fault. */
function answered(decision: Decision, account: Account): { decision: Decision; answer?: AuthorizerAnswer } {
  if (!decision.allowed && decision.answer !== "deny") return { decision };
  try {
    return { decision, answer: policy(decision, gate.deployment, account) };
  } catch (error) {
    const { requestId, milliseconds } = decision;
    const where = { step: "policy", code: "fault", answer: "fault" } as const;
    return { decision: { allowed: false, requestId, milliseconds, ...where, error } };
  }
}
