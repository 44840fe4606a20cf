/**
 * The layout of the CA's external bucket: what partners' APIs read across accounts.
 * Writers of engine "kms": ca-reconcile (truststore, root CRLs, CA certificates), ca-publish (issuing CRLs), ca-issue (leaves), the
 * deployment (the desired state). Engine "tls": the deployment. Engine "existing": the deployment (truststore), ca-mirror
 * (CRLs).
 */
import { externalBucketName } from "./names.ts";

export const externalKeys = {
  truststore: "truststore.pem",
  issuingCrl: (generation: string) => `crl/${generation}-issuing.crl`,
  rootCrl: (generation: string) => `crl/${generation}-root.crl`,
  caCertificate: (generation: string, ca: "root" | "issuing") => `certs/${generation}-${ca}.crt`,
  /** The same in DER, where certificates point to it (RFC 5280 4.2.2.1 wants no PEM). */
  caCertificateDer: (generation: string, ca: "root" | "issuing") => `certs/${generation}-${ca}.cer`,
  /** Written by the deployment, read by ca-reconcile. */
  desiredState: "desired-state.json",
  /** Engine "existing": a CRL of the configuration's files, before ca-mirror has checked it. Written by the deployment. */
  incomingCrl: (generation: string, ca: "root" | "issuing") => `incoming/${generation}-${ca}.crl`,
  /** `serial`: lower-case hex of the serial's content octets. */
  leafCertificate: (generation: string, serial: string) => `certs/${generation}/${serial}.pem`,
} as const;

/** Where everybody finds a generation's issuing CRL and certificate, when the bucket has a public face. */
export const issuingCrlUrl = (publicUrl: string, generation: string): string =>
  `${publicUrl}/${externalKeys.issuingCrl(generation)}`;
export const issuingCertificateUrl = (publicUrl: string, generation: string): string =>
  `${publicUrl}/${externalKeys.caCertificateDer(generation, "issuing")}`;

/** What the API accounts may read; the rest of the bucket is the CA account's own. */
export const readableByApis = ["truststore.pem", "crl/*"] as const;

/** The same as ARNs. */
export const publishedArns = (environment: string, account: string): string[] =>
  readableByApis.map((key) => `arn:aws:s3:::${externalBucketName(environment, account)}/${key}`);
