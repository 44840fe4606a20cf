/**
 * Differences between two values as JSON: by path, whole subtrees where one side has nothing.
 *
 * Lists are compared by what identifies an element (name, id …; scalars by themselves), so that a new element in
 * front of a long list is one difference. Two elements with one name are compared by content: the second could
 * otherwise hide behind the first. JSON documents inside strings are compared as documents.
 */
import { parseDocument } from "./document.ts";
import { isObject, type Json, type JsonObject } from "./stack.ts";

/** Keys as they are, elements of lists as `[id]`. */
export type Path = readonly string[];

export interface Difference {
  readonly path: Path;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

const identities = [
  "name",
  "id",
  "serial",
  "sid",
  "Sid",
  "key",
  "kid",
  "variable",
  "attribute_name",
] as const;

export function differences(
  before: Json | undefined,
  after: Json | undefined,
  path: Path = [],
): readonly Difference[] {
  if (canonical(before) === canonical(after)) return [];
  const [left, right] = [children(before), children(after)];
  const pair = paired(left, right);
  if (!pair) return [{ path, before, after }];
  const [olds, news] = pair;
  return [...new Set([...olds.keys(), ...news.keys()])].flatMap((key) =>
    differences(olds.get(key), news.get(key), [...path, key]),
  );
}

/** The same text for the same value, whatever the order of keys. */
export function canonical(value: Json | undefined): string {
  return JSON.stringify(value, (_key, one: Json) =>
    isObject(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
  );
}

/**
 * Whether a path is one of a pattern: `*` is any key, `[]` any element, `**` the rest, also an empty one.
 * Patterns are written `input.profiles.*.keyTypes[]`.
 */
export function matches(pattern: string, path: Path): boolean {
  const steps = parsePattern(pattern);
  for (const [index, step] of steps.entries()) {
    if (step === "**") return true;
    const key = path[index];
    if (key === undefined) return false;
    const fits = step === "*" ? !isElement(key) : step === "[]" ? isElement(key) : step === key;
    if (!fits) return false;
  }
  return steps.length === path.length;
}

/** The value at a path of keys; a list of one block counts as that block, as Terraform writes it either way. */
export function valueAt(tree: Json | undefined, path: string): Json | undefined {
  let value: Json | undefined = tree;
  for (const key of path.split(".")) {
    if (Array.isArray(value)) value = value.length === 1 ? (value[0] as Json) : undefined;
    if (typeof value === "string") value = parseDocument(value);
    value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

/** `input.profiles.client.keyTypes[P-256]`. */
export const formatPath = (path: Path): string =>
  path.reduce((text, key) => (isElement(key) ? `${text}${key}` : text === "" ? key : `${text}.${key}`), "");

const isElement = (key: string): boolean => key.startsWith("[");
const parsePattern = (pattern: string): readonly string[] =>
  pattern
    .replaceAll("[]", ".[]")
    .split(".")
    .filter((step) => step !== "");

type Children =
  | { readonly kind: "object"; readonly entries: Entries }
  | { readonly kind: "list"; readonly values: readonly Json[] };

function children(value: Json | undefined): Children | undefined {
  if (Array.isArray(value)) return { kind: "list", values: value as readonly Json[] };
  const object = typeof value === "string" ? parseDocument(value) : value;
  if (!isObject(object)) return undefined;
  return { kind: "object", entries: new Map(Object.entries(object)) };
}

type Entries = ReadonlyMap<string, Json>;

/** Two objects by their keys, two lists by their elements; anything else differs as a whole. */
function paired(
  left: Children | undefined,
  right: Children | undefined,
): readonly [Entries, Entries] | undefined {
  if (left?.kind === "object" && right?.kind === "object") return [left.entries, right.entries];
  if (left?.kind === "list" && right?.kind === "list") return identified(left.values, right.values);
  return undefined;
}

function identified(before: readonly Json[], after: readonly Json[]) {
  const identity = [undefined, ...identities].find((key) => isUnique(before, key) && isUnique(after, key));
  const keyed = [before, after].map((list) => {
    const count = new Map<string, number>();
    return new Map(
      list.map((value) => {
        const own = elementName(value, identity) ?? canonical(value);
        const seen = (count.get(own) ?? 0) + 1;
        count.set(own, seen);
        return [`[${own}${seen > 1 ? `#${seen}` : ""}]`, value] as const;
      }),
    );
  });
  return [keyed[0] as Entries, keyed[1] as Entries] as const;
}

function isUnique(list: readonly Json[], identity: string | undefined): boolean {
  const names = list.map((value) => elementName(value, identity));
  return names.every((name) => name !== undefined) && new Set(names).size === names.length;
}

/** Scalars name themselves; objects are named by the given key. */
function elementName(value: Json, identity: string | undefined): string | undefined {
  if (identity === undefined) return typeof value === "object" ? undefined : String(value);
  const own = isObject(value) ? (value as JsonObject)[identity] : undefined;
  return typeof own === "string" ? own : undefined;
}
