/** The authority's ledger in DynamoDB; ca/ports.ts says what each call promises, ledger-items.ts how items look. */
import type { Generation, NewCaCertificate } from "#ca/generation.ts";
import type { CertificateEntry, CertificateRecord, ClientEntry, KeyBinding, Ledger } from "#ca/ports.ts";
import type { Revocation } from "#ca/revocation.ts";
import type { CaConfiguration } from "#contract/ca-requests.ts";
import type { Connection } from "./connection.ts";
import {
  fromCertificateItem,
  fromClientItem,
  fromGenerationItem,
  fromRevocationItem,
  keys,
  kinds,
  toCertificateItem,
  toClientItem,
  toRevocationItem,
  toText,
} from "./ledger-items.ts";
import { LedgerTable } from "./ledger-table.ts";

const isNew = { expression: "attribute_not_exists(pk)" };
const unchanged = ({ revision }: { readonly revision: number }) => ({
  expression: "revision = :revision",
  values: { ":revision": revision },
});

export class DynamoLedger implements Ledger {
  readonly #table: LedgerTable;

  constructor(connection: Connection, table: string) {
    this.#table = new LedgerTable(connection, table);
  }

  async configuration(): Promise<CaConfiguration | undefined> {
    const item = await this.#table.get(keys.configuration);
    return item ? JSON.parse(String(item.json)) : undefined;
  }

  async saveConfiguration(configuration: CaConfiguration): Promise<void> {
    await this.#table.put({ ...keys.configuration, json: JSON.stringify(configuration) });
  }

