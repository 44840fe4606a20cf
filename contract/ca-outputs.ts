/**
 * What the CA stack tells the API stacks, through remote state and nothing else.
 * Versions and hashes are those that ca-reconcile returned, never what a bucket says today: whoever can
 * write the bucket must not be able to move the pin.
 */
export const caOutputs = {
  truststoreUri: "truststore_uri",
  truststoreVersion: "truststore_version",
  truststoreSha256: "truststore_sha256",
  bucket: "external_bucket",
  bucketRegion: "external_bucket_region",
  /** JSON list of `CaIssuer`, every generation whose certificates are to be accepted. */
  issuers: "issuers",
  /** JSON list of `DriftEntry`, as of the last apply: revocations that the configuration does not list. */
  drift: "drift",
  /** JSON list of `ClientNotice`, as of the last apply. */
  clientNotices: "client_notices",
} as const;

/**
 * What engine "tls" tells besides. Never a key: whoever reads remote state keeps all its outputs in a state of his own.
 */
export const tlsOutputs = {
  /** Client's name → certificate, PEM. */
  certificates: "client_certificates",
} as const;

/**
 * One generation of the hierarchy as the authorizer needs it. Fingerprints: hex SHA-256 of the DER; or `pemFingerprint`
 * and the hex SHA-256 of the PEM (64 columns, `\n` at every end), because Terraform hashes nothing but text.
 */
export interface CaIssuer {
  readonly generation: string;
  readonly issuingFingerprint: string;
  readonly issuingCrlKey: string;
  readonly rootFingerprint: string;
  readonly rootCrlKey: string;
}

export const pemFingerprint = "pem-sha256:";

/** A revocation by command that is not in the configuration's `revoked` (a hold: until it is released). */
export interface DriftEntry {
  readonly generation: string;
  readonly serial: string;
  readonly status: "revoked" | "on-hold";
  readonly reason: string;
  readonly revokedAt: string;
  readonly subject: string;
}

/** A client of the configuration whose certificate will not do for long, or no longer: it needs a new request. */
export interface ClientNotice {
  readonly client: string;
  readonly generation: string;
  readonly serial: string;
  readonly notAfter: string;
  readonly why: "expiring" | "expired" | "revoked" | "on-hold" | "older-generation";
}

export interface ReportResult {
  readonly drift: readonly DriftEntry[];
  readonly clientNotices: readonly ClientNotice[];
}

/** The answer of ca-reconcile to `apply`; the CA stack's outputs are read from it. */
export interface ReconcileResult extends ReportResult {
  readonly truststore: {
    readonly uri: string;
    readonly version: string;
    readonly sha256: string;
  };
  readonly issuers: readonly CaIssuer[];
}
