/**
 * A policy's statements in one form, from Terraform's policy documents and from policies as JSON text.
 *
 * What is not wholly understood (an unknown key, a wrong type, a document merged from others) makes the policy
 * opaque: its reader must be told that nobody has judged it.
 */
import { isObject, type Json, type JsonObject } from "../stack.ts";

/** Values, or with `not` everything but them. */
export interface Values {
  readonly not: boolean;
  readonly values: readonly string[];
}

export interface Condition {
  readonly test: string;
  readonly variable: string;
  readonly values: readonly string[];
}

export interface Statement {
  readonly sid: string;
  readonly effect: "Allow" | "Deny";
  /** `AWS:arn…`, `Service:lambda.amazonaws.com`, `*`; undefined in a policy of an identity. */
  readonly principals: Values | undefined;
  /** IAM does not tell upper from lower case. */
  readonly actions: Values;
  readonly resources: Values;
  readonly conditions: readonly Condition[];
}

/** Statements, or why they cannot be read. */
export type Policy = { readonly statements: readonly Statement[] } | { readonly opaque: string };

/** `data "aws_iam_policy_document"`. */
export function fromDocument(attributes: JsonObject): Policy {
  return read(() => {
    onlyKeys(attributes, ["statement", "version", "policy_id", "lifecycle", "depends_on"]);
    return list(attributes.statement).map((raw) => {
      const one = object(raw);
      onlyKeys(one, [
        ...["sid", "effect", "actions", "not_actions", "resources", "not_resources"],
        ...["principals", "not_principals", "condition"],
      ]);
      return {
        sid: one.sid === undefined ? "" : string(one.sid),
        effect: effect(one.effect ?? "Allow"),
        principals: either(one, "principals", "not_principals", documentPrincipals),
        actions: either(one, "actions", "not_actions", strings) ?? nothing,
        resources: either(one, "resources", "not_resources", strings) ?? nothing,
        conditions: list(one.condition).map((condition) => {
          const { test, variable, values } = object(condition);
          return { test: string(test), variable: string(variable), values: strings(values) };
        }),
      };
    });
  });
}

/** A policy as AWS writes it. */
export function fromJson(document: JsonObject): Policy {
  return read(() => {
    onlyKeys(document, ["Version", "Id", "Statement"]);
    return list(document.Statement).map((raw) => {
      const one = object(raw);
      onlyKeys(one, [
        ...["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"],
        ...["Principal", "NotPrincipal", "Condition"],
      ]);
      return {
        sid: one.Sid === undefined ? "" : string(one.Sid),
        effect: effect(one.Effect),
        principals: either(one, "Principal", "NotPrincipal", jsonPrincipals),
        actions: either(one, "Action", "NotAction", strings) ?? nothing,
        resources: either(one, "Resource", "NotResource", strings) ?? nothing,
        conditions: one.Condition === undefined ? [] : jsonConditions(object(one.Condition)),
      };
    });
  });
}

const nothing: Values = { not: false, values: [] };

class Unreadable extends Error {}

function read(statements: () => readonly Statement[]): Policy {
  try {
    return { statements: statements() };
  } catch (error) {
    if (error instanceof Unreadable) return { opaque: error.message };
    throw error;
  }
}

function onlyKeys(value: JsonObject, known: readonly string[]): void {
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new Unreadable(`unknown ${unknown.join(", ")}`);
}

function either(
  one: JsonObject,
  yes: string,
  no: string,
  read: (value: Json) => readonly string[],
): Values | undefined {
  const [positive, negative] = [one[yes], one[no]];
  if (positive !== undefined && negative !== undefined) throw new Unreadable(`${yes} and ${no} together`);
  if (positive !== undefined) return { not: false, values: read(positive) };
  if (negative !== undefined) return { not: true, values: read(negative) };
  return undefined;
}

const documentPrincipals = (value: Json): readonly string[] =>
  list(value).flatMap((raw) => {
    const { type, identifiers } = object(raw);
    return strings(identifiers).map((identifier) => principal(string(type), identifier));
  });

function jsonPrincipals(value: Json): readonly string[] {
  if (typeof value === "string") return [principal("*", value)];
  return Object.entries(object(value)).flatMap(([type, identifiers]) =>
    strings(identifiers).map((identifier) => principal(type, identifier)),
  );
}

/** `"AWS": "*"` is everybody, as `"*"` is; an account's number is its root's ARN. */
function principal(type: string, identifier: string): string {
  if (identifier === "*" && (type === "AWS" || type === "*")) return "*";
  if (type === "AWS" && /^\d{12}$/.test(identifier)) return `AWS:arn:aws:iam::${identifier}:root`;
  return `${type}:${identifier}`;
}

const jsonConditions = (value: JsonObject): readonly Condition[] =>
  Object.entries(value).flatMap(([test, byVariable]) =>
    Object.entries(object(byVariable)).map(([variable, values]) => ({
      test,
      variable,
      values: strings(values),
    })),
  );

function effect(value: Json | undefined): "Allow" | "Deny" {
  if (value === "Allow" || value === "Deny") return value;
  throw new Unreadable(`effect ${JSON.stringify(value)}`);
}

function string(value: Json | undefined): string {
  if (typeof value === "string") return value;
  throw new Unreadable(`${JSON.stringify(value)} where a text belongs`);
}

function strings(value: Json | undefined): readonly string[] {
  const all = Array.isArray(value) ? (value as readonly Json[]) : [value as Json];
  return all.map((one) => (typeof one === "boolean" || typeof one === "number" ? String(one) : string(one)));
}

function object(value: Json | undefined): JsonObject {
  if (isObject(value)) return value;
  throw new Unreadable(`${JSON.stringify(value)} where an object belongs`);
}

function list(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly Json[]) : [value as Json];
}
