/**
 * `npm run review -- --base REF`: what a change does to trust, then to resources, as Markdown for a pull request.
 *
 * Compares the synthesized stacks of a commit with those of the working tree. Writes nothing, asks no network.
 */
import { Command } from "commander";
import { CommandError, exitCodes, finish } from "../terminal.ts";
import { type ReviewOptions, runReview } from "./run-review.ts";

/** What goes wrong in this program; 3 says that trust is loosened, and must mean nothing else. */
const fault = 4;

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
  .action((options: ReviewOptions) =>
    finish(options.json, () => guarded(() => runReview(process.cwd(), options))),
  );

await program.parseAsync();

async function guarded(body: () => number): Promise<number> {
  try {
    return body();
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { name, message } = error as Error;
    throw new CommandError(name, `${name}: ${message}`, fault);
  }
}
