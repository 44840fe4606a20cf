/**
 * What the authority needs from the world: a ledger, keys that sign, a bucket, a clock, a log, and ca-publish.
 * aws/ implements these; tests use ports that fail at any call.
 *
 * Every call may fail, and may fail after it took effect (a time-out): operations are written so that running
 * them again is right either way.
 */
import type {
  CaConfiguration,
  IssueRequest,
  IssueResult,
  PublishRequest,
  PublishResult,
  Refusal,
  RevokeRequest,
  RevokeResult,
} from "#contract/ca-requests.ts";
import type { SignatureAlgorithm } from "#pki/signature.ts";
import type { Generation, NewCaCertificate } from "./generation.ts";
import type { Revocation } from "./revocation.ts";

export interface Clock {
  now(): Date;
  wait(milliseconds: number): Promise<void>;
}

/** One line of structured log. Fields never hold PEM, DER or keys. */
export type Log = (event: string, fields: Readonly<Record<string, unknown>>) => void;

export interface Signer {
  /** SubjectPublicKeyInfo, DER. */
  publicKey(keyArn: string): Promise<Buffer>;
  /** Signs a digest; ECDSA signatures are DER. */
  sign(keyArn: string, algorithm: SignatureAlgorithm, digest: Buffer): Promise<Buffer>;
}

/** A service refused the caller: no permission, or one that has not reached everywhere yet. */
export class Denied extends Error {
  override readonly name = "Denied";
  readonly code = "denied";
}

export interface StoredObject {
  readonly body: Buffer;
  readonly etag: string;
  readonly version: string;
}
/** What must be there for a put to happen: nothing, or exactly the object that was read. */
export type PutCondition = { readonly absent: true } | { readonly etag: string };

export interface ExternalBucket {
  readonly uri: (key: string) => string;
  /** Undefined: absent, or not to be seen (without ListBucket S3 answers 403 to both): never proof of absence. */
  get(key: string): Promise<StoredObject | undefined>;
  /** False: the condition does not hold. */
  put(key: string, body: Buffer, contentType: string, condition: PutCondition): Promise<boolean>;
}

/** A certificate before it is signed. Times are whole seconds. */
export interface CertificateRecord {
  /** SHA-256 of the issuer's key, hex. */
  readonly issuer: string;
  readonly serial: string;
  readonly generation: string;
  /** A profile's name, or "root" or "issuing". */
  readonly profile: string;
  /** As text, for people. */
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the subject's key, hex. */
  readonly keyHash: string;
  readonly recordedAt: Date;
  /** The alias by which it was asked for. */
  readonly caller: string;
  /** The client of the configuration that it is for. */
  readonly client?: string;
}

/** A recorded certificate; signed for certain only once it is marked issued. */
export interface CertificateEntry extends CertificateRecord {
  readonly issuedAt?: Date;
}

/** A client of the configuration: from which request it has its certificate. Kept for ever. */
export interface ClientEntry {
  readonly name: string;
  /** SHA-256 of the latest request's DER, hex. */
  readonly csr: string;
  readonly profile: string;
  /** The latest last; earlier ones while they are valid. The latest may still be unsigned. */
  readonly certificates: readonly ClientCertificate[];
  readonly released: boolean;
  /** Grows with every change; writes are compared by it. */
  readonly revision: number;
}
export interface ClientCertificate {
  readonly generation: string;
  /** SHA-256 of the issuer's key, hex. */
  readonly issuer: string;
  readonly serial: string;
  readonly notAfter: Date;
}

export type KeyBinding = "bound" | "other-name" | "compromised";

/** All reads are consistent and complete (every page). */
export interface Ledger {
  configuration(): Promise<CaConfiguration | undefined>;
  saveConfiguration(configuration: CaConfiguration): Promise<void>;

  generations(): Promise<readonly Generation[]>;
  generation(id: string): Promise<Generation | undefined>;
  /** The first certificate of a generation's root or issuing CA wins and stays; false: there is one. */
  saveCaCertificate(generation: string, which: "root" | "issuing", ca: NewCaCertificate): Promise<boolean>;
  /** The generation was in a truststore that has been published. */
  markTrusted(generation: string, at: Date): Promise<void>;
  /** Moves the end of the generation's last leaf; never back. */
  extendLastLeaf(generation: string, notAfter: Date): Promise<void>;

  /** Binds a public key to a name for ever; the first name wins. */
  bindKey(keyHash: string, name: string): Promise<KeyBinding>;
  /** The key is refused from now on, for ever. */
  condemnKey(keyHash: string, at: Date): Promise<void>;

  /** False: the serial exists under this issuer. */
  recordCertificate(record: CertificateRecord): Promise<boolean>;
  markIssued(issuer: string, serial: string, certificate: Buffer, at: Date): Promise<void>;
  certificate(issuer: string, serial: string): Promise<CertificateEntry | undefined>;
  /** Whether the issuer has a certificate that ends after `at` and is not revoked for good. */
  hasValidCertificate(issuer: string, at: Date): Promise<boolean>;
  /** The issuer's certificates that end after `at`, not after `until`, and are not revoked for good. */
  validCertificates(issuer: string, at: Date, until: Date): Promise<readonly CertificateEntry[]>;
  /** When certificates were last looked at for their end. */
  lastExpiryLook(): Promise<Date | undefined>;
  saveExpiryLook(at: Date): Promise<void>;

  revocation(issuer: string, serial: string): Promise<Revocation | undefined>;
  revocations(issuer: string): Promise<readonly Revocation[]>;
  /** False: what is there is not `expected` any more (compared by revision). */
  writeRevocation(issuer: string, next: Revocation, expected: Revocation | undefined): Promise<boolean>;
  client(name: string): Promise<ClientEntry | undefined>;
  clients(): Promise<readonly ClientEntry[]>;
  /** False: what is there is not `expected` any more (compared by revision). */
  writeClient(next: ClientEntry, expected: ClientEntry | undefined): Promise<boolean>;

  /** Atomic: no two callers get the same number, each is greater than all before. */
  nextCrlNumber(issuer: string): Promise<number>;

  /** True: the lease is the owner's until `until`. Free, expired and own leases can be had. */
  takeLease(name: string, owner: string, now: Date, until: Date): Promise<boolean>;
  releaseLease(name: string, owner: string): Promise<void>;
}

/** ca-publish, as the other functions call it. */
export type Publish = (request: PublishRequest) => Promise<PublishResult>;
/** ca-issue and ca-revoke, as ca-reconcile calls them: a refusal is an answer. */
export type Issue = (request: IssueRequest) => Promise<IssueResult | Refusal>;
export type Revoke = (request: RevokeRequest) => Promise<RevokeResult | Refusal>;
