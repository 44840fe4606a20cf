/** Object identifiers that this folder reads or writes, by the names of RFC 5280, 5480 and 8017. */

export const extensionOids = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  crlNumber: "2.5.29.20",
  crlDistributionPoints: "2.5.29.31",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  freshestCrl: "2.5.29.46",
  authorityInfoAccess: "1.3.6.1.5.5.7.1.1",
} as const;

export const keyOids = {
  rsaEncryption: "1.2.840.113549.1.1.1",
  ecPublicKey: "1.2.840.10045.2.1",
  "P-256": "1.2.840.10045.3.1.7",
  "P-384": "1.3.132.0.34",
} as const;

/** Access method of the authorityInfoAccess extension: where the issuer's certificate is found. */
export const caIssuersOid = "1.3.6.1.5.5.7.48.2";

/** PKCS #9: the attribute of a request that holds the wished-for extensions. */
export const extensionRequestOid = "1.2.840.113549.1.9.14";

export const keyPurposeOids = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;
