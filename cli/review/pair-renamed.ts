/**
 * Resources that only changed their logical id: compared as one, so that a new rule cannot hide in "one object
 * removed, one added". Terraform itself destroys the one and creates the other.
 */

import { typeName } from "./resource-types.ts";
import { type Block, isObject, type Json, type Stack } from "./stack.ts";

export interface Paired {
  /** The earlier stack with the later addresses. */
  readonly before: Stack;
  /** Later address → earlier one. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** What AWS knows a resource by. */
const identities = ["name", "function_name", "bucket", "domain_name", "alarm_name", "key", "description"];

export function pairRenamed(before: Stack, after: Stack): Paired {
  const gone = [...before.blocks.values()].filter(({ address }) => !after.blocks.has(address));
  const come = [...after.blocks.values()].filter(({ address }) => !before.blocks.has(address));
  const renamed = new Map<string, string>();
  for (const now of come) {
    const free = gone.filter(
      (old) => typeName(old) === typeName(now) && ![...renamed.values()].includes(old.address),
    );
    const alone = come.filter((one) => typeName(one) === typeName(now)).length === 1 && free.length === 1;
    const old = free.find((one) => isSame(one, now)) ?? (alone ? free[0] : undefined);
    if (old) renamed.set(now.address, old.address);
  }
  if (renamed.size === 0) return { before, renamed };
  const later = new Map([...renamed].map(([now, old]) => [old, now]));
  const rename = (text: string) =>
    text.replace(
      /\b(data\.)?[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z_][\w-]*/g,
      (address) => later.get(address) ?? address,
    );
  const blocks = [...before.blocks.values()].map((block): Block => {
    const address = later.get(block.address) ?? block.address;
    return { ...block, address, attributes: withTexts(block.attributes, rename) as Block["attributes"] };
  });
  return {
    before: { ...before, blocks: new Map(blocks.map((block) => [block.address, block])) },
    renamed,
  };
}

function isSame(old: Block, now: Block): boolean {
  if (old.path === now.path) return true;
  return identities.some((key) => {
    const value = old.attributes[key];
    return typeof value === "string" && value === now.attributes[key] && !value.includes("${");
  });
}

function withTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => withTexts(one, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withTexts(one, change)]));
}
