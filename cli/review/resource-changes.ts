/**
 * Resources added, changed, replaced and destroyed between two versions of a stack, with what is at risk.
 *
 * Without a plan, "replaced" is what the table of types knows; a plan says what Terraform will really do.
 */
import type { Paired } from "./pair-renamed.ts";
import type { PlannedChange } from "./plan.ts";
import { describeBlock, type ResourceType, typeName, typeOf } from "./resource-types.ts";
import { type Block, referencedAddresses, type Stack } from "./stack.ts";
import { showValue } from "./text.ts";
import { differences, formatPath } from "./tree.ts";
import type { TrustChange } from "./trust-change.ts";

export const actions = ["destroy", "replace", "change", "add"] as const;
export type Action = (typeof actions)[number];

export interface ResourceChange {
  readonly action: Action;
  readonly address: string;
  /** `key g1/root`. */
  readonly label: string;
  readonly type: string;
  /** What is lost, or why nobody knows. */
  readonly risk?: string;
  /** Attribute by attribute, as Markdown; nothing for what is added or destroyed. */
  readonly attributes: readonly string[];
  /** A plan says so, and why. */
  readonly planned?: string;
}

export function resourceChanges(
  { before, renamed }: Paired,
  after: Stack,
  planned: ReadonlyMap<string, PlannedChange> = new Map(),
): readonly ResourceChange[] {
  const addresses = [...new Set([...before.blocks.keys(), ...after.blocks.keys(), ...planned.keys()])];
  return addresses.flatMap((address) => {
    const [old, now] = [before.blocks.get(address), after.blocks.get(address)];
    const plan = planned.get(address);
    const attributes =
      old && now
        ? differences(old.attributes, now.attributes).map((one) => attributeLine(after, before, one))
        : [];
    const action = plan?.action ?? expectedAction(old, now, attributes.length > 0, renamed.has(address));
    const block = now ?? old;
    if (!action || (!plan && block?.kind === "data" && action !== "change" && isDocument(block))) return [];
    const risk = riskOf(action, block);
    return {
      action,
      address,
      label: block ? describeBlock(now ? after : before, block) : `\`${address}\``,
      type: block ? typeName(block) : address,
      attributes: [...attributes, ...(plan?.onlyInPlan ?? [])],
      ...(risk ? { risk } : {}),
      ...(plan ? { planned: plan.why } : {}),
    };
  });
}

/** Policy documents are shown as sentences; their coming and going is the policies'. */
const isDocument = (block: Block): boolean => block.type === "aws_iam_policy_document";

function expectedAction(
  old: Block | undefined,
  now: Block | undefined,
  differs: boolean,
  isRenamed: boolean,
): Action | undefined {
  if (!old) return now ? "add" : undefined;
  if (!now) return "destroy";
  if (isRenamed && now.kind === "resource") return "replace";
  if (!differs) return undefined;
  const forces = typeOf(now)?.replacedBy ?? [];
  const changed = differences(old.attributes, now.attributes).map(({ path }) => path[0] as string);
  return changed.some((key) => forces.includes(key)) ? "replace" : "change";
}

function riskOf(action: Action, block: Block | undefined): string | undefined {
  if (!block) return undefined;
  const type: ResourceType | undefined = typeOf(block);
  if (!type) return "a type that this review does not know: read its attributes";
  const isLost = action === "destroy" || action === "replace";
  return isLost && type.loss ? `lost: ${type.loss}` : undefined;
}

function attributeLine(after: Stack, before: Stack, one: ReturnType<typeof differences>[number]): string {
  const path = showValue(after, formatPath(one.path));
  if (one.before === undefined) return `${path}: + ${showValue(after, one.after)}`;
  if (one.after === undefined) return `${path}: − ${showValue(before, one.before)}`;
  return `${path}: ${showValue(before, one.before)} → ${showValue(after, one.after)}`;
}

/** What the coming and going of whole resources means for trust. */
export function resourceTrust(before: Stack, after: Stack): readonly TrustChange[] {
  const isGoneStack = after.blocks.size === 0;
  const gone = [...before.blocks.values()].filter(({ address }) => !after.blocks.has(address));
  const come = [...after.blocks.values()].filter(({ address }) => !before.blocks.has(address));
  return [
    ...come.flatMap((block) => arrival(block, after)),
    ...gone.flatMap((block) => departure(block, before, after, isGoneStack)),
  ];
}

function arrival(block: Block, stack: Stack): readonly TrustChange[] {
  const type = typeOf(block);
  const label = describeBlock(stack, block);
  if (!type) {
    const text = `${label} added: a type that this review does not know`;
    return [{ concern: "Deployment", mark: "unjudged", text }];
  }
  if (type.access) return [{ concern: type.access, mark: "loosens", text: `${label} added` }];
  if (!type.news) return [];
  return [{ concern: type.news, mark: "changes", text: `${label} added` }];
}

function departure(block: Block, before: Stack, after: Stack, isGoneStack: boolean): readonly TrustChange[] {
  const type = typeOf(block);
  const label = describeBlock(before, block);
  if (type?.guard && !isGoneStack) {
    const protects = type.guard.of
      ? referencedAddresses(String(block.attributes[type.guard.of]))[0]
      : undefined;
    const isLost = protects === undefined || after.blocks.has(protects);
    if (isLost) return [{ concern: type.guard.concern, mark: "loosens", text: `${label} removed` }];
  }
  if (type?.access) return [{ concern: type.access, mark: "tightens", text: `${label} removed` }];
  return type?.news ? [{ concern: type.news, mark: "changes", text: `${label} removed` }] : [];
}
