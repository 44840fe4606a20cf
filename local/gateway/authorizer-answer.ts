/**
 * What an authorizer may answer (FACTS 2): a policy, a principal, a flat context, a usage key, 8 KB in all.
 * Everything else is malformed, and AWS answers 500.
 */
export interface AuthorizerAnswer {
  readonly statements: readonly PolicyStatement[];
  /** `principalId` and the context, all as the integration sees them. */
  readonly variables: Readonly<Record<string, string>>;
  /** The value of the API key that counts the request. */
  readonly usageKey?: string;
}

export interface PolicyStatement {
  readonly effect: "Allow" | "Deny";
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

export type AnswerVerdict = AuthorizerAnswer | { readonly malformed: string };

const maxAnswerBytes = 8 * 1024;
const maxResource = 512;

export function readAuthorizerAnswer(payload: string): AnswerVerdict {
  if (Buffer.byteLength(payload) > maxAnswerBytes)
    return { malformed: `the answer is longer than ${maxAnswerBytes} bytes` };
  let answer: unknown;
  try {
    answer = JSON.parse(payload);
  } catch {
    return { malformed: "the answer is not JSON" };
  }
  if (!isObject(answer)) return { malformed: "the answer is not an object" };
  const { principalId, policyDocument, context, usageIdentifierKey } = answer;
  if (typeof principalId !== "string" || principalId === "") return { malformed: "no principalId" };
  if (usageIdentifierKey != null && typeof usageIdentifierKey !== "string")
    return { malformed: "usageIdentifierKey is not a string" };
  const statements = readStatements(policyDocument);
  if (typeof statements === "string") return { malformed: statements };
  const variables = readContext(context);
  if (typeof variables === "string") return { malformed: variables };
  return {
    statements,
    variables: { ...variables, principalId },
    ...(usageIdentifierKey == null ? {} : { usageKey: usageIdentifierKey }),
  };
}

function readStatements(document: unknown): PolicyStatement[] | string {
  if (!isObject(document)) return "no policyDocument";
  const all = Array.isArray(document.Statement) ? document.Statement : [document.Statement];
  const statements: PolicyStatement[] = [];
  for (const one of all) {
    if (!isObject(one)) return "a statement of the policy is not an object";
    const known = Object.keys(one).find((key) => !["Sid", "Effect", "Action", "Resource"].includes(key));
    // Conditions and Not… elements are legal on AWS; this gateway does not evaluate them, so it admits nobody.
    if (known) return `the policy uses ${known}, which is not evaluated here`;
    const actions = strings(one.Action);
    const resources = strings(one.Resource);
    if (one.Effect !== "Allow" && one.Effect !== "Deny") return "a statement's Effect is not Allow or Deny";
    if (!actions || !resources) return "a statement lacks Action or Resource";
    if (resources.some((resource) => resource.length > maxResource))
      return `a Resource is longer than ${maxResource} characters`;
    statements.push({ effect: one.Effect, actions, resources });
  }
  return statements;
}

function readContext(context: unknown): Record<string, string> | string {
  if (context == null) return {};
  if (!isObject(context)) return "context is not an object";
  const variables: Record<string, string> = Object.create(null);
  for (const [key, value] of Object.entries(context)) {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
      return `context.${key} is not a string, number or boolean`;
    variables[key] = String(value);
  }
  return variables;
}

function strings(value: unknown): string[] | undefined {
  const all = Array.isArray(value) ? value : [value];
  return all.length > 0 && all.every((one) => typeof one === "string") ? all : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
