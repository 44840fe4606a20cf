/** What operators read from the ledger: every leaf certificate with what became of it, all pages. */
import type { Connection } from "./connection.ts";
import {
  fromCertificateItem,
  fromGenerationItem,
  fromRevocationItem,
  keys,
  kinds,
  toText,
} from "./ledger-items.ts";
import { LedgerTable } from "./ledger-table.ts";

export interface LedgerEntry {
  readonly generation: string;
  /** Lower-case hex of the content octets. */
  readonly serial: string;
  /** recorded: its certificate may never have appeared. */
  readonly status: "recorded" | "issued" | "on-hold" | "revoked";
  readonly profile: string;
  readonly subject: string;
  /** ISO 8601, as all times here. */
  readonly notBefore: string;
  readonly notAfter: string;
  readonly reason?: string;
  readonly revokedAt?: string;
  /** Who asked for it. */
  readonly caller: string;
  /** The client of the configuration that it is for. */
  readonly client?: string;
}

/** Leaves of every generation, the CA's own certificates not among them. */
export async function ledgerEntries(connection: Connection, table: string): Promise<LedgerEntry[]> {
  const ledger = new LedgerTable(connection, table);
  const entries: LedgerEntry[] = [];
  for await (const item of ledger.query(keys.generations, "")) {
    const { issuing } = fromGenerationItem(item);
    if (issuing) entries.push(...(await entriesOf(ledger, keys.issuer(issuing.keyHash))));
  }
  return entries;
}

async function entriesOf(ledger: LedgerTable, issuer: string): Promise<LedgerEntry[]> {
  const revocations = new Map<string, ReturnType<typeof fromRevocationItem>>();
  for await (const item of ledger.query(issuer, kinds.revocation)) {
    const revocation = fromRevocationItem(item);
    if (revocation.state !== "released") revocations.set(revocation.serial, revocation);
  }
  const entries: LedgerEntry[] = [];
  for await (const item of ledger.query(issuer, kinds.certificate)) {
    const { generation, serial, profile, subject, notBefore, notAfter, issuedAt, caller, client } =
      fromCertificateItem(item);
    const revocation = revocations.get(serial);
    entries.push({
      generation,
      serial,
      status: revocation ? (revocation.state as "on-hold" | "revoked") : issuedAt ? "issued" : "recorded",
      profile,
      subject,
      notBefore: toText(notBefore),
      notAfter: toText(notAfter),
      ...(revocation ? { reason: revocation.reason, revokedAt: toText(revocation.revokedAt) } : {}),
      caller,
      ...(client === undefined ? {} : { client }),
    });
  }
  return entries;
}
