/** Two versions of all stacks, and plans where there are any → what a reviewer must know. Pure. */
import { compareFacts } from "./compare-facts.ts";
import { pairRenamed } from "./pair-renamed.ts";
import type { Plan } from "./plan.ts";
import { comparePolicies } from "./policies/compare.ts";
import { type ResourceChange, resourceChanges, resourceTrust } from "./resource-changes.ts";
import { emptyStack, type Stack } from "./stack.ts";
import { type MergedChange, mergeChanges, needsAttention } from "./trust-change.ts";

export interface StackReview {
  readonly name: string;
  readonly status: "new" | "gone" | "changed" | "same";
  readonly resources: readonly ResourceChange[];
  readonly hasPlan: boolean;
}

export interface Review {
  readonly trust: readonly MergedChange[];
  readonly stacks: readonly StackReview[];
  /** Trust changes that loosen, or that nobody has judged. */
  readonly attention: number;
}

export function review(
  before: readonly Stack[],
  after: readonly Stack[],
  plans: ReadonlyMap<string, Plan> = new Map(),
): Review {
  const names = [...new Set([...before, ...after].map(({ name }) => name))].sort();
  const single = names.map((name) => {
    const [old, now] = [before, after].map((all) => all.find((one) => one.name === name));
    return reviewStack(name, old, now, plans.get(name));
  });
  const trust = mergeChanges(single.map(({ stack, trust: changes }) => ({ stack: stack.name, changes })));
  return {
    trust,
    stacks: single.map(({ stack }) => stack),
    attention: trust.filter(needsAttention).length,
  };
}

function reviewStack(name: string, old: Stack | undefined, now: Stack | undefined, plan: Plan | undefined) {
  const after = now ?? emptyStack(name);
  const paired = pairRenamed(old ?? emptyStack(name), after);
  const { before } = paired;
  const trust = [
    ...resourceTrust(before, after),
    ...compareFacts(before, after),
    ...comparePolicies(before, after),
    ...(plan?.trust ?? []),
  ];
  const resources = resourceChanges(paired, after, plan?.changes);
  const status = !old ? "new" : !now ? "gone" : resources.length + trust.length > 0 ? "changed" : "same";
  const stack: StackReview = { name, status, resources, hasPlan: plan !== undefined };
  return { stack, trust };
}
