/**
 * What the CA's functions accept. Parsers are strict: an unknown key, a wrong type or a missing value is
 * refused with the path, because a permission to invoke is a permission to act.
 */
import type { CaFunction } from "./names.ts";

/** KMS key specs for CA keys. */
export const caKeySpecs = ["ECC_NIST_P256", "ECC_NIST_P384", "RSA_2048", "RSA_3072", "RSA_4096"] as const;
export type CaKeySpec = (typeof caKeySpecs)[number];

/** active: issues. trusted: in the truststore, issues nothing. retired: out of the truststore, CRLs go on. */
export type GenerationStatus = "active" | "trusted" | "retired";

export interface GenerationConfiguration {
  readonly id: string;
  readonly status: GenerationStatus;
  readonly rootKeyArn: string;
  readonly issuingKeyArn: string;
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
  readonly crl: {
    readonly lifetimeHours: number;
    readonly rootLifetimeDays: number;
  };
}

export type ReconcileRequest =
  | { readonly action: "apply"; readonly configuration: CaConfiguration }
  | { readonly action: "renew" };

export interface IssueRequest {
  /** PEM, `CERTIFICATE REQUEST`. */
  readonly csr: string;
  readonly profile: string;
  /** How long from now; the profile's longest when absent. */
  readonly validSeconds?: number;
}
export interface IssueResult {
  readonly generation: string;
  /** Lower-case hex of the serial's content octets. */
  readonly serial: string;
  readonly certificate: string;
  readonly issuingCertificate: string;
  readonly notAfter: string;
}

export interface RevokeRequest {
  readonly generation: string;
  readonly serial: string;
  readonly reason: string;
  /** ISO 8601: since when the key is believed lost (invalidityDate). */
  readonly invalidSince?: string;
}
export interface RevokeResult {
  readonly generation: string;
  readonly serial: string;
  readonly reason: string;
  readonly revokedAt: string;
  /** The CRL that holds it, published. */
  readonly crlNumber: number;
}

export interface PublishRequest {
  readonly action: "publish";
}
export interface PublishResult {
  readonly published: readonly {
    readonly generation: string;
    readonly number: number;
    readonly entries: number;
    readonly nextUpdate: string;
  }[];
}

export interface CaRequests {
  readonly "ca-reconcile": ReconcileRequest;
  readonly "ca-issue": IssueRequest;
  readonly "ca-revoke": RevokeRequest;
  readonly "ca-publish": PublishRequest;
}
export interface CaResults {
  readonly "ca-reconcile": unknown;
  readonly "ca-issue": IssueResult;
  readonly "ca-revoke": RevokeResult;
  readonly "ca-publish": PublishResult;
}
/** Every CA function has a request and a result. */
export type CaCall = { readonly [F in CaFunction]: { request: CaRequests[F]; result: CaResults[F] } };

/** A refusal is an answer, not a crash: callers switch on `code`. */
export interface Refusal {
  readonly refused: { readonly code: string; readonly message: string };
}
