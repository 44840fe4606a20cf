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
} as const;

/** One generation of the hierarchy as the authorizer needs it. Fingerprints: hex SHA-256 of the DER. */
export interface CaIssuer {
  readonly generation: string;
  readonly issuingFingerprint: string;
  readonly issuingCrlKey: string;
  readonly rootFingerprint: string;
  readonly rootCrlKey: string;
}

/** The answer of ca-reconcile to `apply`; the CA stack's outputs are read from it. */
export interface ReconcileResult {
  readonly truststore: {
    readonly uri: string;
    readonly version: string;
    readonly sha256: string;
  };
  readonly issuers: readonly CaIssuer[];
}
