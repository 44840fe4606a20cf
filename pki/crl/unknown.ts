/**
 * Why a CRL gives no answer. Every reason has a literal code; unknown is never good.
 *
 * The order matters: of several CRLs that give no answer, the verdict carries the last code in this list, so that
 * "it is ours and we cannot rely on it" is never hidden behind "it is somebody else's".
 */
import { PkiError } from "../errors.ts";

export const revocationUnknownCodes = [
  // No CRL speaks about this certificate.
  "no-crl",
  "issuer-mismatch", // the CRL, or the certificate, names another issuer
  "authority-key-mismatch", // the CRL's authorityKeyIdentifier names another key
  "scope-mismatch", // only user or only CA certificates, and this one is the other kind
  "distribution-point-mismatch", // the CRL's distribution point is not among the certificate's
  // Nothing in it can be believed.
  "size",
  "malformed", // no DER, or no CertificateList
  "signature-algorithm", // unknown, weak, or different inside and outside
  "signature",
  // The issuer may not say it.
  "issuer-missing", // none of the given certificates issued this one
  "issuer-key", // a key that is not accepted
  "issuer-not-crl-signer", // keyUsage without cRLSign
  "issuer-not-certificate-signer", // keyUsage without keyCertSign
  // It is theirs, at the wrong time.
  "this-update-in-future",
  "too-old",
  "next-update-missing",
  "next-update-past",
  // It is theirs, and not fully understood.
  "version", // extensions in version 1, or a version that does not exist
  "extensions-missing", // version 2 without any (RFC 5280 5.2 wants key identifier and number)
  "extension-malformed",
  "extension-duplicate",
  "extension-critical",
  "issuing-distribution-point", // partitioned by reason, indirect, attribute certificates, names not comparable
  "delta",
  "freshest-crl", // CRL or certificate point to deltas
  "certificate-distribution-points", // the certificate's points name another CRL issuer, or some reasons only
  "entry-malformed",
  "entry-extension-malformed",
  "entry-extension-duplicate",
  "entry-extension-critical",
  "entry-reason", // no reason code of a complete CRL
  "indirect-entry", // certificateIssuer: the entry is about another CA's certificate
] as const;
export type RevocationUnknownCode = (typeof revocationUnknownCodes)[number];

/** Such a CRL is not about the certificate in question, or not from its issuer: beside another one it is ignored. */
export function doesNotApply(code: RevocationUnknownCode): boolean {
  return rank(code) <= rank("signature");
}

/** Beside a CRL that is fresh, one of the same issuer that is not (any more, yet) says nothing. */
export function isOutOfTime(code: RevocationUnknownCode): boolean {
  return rank(code) >= rank("this-update-in-future") && rank(code) <= rank("next-update-past");
}

/** The graver of two codes. */
export function graver(a: RevocationUnknownCode, b: RevocationUnknownCode): RevocationUnknownCode {
  return rank(a) >= rank(b) ? a : b;
}

/** What the reader of CRLs throws: PkiError "crl", the code in `fields.code`. */
export function unknown(code: RevocationUnknownCode, message: string, options?: ErrorOptions): PkiError {
  return new PkiError("crl", message, { code }, options);
}

/** The code in a PkiError of this folder; undefined for any other error, which is a fault. */
export function unknownCodeOf(error: unknown): RevocationUnknownCode | undefined {
  if (!(error instanceof PkiError) || error.code !== "crl") return undefined;
  return revocationUnknownCodes.find((code) => code === error.fields.code);
}

/** What was thrown while reading: an unknown code stays, what the DER reader says becomes `code`, a fault a fault. */
export function asUnknown(code: RevocationUnknownCode, cause: unknown): unknown {
  if (!(cause instanceof PkiError) || cause.code === "crl") return cause;
  return unknown(code, cause.message, { cause });
}

function rank(code: RevocationUnknownCode): number {
  return revocationUnknownCodes.indexOf(code);
}
