/**
 * `npm run rollout -- dev staging production`: deploys environments one after another, each CA before its APIs, each
 * followed by doctor. It changes AWS: `--plan` only says what would change.
 */
import { Command } from "commander";
import { endTerraform } from "#deploy/cdktf.ts";
import { findEnvironment } from "../find-environment.ts";
import { CommandError, exitCodes, finish, print, printJson, say, table } from "../terminal.ts";
import { NotReady, type Rollout, rollOut } from "./rollout.ts";
import { terraformRunner } from "./terraform-runner.ts";
import { wayBack } from "./way-back.ts";

interface RolloutOptions {
  readonly plan: boolean;
  readonly json: boolean;
}

// Terraform finishes its step and gives its lock back; the rest is then not begun.
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    say(`${signal}: Terraform finishes its current step first …`);
    void endTerraform();
  });

await new Command("rollout")
  .description("Deploys environments one after another; stops at the first failure.")
  .usage("<environment...> [options]     (by npm: npm run rollout -- <environment...> [options])")
  .argument("<environment...>", "in the order of the rollout, as in config/environments")
  .option("--plan", "say what would change, and change nothing", false)
  .option("--json", "print one JSON value and nothing else on stdout", false)
  .addHelpText(
    "after",
    `
Examples:
  npm run rollout -- dev staging production --plan
  npm run rollout -- dev staging production

Credentials: an operator of every environment (it assumes their deploy and plan roles).
After a failure: the same command again goes on where it stopped.
Exit codes: 0 done, 1 refused or failed, 2 the command line is wrong, 3 a fault.`,
  )
  .showHelpAfterError("(--help shows what is allowed)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage))
  .action((names: string[], options: RolloutOptions) => finish(options.json, () => rollout(names, options)))
  .parseAsync();

async function rollout(names: readonly string[], { plan, json }: RolloutOptions): Promise<number> {
  const environments = [...new Set(names)].map(findEnvironment);
  let result: Rollout;
  try {
    result = await rollOut(environments, terraformRunner(environments), { planOnly: plan, say });
  } catch (error) {
    if (error instanceof NotReady) throw new CommandError("not-ready", error.message);
    throw error;
  }
  const after = wayBack(result.steps, names);
  if (json) printJson({ ...result, after });
  else {
    print(rolloutTable(result));
    if (after.length > 0) print(`\n${after.join("\n")}`);
  }
  return result.failed ? exitCodes.refused : exitCodes.ok;
}

function rolloutTable({ steps }: Rollout): string {
  return table(
    ["environment", "step", "state", "seconds", ""],
    steps.map(({ environment, step, state, seconds, what }) => [
      ...[environment, step, state, seconds.toFixed(0)],
      state === "failed" ? "see below" : what,
    ]),
  );
}
