/**
 * `ca merge-ledger`: puts a restored copy of the ledger's table into the ledger. For the day on which items are lost:
 * docs/disaster-recovery.md.
 */
import { Command } from "commander";
import { type LedgerMerge, mergeLedger } from "#aws/merge-ledger.ts";
import { readObject } from "#aws/read-object.ts";
import { externalBucketName, ledgerName } from "#contract/names.ts";
import { CommandError, exitCodes, finish, print, printJson } from "../terminal.ts";
import { findAuthority } from "./authority.ts";

interface MergeLedgerOptions {
  readonly env: string;
  readonly from: string;
  readonly json: boolean;
  readonly yes: boolean;
}

export function mergeLedgerCommand(): Command {
  return new Command("merge-ledger")
    .description("put a restored copy of the ledger into it; nothing is deleted, nothing forgotten")
    .requiredOption("--from <table>", "the copy: what RestoreTableToPointInTime has made")
    .option("--yes", "do it; without, only say what would be done", false)
    .addHelpText(
      "after",
      `
Example:
  npm run ca -- merge-ledger --env dev --from dev-ca-ledger-restored

Stop the schedules first (docs/disaster-recovery.md). Credentials: an administrator of the CA account; no role of the
environment but the CA's functions reads the ledger's items.
Exit codes: 0 the ledger explains what is published (without --yes: would explain it), 1 it does not, items are in
conflict, or there is no such table, 2 the command line is wrong, 3 a fault.`,
    )
    .action((options: MergeLedgerOptions) => finish(options.json, () => merge(options)));
}

async function merge({ env, from, yes, json }: MergeLedgerOptions): Promise<number> {
  const { environment, connection } = await findAuthority(env);
  const bucket = externalBucketName(environment.name, environment.ca.account);
  const merged = await mergeLedger(connection, {
    ...{ ledger: ledgerName(environment.name), from, write: yes },
    published: (key) => readObject(connection, bucket, key),
  }).catch((error: Error) => {
    if (error.name !== "ResourceNotFoundException") throw error;
    const tables = `${ledgerName(environment.name)} and ${from}`;
    throw new CommandError("no-table", `${tables} must both be tables of this account: ${error.message}`);
  });
  if (json) printJson({ dryRun: !yes, ...merged });
  else print(described(merged, yes));
  return merged.conflicts.length + merged.unexplained.length > 0 ? exitCodes.refused : exitCodes.ok;
}

function described(
  { read, added, changed, conflicts, lifted, unexplained }: LedgerMerge,
  done: boolean,
): string {
  return [
    `${read} items read, ${added} ${done ? "added" : "to add"}, ${changed} ${done ? "changed" : "to change"}`,
    ...lifted.map(({ crl, from, to }) => `${crl}: number ${from} is behind the published ${to}`),
    ...conflicts.map((one) => `conflict: ${one}`),
    ...unexplained.map(({ crl, serial }) => `${crl} holds 0x${serial}, which no copy explains`),
    ...(done ? [] : ["nothing was changed: add --yes"]),
  ].join("\n");
}
