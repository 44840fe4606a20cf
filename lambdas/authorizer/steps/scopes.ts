/** Step 5: the token carries every scope that the route asks for (RFC 6749 3.3: case-sensitive, whole words). */
import { deny, type Grant, type Outcome, pass } from "../decision.ts";

export function scopes(wanted: readonly string[], granted: Grant): Outcome<"granted"> {
  if (wanted.every((one) => granted.scopes.includes(one))) return pass("granted");
  return { ...deny("insufficient-scope"), challenge: insufficientScope(wanted) };
}

/** RFC 6750 3.1: says which scopes are needed. They are the route table's, so they need no escaping. */
export const insufficientScope = (wanted: readonly string[]): string =>
  `Bearer error="insufficient_scope", scope="${wanted.join(" ")}"`;
