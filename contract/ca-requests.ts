/**
 * What the CA's functions accept and answer. Parsers (ca/parse-requests.ts) are strict: an unknown key, a wrong
 * type or a missing value is refused with its path, because a permission to invoke is a permission to act.
 */
import type { ReconcileResult, ReportResult } from "./ca-outputs.ts";
import type { CaFunction } from "./names.ts";

/** KMS key specs for CA keys. */
export const caKeySpecs = ["ECC_NIST_P256", "ECC_NIST_P384", "RSA_2048", "RSA_3072", "RSA_4096"] as const;
export type CaKeySpec = (typeof caKeySpecs)[number];

/** active: issues. trusted: in the truststore, issues nothing. retired: out of the truststore, CRLs go on. */
export const generationStatuses = ["active", "trusted", "retired"] as const;
export type GenerationStatus = (typeof generationStatuses)[number];

export interface GenerationConfiguration {
  readonly id: string;
  readonly status: GenerationStatus;
  readonly rootKeyArn: string;
  readonly issuingKeyArn: string;
  /** Retire it although certificates of it are still valid: their holders lose access. */
  readonly retireWithValidCertificates?: boolean;
  /** Where the bucket's crl/ and certs/ can be read by everybody; leaves and CRL then name it. */
  readonly publicUrl?: string;
}

/** Somebody beside the operators who may have certificates issued: known by the alias of its name. */
export interface CallerConfiguration {
  readonly name: string;
  readonly profiles: readonly string[];
  /** Patterns: every common name and alternative name must match one wholly. */
  readonly names: readonly string[];
  /** It may revoke what was issued to it. */
  readonly mayRevoke: boolean;
}

export interface ProfileConfiguration {
  readonly maxDays: number;
  readonly keyTypes: readonly string[];
  readonly subject: {
    readonly allowed: readonly string[];
    readonly required: readonly string[];
    readonly fixed: Readonly<Record<string, string>>;
  };
  readonly subjectAltNames: readonly { readonly kind: string; readonly pattern: string }[];
  readonly extendedKeyUsage: readonly string[];
}

/** The desired state of the CA, as the deployment hands it to ca-reconcile; kept in the ledger for the others. */
export interface CaConfiguration {
  readonly environment: string;
  readonly organization: string;
  readonly generations: readonly GenerationConfiguration[];
  readonly profiles: Readonly<Record<string, ProfileConfiguration>>;
  readonly callers: readonly CallerConfiguration[];
  /** Clients and revocations of the configuration: an object of the bucket (desired-state.ts), bound by its hash. */
  readonly desiredState: { readonly sha256: string };
  readonly crl: {
    readonly lifetimeHours: number;
    /** Expired entries stay this much longer (RFC 5280 3.3: on one regular CRL beyond their end). */
    readonly publishEveryMinutes: number;
    readonly rootLifetimeDays: number;
  };
}

/**
 * apply: brings the CA to the configured state. renew: root CRLs under half of their life are published anew.
 * report: what differs from the configuration, or will soon; changes nothing.
 * revoke-issuing: the root revokes a generation's issuing certificate, for ever; all its leaves are refused.
 */
export type ReconcileRequest =
  | { readonly action: "apply"; readonly configuration: CaConfiguration }
  | { readonly action: "renew" }
  | { readonly action: "report" }
  | { readonly action: "revoke-issuing"; readonly generation: string; readonly reason: string };

export interface RenewResult extends ReportResult {
  /** Every generation's root CRL after the run. */
  readonly rootCrls: readonly PublishedCrl[];
}
export interface RevokeIssuingResult {
  readonly generation: string;
  readonly serial: string;
  readonly reason: string;
  readonly revokedAt: string;
  readonly crlNumber: number;
}

