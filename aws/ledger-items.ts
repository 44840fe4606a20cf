/**
 * The ledger's items and what they mean. One table, keys `pk` and `sk`:
 *
 *   configuration / current            the configured state, as ca-reconcile last applied it
 *   generations / g1                   CA certificates and keys of a generation
 *   issuer#HASH / certificate#SERIAL   a certificate, recorded before it was signed
 *   issuer#HASH / revocation#SERIAL    its revocation
 *   issuer#HASH / crl                  the last CRL number that was taken
 *   key#HASH / key                     the name that a public key is bound to
 *   clients / NAME                     from which request a client of the configuration has its certificate
 *   lease / NAME                       who reconciles now
 *   expiry / look                      when certificates were last looked at for their end
 *
 * HASH is the SHA-256 of the (issuer's) public key, SERIAL hex. Times are ISO 8601 to the second, so that they
 * compare as text.
 */
import type { Generation, NewCaCertificate } from "#ca/generation.ts";
import type { CertificateEntry, CertificateRecord, ClientEntry } from "#ca/ports.ts";
import type { Revocation } from "#ca/revocation.ts";

export type Item = Readonly<Record<string, unknown>>;

export const keys = {
  configuration: { pk: "configuration", sk: "current" },
  generations: "generations",
  generation: (id: string) => ({ pk: "generations", sk: id }),
  issuer: (hash: string) => `issuer#${hash}`,
  certificate: (issuer: string, serial: string) => ({ pk: `issuer#${issuer}`, sk: `certificate#${serial}` }),
  revocation: (issuer: string, serial: string) => ({ pk: `issuer#${issuer}`, sk: `revocation#${serial}` }),
  crl: (issuer: string) => ({ pk: `issuer#${issuer}`, sk: "crl" }),
  key: (hash: string) => ({ pk: `key#${hash}`, sk: "key" }),
  clients: "clients",
  client: (name: string) => ({ pk: "clients", sk: name }),
  lease: (name: string) => ({ pk: "lease", sk: name }),
  expiryLook: { pk: "expiry", sk: "look" },
} as const;

/** Sort keys of one kind begin with it. */
export const kinds = { certificate: "certificate#", revocation: "revocation#" } as const;

export const toText = (time: Date): string => time.toISOString().replace(/\.\d{3}Z$/, "Z");

export function toCertificateItem(record: CertificateRecord): Item {
  return {
    ...keys.certificate(record.issuer, record.serial),
    generation: record.generation,
    profile: record.profile,
    subject: record.subject,
    notBefore: toText(record.notBefore),
    notAfter: toText(record.notAfter),
    keyHash: record.keyHash,
    recordedAt: toText(record.recordedAt),
    caller: record.caller,
    ...(record.client === undefined ? {} : { client: record.client }),
  };
}

export function fromCertificateItem(item: Item): CertificateEntry {
  return {
    issuer: text(item, "pk").slice("issuer#".length),
    serial: text(item, "sk").slice(kinds.certificate.length),
    generation: text(item, "generation"),
    profile: text(item, "profile"),
    subject: text(item, "subject"),
    notBefore: time(item, "notBefore"),
    notAfter: time(item, "notAfter"),
    keyHash: text(item, "keyHash"),
    recordedAt: time(item, "recordedAt"),
    caller: text(item, "caller"),
    ...(item.client === undefined ? {} : { client: text(item, "client") }),
    ...(item.issuedAt === undefined ? {} : { issuedAt: time(item, "issuedAt") }),
  };
}

export function toRevocationItem(issuer: string, one: Revocation): Item {
  return {
    ...keys.revocation(issuer, one.serial),
    state: one.state,
    reason: one.reason,
    revokedAt: toText(one.revokedAt),
    ...(one.invalidSince ? { invalidSince: toText(one.invalidSince) } : {}),
    ...(one.releasedAt ? { releasedAt: toText(one.releasedAt) } : {}),
    notAfter: toText(one.notAfter),
    revision: one.revision,
  };
}

export function fromRevocationItem(item: Item): Revocation {
  return {
    serial: text(item, "sk").slice(kinds.revocation.length),
    state: text(item, "state") as Revocation["state"],
    reason: text(item, "reason") as Revocation["reason"],
    revokedAt: time(item, "revokedAt"),
    ...(item.invalidSince === undefined ? {} : { invalidSince: time(item, "invalidSince") }),
    ...(item.releasedAt === undefined ? {} : { releasedAt: time(item, "releasedAt") }),
    notAfter: time(item, "notAfter"),
    revision: Number(item.revision),
  };
}

export const toClientItem = ({ certificates, name, ...rest }: ClientEntry): Item => ({
  ...keys.client(name),
  ...rest,
  certificates: certificates.map((one) => ({ ...one, notAfter: toText(one.notAfter) })),
});

export function fromClientItem(item: Item): ClientEntry {
  const certificates = Array.isArray(item.certificates) ? (item.certificates as Item[]) : [];
  return {
    name: text(item, "sk"),
    csr: text(item, "csr"),
    profile: text(item, "profile"),
    certificates: certificates.map((one) => ({
      generation: text(one, "generation"),
      issuer: text(one, "issuer"),
      serial: text(one, "serial"),
      notAfter: time(one, "notAfter"),
    })),
    released: item.released === true,
    revision: Number(item.revision),
  };
}

export function fromGenerationItem(item: Item): Generation {
  const { root, issuing } = item as { root?: NewCaCertificate; issuing?: NewCaCertificate };
  return {
    id: text(item, "sk"),
    ...(root ? { root: fromCaMap(root) } : {}),
    ...(issuing ? { issuing: fromCaMap(issuing) } : {}),
    ...(item.trustedSince === undefined ? {} : { trustedSince: time(item, "trustedSince") }),
    ...(item.lastLeafNotAfter === undefined ? {} : { lastLeafNotAfter: time(item, "lastLeafNotAfter") }),
  };
}

/** Binary attributes come back as Uint8Array. */
const fromCaMap = ({ keyArn, keyHash, certificate }: NewCaCertificate): NewCaCertificate => ({
  keyArn,
  keyHash,
  certificate: Buffer.from(certificate),
});

function text(item: Item, name: string): string {
  const value = item[name];
  if (typeof value !== "string")
    throw new Error(
      `the ledger's item ${item.pk} / ${item.sk} has no ${name}: it was not written by this CA`,
    );
  return value;
}

function time(item: Item, name: string): Date {
  const value = new Date(text(item, name));
  if (Number.isNaN(value.getTime()))
    throw new Error(`the ledger's item ${item.pk} / ${item.sk}: ${name} is no time`);
  return value;
}
