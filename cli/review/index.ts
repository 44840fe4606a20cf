/**
 * `npm run review -- --base REF`: what a change does to trust, then to resources, as Markdown for a pull request.
 *
 * Compares the synthesized stacks of a commit with those of the working tree. Writes nothing, asks no network.
 */
import { basename } from "node:path";
import { Command } from "commander";
import { readTyped } from "#cli/ca/where-typed.ts";
import { CommandError, exitCodes, finish, print, printJson, say } from "../terminal.ts";
import { pictures } from "./environments.ts";
import { markdown, shortened } from "./markdown.ts";
import { type Plan, readPlan } from "./plan.ts";
import { type Review, review } from "./review.ts";
import type { Stack } from "./stack.ts";
import { stacksAt, stacksHere } from "./versions.ts";

/** With --strict. A fault of this program is 4 here. */
const loosened = 3;
const fault = 4;

interface ReviewOptions {
  readonly base: string;
  readonly planJson: readonly string[];
  readonly strict: boolean;
  readonly json: boolean;
  readonly comment: boolean;
}

const program = new Command("review")
  .description("Says what a change of the synthesized stacks does to trust, and to resources.")
  .usage("--base <ref> [options]     (by npm: npm run review -- --base <ref> [options])")
  .requiredOption("--base <ref>", "the commit to compare with: a branch, a tag, an id")
  .option(
    "--plan-json <files...>",
    "plans by terraform show -json, named after their stacks (dev-ca.json) or as STACK=FILE",
    [],
  )
  .option("--strict", "exit 3 when a change loosens trust, or was not understood", false)
  .option("--comment", "at most what a comment on GitHub holds", false)
  .option("--json", "print one JSON value and nothing else", false)
  .showHelpAfterError("(--help shows what is allowed)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage))
  .addHelpText(
    "after",
    `
Examples:
  npm run review -- --base origin/main
  npm run review -- --base origin/main --plan-json plans/dev-ca.json plans/dev-api.json --strict

Exit codes: 0 done, 1 refused, 2 the command line is wrong, 3 trust is loosened (--strict), 4 a fault.`,
  )
  .action((options: ReviewOptions) => finish(options.json, () => guarded(() => run(options))));

await program.parseAsync();

function run({ base, planJson, strict, json, comment }: ReviewOptions): number {
  const root = process.cwd();
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

/** 3 says that trust is loosened: what goes wrong in this program must not look like it. */
async function guarded(body: () => number): Promise<number> {
  try {
    return body();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { name, message } = error as Error;
    throw new CommandError(name, `${name}: ${message}`, fault);
  }
}