export interface IssueRequest {
  /** PEM, `CERTIFICATE REQUEST`. */
  readonly csr: string;
  readonly profile: string;
  /** How long from now; the profile's longest when absent. */
  readonly validSeconds?: number;
  /** A client of the configuration (ca-reconcile only): asked again, the same certificate is the answer. */
  readonly client?: string;
}
export interface IssueResult {
  readonly generation: string;
  /** Lower-case hex of the serial's content octets. */
  readonly serial: string;
  readonly certificate: string;
  readonly issuingCertificate: string;
  readonly notAfter: string;
}

/** What may be asked for; `certificateHold` can be released, everything else is final. */
export const revocationReasons = [
  "unspecified",
  "keyCompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "certificateHold",
  "privilegeWithdrawn",
] as const;
export type RevocationReason = (typeof revocationReasons)[number];

/** Why a root revokes an issuing certificate; a hold would be no end. */
export const issuingRevocationReasons = [
  "unspecified",
  "cACompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "privilegeWithdrawn",
] as const;

/** Without `action`: revoke. Serials are lower-case hex of the content octets, in every request and result. */
export type RevokeRequest =
  | {
      readonly action?: "revoke";
      readonly generation: string;
      readonly serial: string;
      readonly reason: string;
      /** ISO 8601: since when the key is believed lost (invalidityDate). */
      readonly invalidSince?: string;
    }
  | { readonly action: "release"; readonly generation: string; readonly serial: string };

export interface RevokeResult {
  readonly generation: string;
  readonly serial: string;
  readonly status: "revoked" | "on-hold" | "released";
  /** The first reason and time: revoking again changes neither. */
  readonly reason: string;
  readonly revokedAt: string;
  /** The published CRL that holds it (or, released, no longer does). */
  readonly crlNumber: number;
}

export interface PublishRequest {
  readonly action: "publish";
  /** Only what is missing, unreadable, past half of its life, or no longer what the ledger says. */
  readonly onlyWhereDue?: boolean;
  /** Only this generation, and fail unless its published CRL then holds the serial (or does not, `listed: false`). */
  readonly assert?: { readonly generation: string; readonly serial: string; readonly listed: boolean };
}
export interface PublishedCrl {
  readonly generation: string;
  readonly number: number;
  readonly entries: number;
  readonly nextUpdate: string;
}
export interface PublishResult {
  readonly published: readonly PublishedCrl[];
}

export interface CaRequests {
  readonly "ca-reconcile": ReconcileRequest;
  readonly "ca-issue": IssueRequest;
  readonly "ca-revoke": RevokeRequest;
  readonly "ca-publish": PublishRequest;
}
export interface CaResults {
  readonly "ca-reconcile": ReconcileResult | RenewResult | ReportResult | RevokeIssuingResult;
  readonly "ca-issue": IssueResult;
  readonly "ca-revoke": RevokeResult;
  readonly "ca-publish": PublishResult;
}
/** Every CA function has a request and a result. */
export type CaCall = { readonly [F in CaFunction]: { request: CaRequests[F]; result: CaResults[F] } };

/** Why a request is refused. The first block is what is wrong with the bytes that were sent (PkiError's codes). */
export const refusalCodes = [
  "der",
  "pem",
  "size",
  "name",
  "algorithm",
  "signature",
  "certificate",
  "csr",
  "crl",
  "profile",
  "lint",
  "truststore",
  "serial",
  "request",
  "caller",
  "not-permitted",
  "not-ready",
  "unknown-profile",
  "unknown-generation",
  "unknown-serial",
  "key-of-another-name",
  "key-compromised",
  "issuing-certificate-revoked",
  "revoked-is-final",
  "not-on-hold",
  "busy",
  "generation-keys-changed",
  "generation-not-yet-trusted",
  "generation-removed",
  "generation-in-use",
  "public-url-changed",
  "desired-state",
  "client-removed",
  "client-changed",
  "desired-state-refused",
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

/**
 * A refusal is an answer, not a crash: callers switch on `code`. ca-reconcile alone fails with it instead (the
 * error's type is the code): for Terraform, which invokes it, any answer at all would be a success to keep.
 */
export interface Refusal {
  readonly refused: { readonly code: RefusalCode; readonly message: string };
}
