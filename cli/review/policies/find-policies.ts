/**
 * Every policy of a stack, wherever it is: a reference to a policy document, a policy as JSON text, in an attribute
 * of any name of any resource, of types that nobody has heard of too. A Lambda permission is a policy of one line.
 */
import { parseDocument } from "../document.ts";
import {
  type Block,
  isObject,
  type Json,
  type JsonObject,
  referencedAddresses,
  type Stack,
} from "../stack.ts";
import { canonical } from "../tree.ts";
import { type Condition, fromDocument, fromJson, type Policy, type Statement } from "./statement.ts";

export interface FoundPolicy {
  /** Where: address and attribute. */
  readonly key: string;
  readonly holder: Block;
  readonly attribute: string;
  readonly policy: Policy;
  /** Changes whenever the policy does, also where it cannot be read. */
  readonly content: string;
}

export function findPolicies(stack: Stack): ReadonlyMap<string, FoundPolicy> {
  const found = [...stack.blocks.values()]
    .filter(({ kind }) => kind === "resource")
    .flatMap((holder) => [...permissionOf(holder), ...policiesIn(stack, holder, holder.attributes, "")]);
  return new Map(found.map((one) => [one.key, one]));
}

function* policiesIn(stack: Stack, holder: Block, value: Json, attribute: string): Generator<FoundPolicy> {
  if (typeof value === "string") {
    const policy = readPolicy(stack, value, attribute);
    if (policy) yield { key: `${holder.address}.${attribute}`, holder, attribute, ...policy };
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value))
      yield* policiesIn(stack, holder, inner as Json, attribute === "" ? key : `${attribute}.${key}`);
  }
}

/** Attributes that hold a policy even where we cannot read it. */
const policyNames = /(^|[._])(policy|policy_json|inline_policy)(\.policy)?$/;

function readPolicy(
  stack: Stack,
  text: string,
  attribute: string,
): Pick<FoundPolicy, "policy" | "content"> | undefined {
  const direct = /^\$\{(data\.aws_iam_policy_document\.[\w-]+)\.(?:minified_)?json\}$/.exec(text)?.[1];
  if (direct !== undefined) {
    const document = stack.blocks.get(direct)?.attributes;
    if (!document) return { policy: { opaque: `nothing at ${direct}` }, content: text };
    return { policy: fromDocument(document), content: canonical(document) };
  }
  const json = parseDocument(text);
  if (json && "Statement" in json) return { policy: fromJson(json), content: text };
  const documents = referencedAddresses(text).filter((one) => one.includes("aws_iam_policy_document"));
  const isPolicy = documents.length > 0 || (policyNames.test(attribute) && !isPlainReference(text));
  if (!isPolicy) return undefined;
  const content = [text, ...documents.map((one) => canonical(stack.blocks.get(one)?.attributes))].join("\n");
  return { policy: { opaque: "an expression" }, content };
}

/** `policy = "${aws_iam_policy.x.arn}"` names a policy that is found where it stands; names are no policies. */
const isPlainReference = (text: string): boolean =>
  /^\$\{[a-z][a-z0-9_]*\.[\w-]+\.(arn|id|name)\}$/.test(text) || /^[A-Za-z0-9_:/.-]*$/.test(text);

function* permissionOf(holder: Block): Generator<FoundPolicy> {
  if (holder.type !== "aws_lambda_permission") return;
  const { principal, action, function_name: name, qualifier } = holder.attributes;
  const statement: Statement = {
    sid: "",
    effect: "Allow",
    principals: { not: false, values: [principalOf(String(principal))] },
    actions: { not: false, values: [String(action)] },
    resources: { not: false, values: [`${String(name)}${qualifier === undefined ? "" : `:${qualifier}`}`] },
    conditions: permissionConditions(holder.attributes),
  };
  yield {
    key: `${holder.address}.permission`,
    holder,
    attribute: "permission",
    policy: { statements: [statement] },
    content: canonical(holder.attributes),
  };
}

function principalOf(text: string): string {
  if (text === "*") return "*";
  if (/^\d{12}$/.test(text)) return `AWS:arn:aws:iam::${text}:root`;
  return `${text.startsWith("arn:") ? "AWS" : "Service"}:${text}`;
}

function permissionConditions(attributes: JsonObject): readonly Condition[] {
  const rows = [
    ["source_arn", "ArnLike", "aws:SourceArn"],
    ["source_account", "StringEquals", "aws:SourceAccount"],
    ["principal_org_id", "StringEquals", "aws:PrincipalOrgID"],
    ["function_url_auth_type", "StringEquals", "lambda:FunctionUrlAuthType"],
  ] as const;
  return rows.flatMap(([attribute, test, variable]) => {
    const value = attributes[attribute];
    return value === undefined || isObject(value) ? [] : [{ test, variable, values: [String(value)] }];
  });
}
