/**
 * A private API's resource policy and its endpoint's policy: what they say of one call, as IAM evaluates them.
 *
 * An explicit Deny wins, and only an explicit Allow allows: at least as strict as AWS beside an authorizer. What is not
 * understood (operator, key, NotAction, …) counts for a Deny and not for an Allow.
 */
import { matchesArn, matchesGlob } from "./arn.ts";
import {
  conditionsHold,
  equals,
  list,
  type Operator,
  readStatements,
  type Statement,
} from "./policy-document.ts";

export interface NetworkCall {
  /** ARN of the method, with the path as it was sent. */
  readonly resource: string;
  /** Condition keys in lower case → value. */
  readonly context: ReadonlyMap<string, string>;
}

export type NetworkVerdict = "allow" | "explicit deny" | "implicit deny";

export function judgeNetworkPolicy(policy: string, call: NetworkCall): NetworkVerdict {
  const statements = readStatements(policy);
  if (!statements) return "explicit deny";
  if (statements.some((one) => one.Effect === "Deny" && applies(one, call, true))) return "explicit deny";
  return statements.some((one) => one.Effect === "Allow" && applies(one, call, false))
    ? "allow"
    : "implicit deny";
}

const known = new Set(["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]);

function applies(statement: Statement, call: NetworkCall, unknownCounts: boolean): boolean {
  if (Object.keys(statement).some((key) => !known.has(key))) return unknownCounts;
  return (
    isAnybody(statement.Principal) &&
    list(statement.Action).some((one) => matchesGlob(one.toLowerCase(), "execute-api:invoke")) &&
    list(statement.Resource).some((one) => matchesResource(one, call.resource)) &&
    conditionsHold(statement.Condition, { context: call.context, operators }, unknownCounts)
  );
}

/** A call that is not signed is nobody's. */
const isAnybody = (principal: unknown): boolean =>
  principal === "*" || list((principal as { AWS?: unknown } | undefined)?.AWS).includes("*");

/** AWS fills in the API where a policy says `execute-api:/stage/METHOD/path`. */
function matchesResource(pattern: string, resource: string): boolean {
  const short = /^execute-api:\/(.*)$/.exec(pattern)?.[1];
  if (short === undefined) return pattern === "*" || matchesArn(pattern, resource);
  return matchesGlob(
    short,
    resource
      .split(":")
      .slice(5)
      .join(":")
      .replace(/^[^/]*\//, ""),
  );
}

const operators = new Map<string, Operator>([
  ["StringEquals", { matches: equals }],
  ["StringLike", { matches: matchesGlob }],
  ["StringNotEquals", { matches: equals, isNegated: true }],
  ["StringNotLike", { matches: matchesGlob, isNegated: true }],
]);
