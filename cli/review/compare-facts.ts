/** Applies the fact tables to two versions of a stack: what changed in trust beyond policies. */

import { parseDocument } from "./document.ts";
import { factRows } from "./facts/index.ts";
import type { Row } from "./facts/row.ts";
import { settings } from "./facts/settings.ts";
import { describeBlock } from "./resource-types.ts";
import { type Block, isObject, type Json, type JsonObject, type Stack } from "./stack.ts";
import { showValue } from "./text.ts";
import { canonical, type Difference, differences, formatPath, matches, valueAt } from "./tree.ts";
import type { Mark, TrustChange } from "./trust-change.ts";

export function compareFacts(before: Stack, after: Stack): readonly TrustChange[] {
  const isNewStack = before.blocks.size === 0;
  const blocks = [...after.blocks.values()].flatMap((now) =>
    blockChanges(before.blocks.get(now.address), now, after, isNewStack),
  );
  // In a new stack all settings are new, and none is another.
  if (isNewStack || after.blocks.size === 0) return blocks;
  const own = changes(
    settings,
    { before: unwrapped(before.settings), after: unwrapped(after.settings), isNew: false, isNewStack: false },
    () => "",
    after,
  );
  return [...blocks, ...own];
}

interface Sides {
  readonly before: Json | undefined;
  readonly after: Json;
  readonly isNew: boolean;
  readonly isNewStack: boolean;
}

function blockChanges(
  old: Block | undefined,
  now: Block,
  stack: Stack,
  isNewStack: boolean,
): readonly TrustChange[] {
  const own = now.kind === "data" ? `data.${now.type}` : now.type;
  const table = factRows.filter(({ type }) => type === own || type === "*");
  return changes(
    table,
    { before: old?.attributes, after: now.attributes, isNew: old === undefined, isNewStack },
    () => `${describeBlock(stack, now)}: `,
    stack,
  );
}

function changes(
  table: readonly Row[],
  sides: Sides,
  subject: () => string,
  stack: Stack,
): readonly TrustChange[] {
  const looked = table.filter(isPlain).map((row) => ({ row, ...valuesOf(row, sides) }));
  const valued = looked.filter(({ differs }) => differs || sides.isNew);
  const byValue = valued.flatMap(({ row, before, after }) => {
    const mark = row.judge({ before, after, isNew: sides.isNew });
    return mark
      ? [finding(row, mark, subject(), formatPath(row.path.split(".")), { before, after }, stack)]
      : [];
  });
  const claimed = looked.filter(({ differs }) => differs).map(({ row }) => row.path);
  const byDifference = differencesOf(sides)
    .filter(({ path }) => !claimed.some((own) => isUnder(path.join("."), own)))
    .flatMap((difference) => judged(table, difference, subject, stack));
  return [...byValue, ...byDifference];
}

/** A new document in a stack that was there is compared with an empty one. */
function differencesOf({ before, after, isNew, isNewStack }: Sides): readonly Difference[] {
  if (!isNew) return differences(before, after);
  if (isNewStack || !isObject(after)) return [];
  const documents = Object.entries(after).filter(([key]) => documentAttributes.includes(key));
  return documents.flatMap(([key, value]) => {
    const isText = typeof value === "string" && parseDocument(value) === undefined;
    return isText ? [{ path: [key], before: undefined, after: value }] : differences("{}", value, [key]);
  });
}

const documentAttributes = ["content", "content_base64", "source", "input"];

/** Rows that are looked up in both versions, whatever the form of the difference. */
const isPlain = ({ path }: Row): boolean => !/[*[]/.test(path);

function valuesOf(row: Row, sides: Sides) {
  const [before, after] = [valueAt(sides.before, row.path), valueAt(sides.after, row.path)];
  // Two blocks are compared piece by piece.
  const isBlocks = !row.whole && typeof before === "object" && typeof after === "object";
  return { before, after, differs: !isBlocks && canonical(before) !== canonical(after) };
}

const isUnder = (path: string, claimed: string): boolean =>
  path === claimed || path.startsWith(`${claimed}.`);

function judged(
  table: readonly Row[],
  difference: Difference,
  subject: () => string,
  stack: Stack,
): readonly TrustChange[] {
  const { path, before, after } = difference;
  const row = table.find((one) => matches(one.path, path));
  // A row for whatever stands there says less than the rows for its parts.
  const parts = !row || row.path.endsWith("**") ? partsOf(difference) : undefined;
  if (parts) return parts.flatMap((part) => judged(table, part, subject, stack));
  const mark = row?.judge({ before, after, isNew: false });
  return row && mark ? [finding(row, mark, subject(), formatPath(path), { before, after }, stack)] : [];
}

/** What came or went as a whole, piece by piece; undefined for what has no pieces. */
function partsOf({ path, before, after }: Difference): readonly Difference[] | undefined {
  const [value, isNew] = before === undefined ? [after, true] : [before, after !== undefined];
  if (typeof value !== "object" || value === null || (before !== undefined && after !== undefined))
    return undefined;
  const nothing = Array.isArray(value) ? [] : {};
  return isNew ? differences(nothing, value, path) : differences(value, nothing, path);
}

function finding(
  { concern, says }: Row,
  mark: Mark,
  subject: string,
  path: string,
  { before, after }: Pick<Difference, "before" | "after">,
  stack: Stack,
): TrustChange {
  const [old, now] = [showValue(stack, before), showValue(stack, after)];
  const change = before === undefined ? `+ ${now}` : after === undefined ? `− ${old}` : `${old} → ${now}`;
  return { concern, mark, text: `${subject}${says} (${showValue(stack, path)}): ${change}` };
}

/** Blocks that may be there once are written as a list of one. */
function unwrapped(value: Json): Json {
  if (Array.isArray(value)) {
    const all = (value as readonly Json[]).map(unwrapped);
    return all.length === 1 ? (all[0] as Json) : all;
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unwrapped(one)])) as JsonObject;
}
