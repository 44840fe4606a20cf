/** `ca list`: every certificate that the ledger knows. */
import { Command, InvalidArgumentError, Option } from "commander";
import { dim, finish, print, printJson, table } from "../terminal.ts";
import { findAuthority } from "./authority.ts";
import { allRecords, type LedgerEntry } from "./records.ts";

const statuses = ["recorded", "issued", "on-hold", "revoked", "expired"] as const;

interface ListOptions {
  readonly env: string;
  readonly json: boolean;
  readonly status?: (typeof statuses)[number];
  readonly profile?: string;
  readonly expiringWithin?: number;
}

export function listCommand(): Command {
  return new Command("list")
    .description("list certificates: all of them, or those that the filters leave")
    .addOption(new Option("--status <status>", "only these").choices(statuses))
    .option("--profile <name>", "only these")
    .option("--expiring-within <days>", "only those whose end is that near", days)
    .addHelpText(
      "after",
      `
Examples:
  npm run ca -- list --env dev
  npm run ca -- list --env dev --status issued --expiring-within 30 --json`,
    )
    .action((options: ListOptions) => finish(options.json, () => list(options)));
}

async function list(options: ListOptions): Promise<undefined> {
  const now = new Date();
  const authority = await findAuthority(options.env);
  const all = (await allRecords(authority)).map((one) => ({ ...one, status: statusAt(one, now) }));
  const rows = all
    .filter((one) => options.status === undefined || one.status === options.status)
    .filter((one) => options.profile === undefined || one.profile === options.profile)
    .filter((one) => options.expiringWithin === undefined || endsWithin(one, options.expiringWithin, now))
    .sort((a, b) => a.notAfter.localeCompare(b.notAfter));
  if (options.json) return void printJson(rows);
  print(
    table(
      ["generation", "serial", "status", "profile", "until", "subject"],
      rows.map((one) => [one.generation, one.serial, one.status, one.profile, one.notAfter, one.subject]),
    ),
  );
  print(dim(`${rows.length} of ${all.length} certificates`));
  return;
}

/** A certificate past its end is expired, whatever else became of it. */
function statusAt(entry: LedgerEntry, now: Date): (typeof statuses)[number] {
  return new Date(entry.notAfter) < now ? "expired" : entry.status;
}

function endsWithin({ notAfter }: { readonly notAfter: string }, count: number, now: Date): boolean {
  const left = new Date(notAfter).getTime() - now.getTime();
  return left >= 0 && left <= count * 86_400_000;
}

function days(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError(`got "${text}", expected a whole number of days from 1`);
  return value;
}
