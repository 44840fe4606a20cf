/**
 * Puts a restored copy of the ledger into the ledger, item by item (merge-items.ts), and lifts CRL numbers to those that
 * are published. Nothing is deleted; each write goes on the item as it was read.
 *
 * It does not make up what no copy holds: `unexplained` are entries of published CRLs without a revocation. Publishing
 * is refused as long as there are any.
 */
import { isDeepStrictEqual } from "node:util";
import { externalKeys } from "#contract/external-bucket.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { openCrl } from "#pki/crl/open.ts";
import type { Connection } from "./connection.ts";
import { fromGenerationItem, type Item, keys } from "./ledger-items.ts";
import { type Condition, LedgerTable } from "./ledger-table.ts";
import { mergeItems } from "./merge-items.ts";

export interface LedgerMerge {
  readonly read: number;
  readonly added: number;
  readonly changed: number;
  /** `pk / sk: why`; the ledger's copy has stayed. */
  readonly conflicts: readonly string[];
  /** CRLs whose number was behind what is published. */
  readonly lifted: readonly { readonly crl: string; readonly from: number; readonly to: number }[];
  /** Entries of published CRLs that the ledger does not explain now. */
  readonly unexplained: readonly { readonly crl: string; readonly serial: string }[];
}

export interface MergeOptions {
  readonly ledger: string;
  readonly from: string;
  /** Undefined: there is no such object. */
  readonly published: (key: string) => Promise<Buffer | undefined>;
  /** False: what would be written is only told. */
  readonly write: boolean;
}

export async function mergeLedger(connection: Connection, options: MergeOptions): Promise<LedgerMerge> {
  const [ledger, copy] = [options.ledger, options.from].map((name) => new LedgerTable(connection, name)) as [
    LedgerTable,
    LedgerTable,
  ];
  const counts = { read: 0, added: 0, changed: 0 };
  const conflicts: string[] = [];
  for await (const other of copy.scan()) {
    counts.read++;
    const key = { pk: String(other.pk), sk: String(other.sk) };
    const kept = await ledger.get(key);
    const merged = mergeItems(kept, other);
    if (merged === "not-copied") continue;
    if ("conflict" in merged) conflicts.push(`${key.pk} / ${key.sk}: ${merged.conflict}`);
    else if (!kept || !isDeepStrictEqual(sorted(kept), sorted(merged.item))) {
      counts[kept ? "changed" : "added"]++;
      if (options.write && !(await ledger.put(merged.item, asRead(kept, merged.item))))
        conflicts.push(`${key.pk} / ${key.sk}: somebody wrote it meanwhile: stop the schedules, then again`);
    }
  }
  return { ...counts, conflicts, ...(await againstTheBucket(ledger, copy, options)) };
}

/** Still as it was read; what the merge adds is still not there. */
function asRead(kept: Item | undefined, merged: Item): Condition {
  if (!kept) return { expression: "attribute_not_exists(pk)" };
  const names = Object.keys({ ...kept, ...merged });
  const parts = names.map((name, index) =>
    kept[name] === undefined ? `attribute_not_exists(#n${index})` : `#n${index} = :v${index}`,
  );
  return {
    expression: parts.join(" AND "),
    names: Object.fromEntries(names.map((name, index) => [`#n${index}`, name])),
    values: Object.fromEntries(
      names.flatMap((name, index) => (kept[name] === undefined ? [] : [[`:v${index}`, kept[name]]])),
    ),
  };
}

/** The second witness: what was published was in the ledger before. */
async function againstTheBucket(
  ledger: LedgerTable,
  copy: LedgerTable,
  { published, write }: MergeOptions,
): Promise<Pick<LedgerMerge, "lifted" | "unexplained">> {
  const lifted: LedgerMerge["lifted"][number][] = [];
  const unexplained: LedgerMerge["unexplained"][number][] = [];
  const generations = new Map<string, Item>();
  // A run that writes nothing must see the copy's generations too.
  for (const table of [copy, ledger])
    for await (const item of table.query(keys.generations, "")) generations.set(String(item.sk), item);
  for (const generation of [...generations.values()].map(fromGenerationItem))
    for (const which of ["issuing", "root"] as const) {
      const key = externalKeys[which === "issuing" ? "issuingCrl" : "rootCrl"](generation.id);
      const [ca, der] = [generation[which], await published(key)];
      if (!ca || !der) continue;
      // Its signature is checked: what somebody else put there bears no witness.
      const crl = openCrl(der, parseCertificate(ca.certificate));
      const to = Number(crl.number ?? 0n);
      const numberOf = async (table: LedgerTable) =>
        Number((await table.get(keys.crl(ca.keyHash)))?.number ?? 0);
      const from = Math.max(await numberOf(ledger), await numberOf(copy));
      if (from < to) {
        lifted.push({ crl: key, from, to });
        if (write) await ledger.atLeast(keys.crl(ca.keyHash), "number", to);
      }
      for (const { serial } of crl.revocations()) {
        const revocation = keys.revocation(ca.keyHash, serial);
        if (!(await ledger.get(revocation)) && (write || !(await copy.get(revocation))))
          unexplained.push({ crl: key, serial });
      }
    }
  return { lifted, unexplained };
}

const sorted = (item: Item): unknown =>
  JSON.parse(
    JSON.stringify(item, (_key, value: unknown) =>
      value instanceof Uint8Array
        ? Buffer.from(value).toString("base64")
        : value !== null && typeof value === "object" && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).sort(([one], [two]) => (one < two ? -1 : 1)))
          : value,
    ),
  );
