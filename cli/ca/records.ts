/** What the ledger knows of certificates, as commands show it. */
import { type LedgerEntry, ledgerEntries } from "#aws/ledger-entries.ts";
import { ledgerName } from "#contract/names.ts";
import { CommandError } from "../terminal.ts";
import type { Authority } from "./authority.ts";

export type { LedgerEntry };

/** Every leaf certificate of the CA, all pages. */
export async function allRecords({ environment, connection }: Authority): Promise<readonly LedgerEntry[]> {
  return ledgerEntries(connection, ledgerName(environment.name));
}

/** The certificate that a client of the configuration got last. */
export async function latestOfClient(authority: Authority, client: string): Promise<LedgerEntry> {
  const latest = (await allRecords(authority))
    .filter((one) => one.client === client && one.status !== "recorded")
    .sort((a, b) => a.notBefore.localeCompare(b.notBefore))
    .at(-1);
  if (latest) return latest;
  throw new CommandError(
    "unknown-client",
    `client ${client} has no certificate: is it in ca.clients of the configuration, and deployed?`,
  );
}

/** The one certificate with that serial; refuses what nobody issued, and asks when two generations have it. */
export async function findRecord(
  authority: Authority,
  serial: string,
  generation: string | undefined,
): Promise<LedgerEntry> {
  const found = (await allRecords(authority)).filter(
    (one) => one.serial === serial && (generation === undefined || one.generation === generation),
  );
  if (found.length === 1) return found[0] as LedgerEntry;
  throw new CommandError(
    found.length === 0 ? "unknown-serial" : "ambiguous-serial",
    found.length === 0
      ? `serial 0x${serial}${generation ? ` of ${generation}` : ""}: this CA issued no such certificate; \`ca list\` shows all`
      : `serial 0x${serial} exists in ${found.map((one) => one.generation).join(" and ")}: name one by --generation`,
  );
}
