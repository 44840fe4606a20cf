/**
 * The layout of the CA's external bucket: what partners' APIs read across accounts.
 * Writers: ca-reconcile (truststore, root CRLs, CA certificates), ca-publish (issuing CRLs), ca-issue (leaves).
 */
export const externalKeys = {
  truststore: "truststore.pem",
  issuingCrl: (generation: string) => `crl/${generation}-issuing.crl`,
  rootCrl: (generation: string) => `crl/${generation}-root.crl`,
  caCertificate: (generation: string, ca: "root" | "issuing") => `certs/${generation}-${ca}.crt`,
  /** `serial`: lower-case hex of the serial's content octets. */
  leafCertificate: (generation: string, serial: string) => `certs/${generation}/${serial}.pem`,
} as const;

/** What the API accounts may read; the rest of the bucket is the CA account's own. */
export const readableByApis = ["truststore.pem", "crl/*"] as const;
