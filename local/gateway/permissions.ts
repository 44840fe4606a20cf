/**
 * Whether a function's resource policy lets API Gateway invoke it: what AWS checks on every call and the embedded
 * AWS does not. Without a permission AWS answers 500.
 *
 * Understood: the service principal, lambda:InvokeFunction and wildcards, the conditions that permissions carry
 * (AWS:SourceArn, AWS:SourceAccount). A statement with anything else does not allow, and does deny.
 */
import { matchesArn, matchesGlob } from "./arn.ts";

export interface InvokePermission {
  readonly functionArn: string;
  readonly sourceArn: string;
  readonly sourceAccount: string;
}

export type PermissionVerdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly why: string };

const principal = "apigateway.amazonaws.com";

export function mayInvoke(policy: string | undefined, wanted: InvokePermission): PermissionVerdict {
  if (policy === undefined) return { allowed: false, why: `${wanted.functionArn} has no resource policy` };
  const statements = readStatements(policy);
  if (!statements) return { allowed: false, why: `the policy of ${wanted.functionArn} cannot be read` };
  const applies = (statement: Record<string, unknown>, unknownCounts: boolean) =>
    namesPrincipal(statement.Principal) &&
    list(statement.Action).some((action) => matchesGlob(action.toLowerCase(), "lambda:invokefunction")) &&
    list(statement.Resource).some((resource) => matchesArn(resource, wanted.functionArn)) &&
    conditionsHold(statement.Condition, wanted, unknownCounts);
  if (statements.some((one) => one.Effect === "Deny" && applies(one, true)))
    return { allowed: false, why: `${wanted.functionArn} denies ${wanted.sourceArn}` };
  if (statements.some((one) => one.Effect === "Allow" && applies(one, false))) return { allowed: true };
  return { allowed: false, why: `no permission of ${wanted.functionArn} admits ${wanted.sourceArn}` };
}

function readStatements(policy: string): Record<string, unknown>[] | undefined {
  try {
    const statement: unknown = JSON.parse(policy).Statement;
    const all = Array.isArray(statement) ? statement : [statement];
    return all.every((one) => typeof one === "object" && one !== null) ? all : undefined;
  } catch {
    return undefined;
  }
}

function namesPrincipal(value: unknown): boolean {
  if (value === "*") return true;
  if (typeof value !== "object" || value === null) return false;
  const { Service, AWS } = value as { Service?: unknown; AWS?: unknown };
  return list(Service).includes(principal) || list(AWS).includes("*");
}

/** Operator → key → values; every operator and key must hold, one value of each suffices. */
function conditionsHold(condition: unknown, wanted: InvokePermission, unknownCounts: boolean): boolean {
  if (condition === undefined) return true;
  if (typeof condition !== "object" || condition === null) return unknownCounts;
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries((keys ?? {}) as Record<string, unknown>).every(([key, values]) => {
      const given = contextValue(key.toLowerCase(), wanted);
      const compare = operators.get(operator);
      if (given === undefined || compare === undefined) return unknownCounts;
      return list(values).some((value) => compare(value, given));
    }),
  );
}

function contextValue(key: string, wanted: InvokePermission): string | undefined {
  if (key === "aws:sourcearn") return wanted.sourceArn;
  return key === "aws:sourceaccount" ? wanted.sourceAccount : undefined;
}

/** ArnEquals compares as ArnLike does (IAM's documentation). */
const operators = new Map<string, (pattern: string, given: string) => boolean>([
  ["ArnLike", matchesArn],
  ["ArnEquals", matchesArn],
  ["StringEquals", (value, given) => value === given],
  ["StringLike", matchesGlob],
]);

function list(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string");
}
