/**
 * Whether a function's resource policy lets API Gateway invoke it: what AWS checks on every call and the embedded
 * AWS does not. Without a permission AWS answers 500.
 *
 * Understood: the service principal, lambda:InvokeFunction and wildcards, the conditions that permissions carry
 * (AWS:SourceArn, AWS:SourceAccount). A statement with anything else does not allow, and does deny.
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
  const context = new Map([
    ["aws:sourcearn", wanted.sourceArn],
    ["aws:sourceaccount", wanted.sourceAccount],
  ]);
  const applies = (statement: Statement, unknownCounts: boolean) =>
    namesPrincipal(statement.Principal) &&
    list(statement.Action).some((action) => matchesGlob(action.toLowerCase(), "lambda:invokefunction")) &&
    list(statement.Resource).some((resource) => matchesArn(resource, wanted.functionArn)) &&
    conditionsHold(statement.Condition, { context, operators }, unknownCounts);
  if (statements.some((one) => one.Effect === "Deny" && applies(one, true)))
    return { allowed: false, why: `${wanted.functionArn} denies ${wanted.sourceArn}` };
  if (statements.some((one) => one.Effect === "Allow" && applies(one, false))) return { allowed: true };
  return { allowed: false, why: `no permission of ${wanted.functionArn} admits ${wanted.sourceArn}` };
}

function namesPrincipal(value: unknown): boolean {
  if (value === "*") return true;
  if (typeof value !== "object" || value === null) return false;
  const { Service, AWS } = value as { Service?: unknown; AWS?: unknown };
  return list(Service).includes(principal) || list(AWS).includes("*");
}

/** ArnEquals compares as ArnLike does (IAM's documentation). */
const operators = new Map<string, Operator>([
  ["ArnLike", { matches: matchesArn }],
  ["ArnEquals", { matches: matchesArn }],
  ["StringEquals", { matches: equals }],
  ["StringLike", { matches: matchesGlob }],
]);