  async generations(): Promise<readonly Generation[]> {
    const generations: Generation[] = [];
    for await (const item of this.#table.query(keys.generations, ""))
      generations.push(fromGenerationItem(item));
    return generations;
  }

  async generation(id: string): Promise<Generation | undefined> {
    const item = await this.#table.get(keys.generation(id));
    return item && fromGenerationItem(item);
  }

  saveCaCertificate(id: string, which: "root" | "issuing", ca: NewCaCertificate): Promise<boolean> {
    return this.#table.update(keys.generation(id), "SET #which = :ca", {
      expression: "attribute_not_exists(#which)",
      names: { "#which": which },
      values: { ":ca": { ...ca } },
    });
  }

  async markTrusted(id: string, at: Date): Promise<void> {
    await this.#table.update(keys.generation(id), "SET trustedSince = if_not_exists(trustedSince, :at)", {
      expression: "attribute_exists(pk)",
      values: { ":at": toText(at) },
    });
  }

  async extendLastLeaf(id: string, notAfter: Date): Promise<void> {
    await this.#table.update(keys.generation(id), "SET lastLeafNotAfter = :end", {
      expression:
        "attribute_exists(pk) AND (attribute_not_exists(lastLeafNotAfter) OR lastLeafNotAfter < :end)",
      values: { ":end": toText(notAfter) },
    });
  }

  async bindKey(keyHash: string, name: string): Promise<KeyBinding> {
    const isBound = await this.#table.update(keys.key(keyHash), "SET #name = :name", {
      expression: "(attribute_not_exists(pk) OR #name = :name) AND attribute_not_exists(compromisedAt)",
      names: { "#name": "name" },
      values: { ":name": name },
    });
    if (isBound) return "bound";
    const item = await this.#table.get(keys.key(keyHash));
    return item?.compromisedAt === undefined ? "other-name" : "compromised";
  }

  async condemnKey(keyHash: string, at: Date): Promise<void> {
    await this.#table.update(keys.key(keyHash), "SET compromisedAt = if_not_exists(compromisedAt, :at)", {
      expression: "",
      values: { ":at": toText(at) },
    });
  }

  recordCertificate(record: CertificateRecord): Promise<boolean> {
    return this.#table.put(toCertificateItem(record), isNew);
  }

  async markIssued(issuer: string, serial: string, certificate: Buffer, at: Date): Promise<void> {
    const isRecorded = await this.#table.update(
      keys.certificate(issuer, serial),
      "SET issuedAt = if_not_exists(issuedAt, :at), certificate = :certificate",
      {
        expression: "attribute_exists(pk)",
        values: { ":at": toText(at), ":certificate": certificate },
      },
    );
    if (!isRecorded) throw new Error(`the ledger has no record of ${serial} that could be marked as issued`);
  }

  async certificate(issuer: string, serial: string): Promise<CertificateEntry | undefined> {
    const item = await this.#table.get(keys.certificate(issuer, serial));
    return item && fromCertificateItem(item);
  }

  async hasValidCertificate(issuer: string, at: Date): Promise<boolean> {
    const revoked = await this.#revokedSerials(issuer);
    const valid = { expression: "notAfter > :at", values: { ":at": toText(at) } };
    for await (const item of this.#table.query(keys.issuer(issuer), kinds.certificate, valid))
      if (!revoked.has(fromCertificateItem(item).serial)) return true;
    return false;
  }

  async validCertificates(issuer: string, at: Date, until: Date): Promise<readonly CertificateEntry[]> {
    const revoked = await this.#revokedSerials(issuer);
    const within = {
      expression: "notAfter > :at AND notAfter <= :until",
      values: { ":at": toText(at), ":until": toText(until) },
    };
    const found: CertificateEntry[] = [];
    for await (const item of this.#table.query(keys.issuer(issuer), kinds.certificate, within)) {
      const entry = fromCertificateItem(item);
      if (!revoked.has(entry.serial)) found.push(entry);
    }
    return found;
  }

  async #revokedSerials(issuer: string): Promise<ReadonlySet<string>> {
    const revoked = (await this.revocations(issuer)).filter((one) => one.state === "revoked");
    return new Set(revoked.map((one) => one.serial));
  }

  async lastExpiryLook(): Promise<Date | undefined> {
    const item = await this.#table.get(keys.expiryLook);
    return item && new Date(String(item.at));
  }

  async saveExpiryLook(at: Date): Promise<void> {
    await this.#table.put({ ...keys.expiryLook, at: toText(at) });
  }

  async revocation(issuer: string, serial: string): Promise<Revocation | undefined> {
    const item = await this.#table.get(keys.revocation(issuer, serial));
    return item && fromRevocationItem(item);
  }

  async revocations(issuer: string): Promise<readonly Revocation[]> {
    const revocations: Revocation[] = [];
    for await (const item of this.#table.query(keys.issuer(issuer), kinds.revocation))
      revocations.push(fromRevocationItem(item));
    return revocations;
  }

  writeRevocation(issuer: string, next: Revocation, expected: Revocation | undefined): Promise<boolean> {
    const item = toRevocationItem(issuer, next);
    return this.#table.put(item, expected ? unchanged(expected) : isNew);
  }

  async client(name: string): Promise<ClientEntry | undefined> {
    const item = await this.#table.get(keys.client(name));
    return item && fromClientItem(item);
  }

  async clients(): Promise<readonly ClientEntry[]> {
    const clients: ClientEntry[] = [];
    for await (const item of this.#table.query(keys.clients, "")) clients.push(fromClientItem(item));
    return clients;
  }

  writeClient(next: ClientEntry, expected: ClientEntry | undefined): Promise<boolean> {
    return this.#table.put(toClientItem(next), expected ? unchanged(expected) : isNew);
  }

  nextCrlNumber(issuer: string): Promise<number> {
    return this.#table.increment(keys.crl(issuer), "number");
  }

  takeLease(name: string, owner: string, now: Date, until: Date): Promise<boolean> {
    return this.#table.update(keys.lease(name), "SET #owner = :owner, #until = :until", {
      expression: "attribute_not_exists(pk) OR #owner = :owner OR #until < :now",
      names: { "#owner": "owner", "#until": "until" },
      values: { ":owner": owner, ":until": toText(until), ":now": toText(now) },
    });
  }

  async releaseLease(name: string, owner: string): Promise<void> {
    await this.#table.delete(keys.lease(name), {
      expression: "#owner = :owner",
      names: { "#owner": "owner" },
      values: { ":owner": owner },
    });
  }
}
