/**
 * `npm start`: the whole system on this machine. Sets up what is missing, deploys both stacks for real, issues a
 * client certificate, shows calls with their answers, and serves until Ctrl-C; `--check` makes the calls as
 * checks and ends. Not for production: it listens on loopback only, and says so.
 */
import { accessSync, constants, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { DeployError } from "#deploy/deploy-error.ts";
import { runCheck } from "./check.ts";
import { end, endOnSignals, isInterrupted } from "./interrupt.ts";
import { environment } from "./local-environment.ts";
import { LocalError } from "./local-error.ts";
import { serve } from "./serve.ts";
import { Steps } from "./steps.ts";

export interface StartOptions {
  readonly check: boolean;
  readonly output?: string;
  readonly keep: boolean;
  readonly port?: number;
  readonly json: boolean;
  readonly withTokens: boolean;
}

const program = new Command("npm start --")
  .description(
    "Runs the whole system on this machine: embedded AWS, real deployment, gateway with mutual TLS.",
  )
  .option("--check", "make the calls as checks, print a table, end with 0 when all passed", false)
  .option("--output <folder>", "with --check: where client files, CRLs, access log and report.json go")
  .option("--environment <name>", "which one: local, or tls (no KMS, no CRLs)", environment.name)
  .option("--keep", "keep what is deployed over a stop and take it up again", false)
  .option("--port <number>", "port of the gateway on loopback (default: a free one)", port)
  .option("--with-tokens", "with a token server, and GET /time, which asks for a token of it", false)
  .option("--json", "with --check: print the report as JSON", false)
  .addHelpText(
    "after",
    `
Examples:
  npm start                                     until Ctrl-C
  npm start -- --port 8443 --keep
  npm start -- --with-tokens
  npm start -- --check --output check-results   for CI

Needs: Node, Python 3 with venv, Terraform 1.11 or newer, curl and openssl. Listens on 127.0.0.1 only.`,
  )
  .action(main);

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535)
    throw new InvalidArgumentError(`got "${text}", expected a port from 1 to 65535`);
  return value;
}

async function main(options: StartOptions): Promise<void> {
  endOnSignals();
  try {
    const output = options.output === undefined ? undefined : writableFolder(options.output);
    const steps = new Steps();
    process.stderr.write(`mtls-api on this machine, environment ${environment.name}: not for production\n`);
    process.exitCode = options.check
      ? await runCheck(steps, { ...options, ...(output === undefined ? {} : { output }) })
      : await serve(steps, options);
  } catch (error) {
    // What fails after Ctrl-C fails because of it; the signal's handler ends the process.
    if (isInterrupted()) return;
    process.exitCode = 1;
    const own = error instanceof LocalError || error instanceof DeployError;
    process.stderr.write(`\nerror: ${own ? error.message : ((error as Error).stack ?? String(error))}\n`);
  } finally {
    if (!isInterrupted()) {
      await end();
      process.exit();
    }
  }
}

/** Made now and tried now: a check that cannot write its results would have run in vain. */
function writableFolder(typed: string): string {
  const folder = resolve(process.env.MTLS_API_FROM ?? process.cwd(), typed);
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new LocalError(
      "output",
      `--output ${folder} cannot be written: ${(error as Error).message}; name another folder`,
    );
  }
  return folder;
}

await program.parseAsync();
