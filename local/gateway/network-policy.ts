/**
 * A private API's resource policy and its endpoint's policy: what they say of one call, as IAM evaluates them.
 *
 * An explicit Deny wins, and only an explicit Allow allows: at least as strict as AWS beside an authorizer. What is not
 * understood (operator, key, NotAction, …) counts for a Deny and not for an Allow.
 */
import { matchesArn, matchesGlob } from "./arn.ts";

export interface NetworkCall {
  /** ARN of the method, with the path as it was sent. */
  readonly resource: string;
  /** Condition keys in lower case → value. */
  readonly context: Readonly<Record<string, string>>;
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

type Statement = Readonly<Record<string, unknown>>;

function readStatements(policy: string): Statement[] | undefined {
  try {
    const statement: unknown = JSON.parse(policy).Statement;
    const all = Array.isArray(statement) ? statement : [statement];
    return all.every((one) => typeof one === "object" && one !== null) ? all : undefined;
  } catch {
    return undefined;
  }
}

const known = new Set(["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]);

function applies(statement: Statement, call: NetworkCall, unknownCounts: boolean): boolean {
  const strange = Object.keys(statement).some((key) => !known.has(key));
  if (strange) return unknownCounts;
  return (
    isAnybody(statement.Principal) &&
    list(statement.Action).some((one) => matchesGlob(one.toLowerCase(), "execute-api:invoke")) &&
    list(statement.Resource).some((one) => matchesResource(one, call.resource)) &&
    conditionsHold(statement.Condition, call.context, unknownCounts)
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

/** Every operator and key must hold; one value of each suffices, and for the negated ones none may match. */
function conditionsHold(
  condition: unknown,
  context: NetworkCall["context"],
  unknownCounts: boolean,
): boolean {
  if (condition === undefined) return true;
  if (typeof condition !== "object" || condition === null) return unknownCounts;
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries((keys ?? {}) as Record<string, unknown>).every(([key, values]) => {
      const [, compared, negated] = /^String(Not)?(Equals|Like)$/.exec(operator)
        ? [null, operator.endsWith("Like") ? matchesGlob : equals, operator.includes("Not")]
        : [];
      if (compared === undefined || !modelled.has(key.toLowerCase())) return unknownCounts;
      const given = context[key.toLowerCase()];
      // IAM: a key that is not there matches nothing, and so satisfies what is negated.
      const matches = given !== undefined && list(values).some((value) => compared(value, given));
      return negated ? !matches : matches;
    }),
  );
}

const modelled = new Set(["aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip"]);
const equals = (value: string, given: string): boolean => value === given;

function list(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string");
}
