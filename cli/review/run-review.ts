/** The command's body: both versions, plans, review, output, and the exit code that says what was found. */
import { basename } from "node:path";
import { CommandError, exitCodes, print, printJson, say } from "../terminal.ts";
import { readTyped } from "../where-typed.ts";
import { pictures } from "./environments.ts";
import { markdown, shortened } from "./markdown.ts";
import { type Plan, readPlan } from "./plan.ts";
import { type Review, review } from "./review.ts";
import type { Stack } from "./stack.ts";
import { stacksAt, stacksHere } from "./versions.ts";

export interface ReviewOptions {
  readonly base: string;
  readonly planJson: readonly string[];
  readonly strict: boolean;
  readonly json: boolean;
  readonly comment: boolean;
}

/** With `strict`. */
export const loosened = 3;

/** `root`: the project's folder. */
export function runReview(root: string, { base, planJson, strict, json, comment }: ReviewOptions): number {
  const commit = stacksAt(root, base);
  const here = stacksHere(root);
  const result = review(commit.stacks, here, plansOf(planJson, here));
  if (json) printJson({ base: commit.id, ...result });
  else {
    const text = markdown(result, { base: commit.id }, pictures(result, commit.stacks, here));
    print((comment ? shortened(text) : text).trimEnd());
  }
  return verdict(result, strict);
}

function verdict({ attention }: Review, strict: boolean): number {
  if (attention === 0) return exitCodes.ok;
  say(
    `${attention} changes loosen trust, or were not understood${strict ? "" : " (--strict makes this an error)"}`,
  );
  return strict ? loosened : exitCodes.ok;
}

function plansOf(files: readonly string[], stacks: readonly Stack[]): ReadonlyMap<string, Plan> {
  const plans = new Map<string, Plan>();
  for (const given of files) {
    const [, named, path = given] = /^([a-z0-9-]+)=(.+)$/.exec(given) ?? [];
    const name = named ?? basename(path).split(".")[0];
    const stack = stacks.find((one) => one.name === name);
    if (!stack)
      throw new CommandError(
        "no-stack",
        `--plan-json ${given}: no stack "${name}"; name the file after its stack, or say STACK=FILE (stacks: ${stacks.map((one) => one.name).join(", ")})`,
        exitCodes.usage,
      );
    if (plans.has(stack.name))
      throw new CommandError(
        "twice",
        `--plan-json ${given}: a second plan of ${stack.name}`,
        exitCodes.usage,
      );
    plans.set(stack.name, readPlan(path, readTyped(path).toString("utf8"), stack));
  }
  return plans;
}
