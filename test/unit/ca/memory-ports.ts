/**
 * The world of the authority in memory: a ledger, a versioned bucket whose ETags are hashes of the content (as S3's
 * are), keys that sign digests, a clock that moves only by waiting. They keep the promises of ca/ports.ts, no more.
 */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
} from "node:crypto";
import type { Generation, NewCaCertificate } from "#ca/generation.ts";
import type {
  CertificateEntry,
  CertificateRecord,
  ClientEntry,
  Clock,
  ExternalBucket,
  KeyBinding,
  Ledger,
  PutCondition,
  Signer,
  StoredObject,
} from "#ca/ports.ts";
import type { Revocation } from "#ca/revocation.ts";
import type { CaConfiguration } from "#contract/ca-requests.ts";
import { nullValue, octetString, oid, sequence } from "#pki/der/writer.ts";
import { type SignatureAlgorithm, signatureAlgorithms } from "#pki/signature.ts";

export class MemoryClock implements Clock {
  #now: number;

  constructor(start: string) {
    this.#now = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#now);
  }

  async wait(milliseconds: number): Promise<void> {
    this.#now += milliseconds;
  }

  advance(seconds: number): void {
    this.#now += seconds * 1000;
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class MemoryLedger implements Ledger {
  #configuration: string | undefined;
  readonly #generations = new Map<string, Mutable<Generation>>();
  readonly #keys = new Map<string, { name?: string; compromised: boolean }>();
  readonly #certificates = new Map<string, Mutable<CertificateEntry>>();
  readonly #revocations = new Map<string, Revocation>();
  readonly #numbers = new Map<string, number>();
  readonly #clients = new Map<string, ClientEntry>();
  readonly #leases = new Map<string, { owner: string; until: Date }>();

  /** Every recorded certificate, in order of recording. */
  get certificates(): readonly CertificateEntry[] {
    return [...this.#certificates.values()];
  }

  /** What a backup holds now; `restore` brings it back. */
  snapshot(): () => void {
    const maps: Map<string, unknown>[] = [
      ...[this.#generations, this.#keys, this.#certificates],
      ...[this.#revocations, this.#numbers, this.#clients],
    ];
    const copies = maps.map(
      (map) => [map, [...map].map(([key, value]) => [key, copy(value)] as const)] as const,
    );
    const configuration = this.#configuration;
    return () => {
      this.#configuration = configuration;
      for (const [map, entries] of copies) {
        map.clear();
        for (const [key, value] of entries) map.set(key, copy(value));
      }
    };
  }

  async configuration(): Promise<CaConfiguration | undefined> {
    return this.#configuration === undefined ? undefined : JSON.parse(this.#configuration);
  }

  async saveConfiguration(configuration: CaConfiguration): Promise<void> {
    this.#configuration = JSON.stringify(configuration);
  }

  async generations(): Promise<readonly Generation[]> {
    return [...this.#generations.values()].map((one) => ({ ...one }));
  }

  async generation(id: string): Promise<Generation | undefined> {
    const one = this.#generations.get(id);
    return one && { ...one };
  }

  async saveCaCertificate(id: string, which: "root" | "issuing", ca: NewCaCertificate): Promise<boolean> {
    const one = this.#generations.get(id) ?? { id };
    if (one[which]) return false;
    this.#generations.set(id, { ...one, [which]: ca });
    return true;
  }

  async markTrusted(id: string, at: Date): Promise<void> {
    const one = this.#generations.get(id);
    if (one) one.trustedSince ??= at;
  }

  async extendLastLeaf(id: string, notAfter: Date): Promise<void> {
    const one = this.#generations.get(id);
    if (one && !(one.lastLeafNotAfter && one.lastLeafNotAfter >= notAfter)) one.lastLeafNotAfter = notAfter;
  }

  async bindKey(keyHash: string, name: string): Promise<KeyBinding> {
    const key = this.#keys.get(keyHash);
    if (key?.compromised) return "compromised";
    if (key?.name !== undefined && key.name !== name) return "other-name";
    this.#keys.set(keyHash, { name, compromised: false });
    return "bound";
  }

  async condemnKey(keyHash: string): Promise<void> {
    this.#keys.set(keyHash, { ...this.#keys.get(keyHash), compromised: true });
  }

  async recordCertificate(record: CertificateRecord): Promise<boolean> {
    const key = `${record.issuer}/${record.serial}`;
    if (this.#certificates.has(key)) return false;
    this.#certificates.set(key, { ...record });
    return true;
  }

  async markIssued(issuer: string, serial: string, _certificate: Buffer, at: Date): Promise<void> {
    const entry = this.#certificates.get(`${issuer}/${serial}`);
    if (!entry) throw new Error(`not recorded: ${serial}`);
    entry.issuedAt ??= at;
  }

  async certificate(issuer: string, serial: string): Promise<CertificateEntry | undefined> {
    return this.#certificates.get(`${issuer}/${serial}`);
  }

  async hasValidCertificate(issuer: string, at: Date): Promise<boolean> {
    return this.certificates.some(
      (one) =>
        one.issuer === issuer &&
        one.notAfter > at &&
        this.#revocations.get(`${issuer}/${one.serial}`)?.state !== "revoked",
    );
  }

  async validCertificates(issuer: string, at: Date, until: Date): Promise<readonly CertificateEntry[]> {
    return this.certificates.filter(
      (one) =>
        one.issuer === issuer &&
        one.notAfter > at &&
        one.notAfter <= until &&
        this.#revocations.get(`${issuer}/${one.serial}`)?.state !== "revoked",
    );
  }

  #expiryLook: Date | undefined;

  async lastExpiryLook(): Promise<Date | undefined> {
    return this.#expiryLook;
  }

  async saveExpiryLook(at: Date): Promise<void> {
    this.#expiryLook = at;
  }

  async revocation(issuer: string, serial: string): Promise<Revocation | undefined> {
    return this.#revocations.get(`${issuer}/${serial}`);
  }

  async revocations(issuer: string): Promise<readonly Revocation[]> {
    return [...this.#revocations].filter(([key]) => key.startsWith(`${issuer}/`)).map(([, one]) => one);
  }

  async writeRevocation(
    issuer: string,
    next: Revocation,
    expected: Revocation | undefined,
  ): Promise<boolean> {
    const key = `${issuer}/${next.serial}`;
    if (this.#revocations.get(key)?.revision !== expected?.revision) return false;
    this.#revocations.set(key, next);
    return true;
  }

  async client(name: string): Promise<ClientEntry | undefined> {
    return this.#clients.get(name);
  }

  async clients(): Promise<readonly ClientEntry[]> {
    return [...this.#clients.values()];
  }

  async writeClient(next: ClientEntry, expected: ClientEntry | undefined): Promise<boolean> {
    if (this.#clients.get(next.name)?.revision !== expected?.revision) return false;
    this.#clients.set(next.name, next);
    return true;
  }

  async nextCrlNumber(issuer: string): Promise<number> {
    const number = (this.#numbers.get(issuer) ?? 0) + 1;
    this.#numbers.set(issuer, number);
    return number;
  }

  async takeLease(name: string, owner: string, now: Date, until: Date): Promise<boolean> {
    const lease = this.#leases.get(name);
    if (lease && lease.owner !== owner && lease.until >= now) return false;
    this.#leases.set(name, { owner, until });
    return true;
  }

  async releaseLease(name: string, owner: string): Promise<void> {
    if (this.#leases.get(name)?.owner === owner) this.#leases.delete(name);
  }
}

/** Values change by replacing their fields, never deeper. */
const copy = (value: unknown): unknown => (typeof value === "object" ? { ...value } : value);

export class MemoryBucket implements ExternalBucket {
  /** Every version of every object, the oldest first; undefined: a delete marker. */
  readonly versions = new Map<string, (StoredObject | undefined)[]>();

  readonly uri = (key: string): string => `s3://external/${key}`;

  async get(key: string): Promise<StoredObject | undefined> {
    return this.versions.get(key)?.at(-1);
  }

  async put(key: string, body: Buffer, _contentType: string, condition: PutCondition): Promise<boolean> {
    const current = this.versions.get(key)?.at(-1);
    if ("etag" in condition ? current?.etag !== condition.etag : current !== undefined) return false;
    this.overwrite(key, body);
    return true;
  }

  /** As somebody else would who may write the bucket; without `body`: deletes. */
  overwrite(key: string, body?: Buffer): void {
    const versions = this.versions.get(key) ?? [];
    const version = `${key}@${versions.length + 1}`;
    const etag = body && createHash("md5").update(body).digest("hex");
    this.versions.set(key, [...versions, body && etag ? { body, etag, version } : undefined]);
  }

  /** Keys that begin so and are not deleted. */
  keys(prefix: string): string[] {
    return [...this.versions.keys()].filter(
      (key) => key.startsWith(prefix) && this.versions.get(key)?.at(-1),
    );
  }
}

/** RSA, because node:crypto signs a given digest only with RSA; the curves are tried against OpenSSL and KMS. */
export class MemorySigner implements Signer {
  readonly #keys = new Map<string, KeyObject>();

  async publicKey(keyArn: string): Promise<Buffer> {
    return createPublicKey(this.#key(keyArn)).export({ format: "der", type: "spki" });
  }

  async sign(keyArn: string, algorithm: SignatureAlgorithm, digest: Buffer): Promise<Buffer> {
    const { hash, kind } = signatureAlgorithms[algorithm];
    if (kind !== "RSA") throw new Error(`${keyArn} does not sign ${algorithm}`);
    // DigestInfo, RFC 8017 9.2.
    const algorithmOid = {
      sha256: "2.16.840.1.101.3.4.2.1",
      sha384: "2.16.840.1.101.3.4.2.2",
      sha512: "2.16.840.1.101.3.4.2.3",
    }[hash];
    const info = sequence(sequence(oid(algorithmOid), nullValue()), octetString(digest));
    return privateEncrypt(this.#key(keyArn), info);
  }

  #key(keyArn: string): KeyObject {
    const key = this.#keys.get(keyArn) ?? spareKey(this.#keys.size);
    this.#keys.set(keyArn, key);
    return key;
  }
}

const spareKeys: KeyObject[] = [];

/** Making RSA keys is slow: worlds share them, in order. */
function spareKey(index: number): KeyObject {
  spareKeys[index] ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  return spareKeys[index];
}
