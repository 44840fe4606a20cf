/**
 * `npm run rollout -- dev staging production`: deploys environments one after another, each CA before its APIs, each
 * followed by doctor. It changes AWS: `--plan` only says what would change.
 */
import { Command } from "commander";
import { endTerraform } from "#deploy/run-command.ts";
import { findEnvironment } from "../find-environment.ts";
import { CommandError, exitCodes, finish, print, printJson, say, table } from "../terminal.ts";
import { isBad, NotReady, type Rollout, rollOut } from "./rollout.ts";
import { terraformRunner } from "./terraform-runner.ts";
import { wayBack } from "./way-back.ts";

interface Options {
  readonly plan: boolean;
  readonly drift: boolean;
  readonly planJson?: string;
  readonly json: boolean;
}

const interruption = new AbortController();
/** The shell's convention. */
let interruptedBy: 130 | 143 | undefined;

// Terraform finishes its step and gives its lock back; nothing else is begun. npm and the terminal may both send it.
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  process.on(signal, () => {
    if (interruptedBy) return;
    interruptedBy = code;
    say(`${signal}: Terraform finishes its current step first; nothing else is begun …`);
    interruption.abort();
    void endTerraform();
  });

await new Command("rollout")
  .description("Deploys environments one after another; stops at the first failure.")
  .usage("<environment...> [options]     (by npm: npm run rollout -- <environment...> [options])")
  .argument("<environment...>", "in the order of the rollout, as in config/environments")
  .option("--plan", "say what would change, as the read-only role, and change nothing", false)
  .option("--plan-json <folder>", "--plan, and write STACK.json into the folder, for review")
  .option("--drift", "--plan, and exit with 1 when anything would change", false)
  .option("--json", "print one JSON value and nothing else on stdout", false)
  .addHelpText(
    "after",
    `
Examples:
  npm run rollout -- dev staging production --plan
  npm run rollout -- dev --plan-json plans
  npm run rollout -- dev staging production

Credentials: an operator of every environment (it assumes their deploy and plan roles; --plan: the plan roles).
After a failure: the same command again goes on where it stopped.
Exit codes: 0 done, 1 refused, failed or drifted, 2 the command line is wrong, 3 a fault, 130 and 143 interrupted.`,
  )
  .showHelpAfterError("(--help shows what is allowed)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage))
  .action((names: string[], options: Options) => finish(options.json, () => rollout(names, options)))
  .parseAsync();

async function rollout(names: readonly string[], options: Options): Promise<number> {
  const environments = [...new Set(names)].map(findEnvironment);
  const planOnly = options.plan || options.drift || options.planJson !== undefined;
  const runner = terraformRunner(environments, {
    planOnly,
    ...(options.planJson === undefined ? {} : { planFolder: options.planJson }),
  });
  const result = await rollOut(environments, runner, { planOnly, say, signal: interruption.signal }).catch(
    (error: Error) => {
      if (error instanceof NotReady) throw new CommandError("not-ready", error.message);
      if (interruptedBy) throw new CommandError("interrupted", "nothing was begun", interruptedBy);
      throw error;
    },
  );
  const drifted = options.drift ? result.steps.filter(({ state }) => state === "planned") : [];
  const after = [
    ...wayBack(result.steps, names),
    ...drifted.map(({ step }) => `${step}: what is deployed is not what is committed`),
    ...result.foundation,
  ];
  if (options.json) printJson({ ...result, after });
  else print([rolloutTable(result), ...(after.length > 0 ? ["", ...after] : [])].join("\n"));
  if (interruptedBy) return interruptedBy;
  const hasDrifted = drifted.length > 0 || (options.drift && result.foundation.length > 0);
  return result.failed || hasDrifted ? exitCodes.refused : exitCodes.ok;
}

function rolloutTable({ steps }: Rollout): string {
  return table(
    ["environment", "step", "state", "seconds", ""],
    steps.map(({ environment, step, state, seconds, what }) => [
      ...[environment, step, state, seconds.toFixed(0)],
      isBad(state) ? "see below" : what,
    ]),
  );
}
