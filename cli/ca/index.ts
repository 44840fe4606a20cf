/**
 * `npm run ca -- …`: what operators of the CA type. Whatever changes something is a dry run unless `--yes`;
 * `inspect` works on files alone.
 */
import { Command, Option } from "commander";
import { exitCodes } from "../terminal.ts";
import { holdCommand, releaseCommand } from "./hold.ts";
import { inspectCommand } from "./inspect/index.ts";
import { issueCommand } from "./issue.ts";
import { listCommand } from "./list.ts";
import { mergeLedgerCommand } from "./merge-ledger.ts";
import { publishCommand } from "./publish.ts";
import { reportCommand } from "./report.ts";
import { revokeCommand } from "./revoke.ts";
import { rotateCommand } from "./rotate.ts";
import { showCommand } from "./show.ts";

const program = new Command("ca")
  .description("Operates a certificate authority: issues, revokes, lists, rotates, inspects.")
  .usage("<command> [options]     (by npm: npm run ca -- <command> [options])")
  .addHelpText(
    "after",
    `
Examples:
  npm run ca -- issue --env local --subject CN=partner-a --subject OU=Partners --output clients/partner-a --yes
  npm run ca -- revoke --env local --serial 0x1f3a… --reason keyCompromise --yes
  npm run ca -- list --env local --status issued --json
  npm run ca -- inspect certificate clients/partner-a/client-cert.pem

Exit codes: 0 done (or GOOD), 1 refused (or REVOKED), 2 the command line is wrong (or UNKNOWN), 3 a fault.`,
  );

const remote = [
  ...[issueCommand(), revokeCommand(), holdCommand(), releaseCommand()],
  ...[listCommand(), showCommand(), reportCommand(), publishCommand(), rotateCommand()],
  mergeLedgerCommand(),
];
for (const command of remote) {
  command
    .addOption(new Option("--env <name>", "environment, as in config/environments").makeOptionMandatory())
    .option("--json", "print one JSON value and nothing else", false);
  program.addCommand(command);
}
program.addCommand(inspectCommand());

mannered(program);
await program.parseAsync();

/** A wrong command line is exit 2 and says where help is, in every command and below it. */
function mannered(command: Command): void {
  command
    .showHelpAfterError("(--help shows what is allowed)")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage));
  for (const below of command.commands) mannered(below);
}
