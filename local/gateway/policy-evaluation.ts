/** Evaluates an authorizer's policy for the method that was called: an explicit Deny wins, nothing said denies. */
import { matchesArn, matchesGlob } from "./arn.ts";
import type { PolicyStatement } from "./authorizer-answer.ts";

export type PolicyDecision = "allow" | "explicit-deny" | "implicit-deny";

export function evaluatePolicy(statements: readonly PolicyStatement[], methodArn: string): PolicyDecision {
  const applying = statements.filter(
    ({ actions, resources }) =>
      actions.some((action) => matchesGlob(action.toLowerCase(), "execute-api:invoke")) &&
      resources.some((resource) => matchesArn(resource, methodArn)),
  );
  if (applying.some(({ effect }) => effect === "Deny")) return "explicit-deny";
  return applying.length > 0 ? "allow" : "implicit-deny";
}
