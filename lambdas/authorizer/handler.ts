/**
 * One invocation: one decision → one audit line → answer.
 *
 * A denial is a Deny with its code in the context (403). A refused token is one too, or, where the policy says so,
 * the exception `Unauthorized` (401, one static challenge). A fault is thrown, and API Gateway answers 500
 * AUTHORIZER_FAILURE with the API's own body: the thrown text goes nowhere but to the log, and says nothing.
 */
import { auditLine, faultLine } from "./audit.ts";
import type { Decision } from "./decision.ts";
import type { Deployment } from "./steps/place.ts";
import { type Account, type AuthorizerAnswer, accountOf, policy } from "./steps/policy.ts";

interface Parts {
  readonly deployment: Deployment;
  readonly now: () => Date;
  readonly decide: (event: unknown) => Promise<Decision>;
}

export type Handler = (
  event: unknown,
  context: { readonly invokedFunctionArn: string },
) => Promise<AuthorizerAnswer>;

export const handlerOf = (parts: Parts): Handler => {
  const { deployment, now, decide } = parts;
  return async (event, context) => {
    const account = accountOf(context.invokedFunctionArn);
    const { decision, answer } = answered(await decide(event), deployment, account);
    const at = now();
    // Straight to the stream: a metric line must not be wrapped into Lambda's own JSON record.
    process.stdout.write(`${auditLine(decision, deployment, at)}\n`);
    const fault = faultLine(decision, at);
    if (fault !== undefined) process.stderr.write(`${fault}\n`);
    if (answer) return answer;
    // API Gateway knows one text; any other is AUTHORIZER_FAILURE.
    throw new Error(!decision.allowed && decision.answer === "unauthorized" ? "Unauthorized" : "fault");
  };
};

/** The decision in API Gateway's words, where it has a policy; one that cannot be put so is a fault. */
function answered(
  decision: Decision,
  deployment: Deployment,
  account: Account,
): { decision: Decision; answer?: AuthorizerAnswer } {
  if (!decision.allowed && decision.answer !== "deny") return { decision };
  try {
    return { decision, answer: policy(decision, deployment, account) };
  } catch (error) {
    const { requestId, milliseconds } = decision;
    const where = { step: "policy", code: "fault", answer: "fault" } as const;
    return { decision: { allowed: false, requestId, milliseconds, ...where, error } };
  }
}
