/**
 * Issuers that are named by fingerprint, found in a truststore.
 *
 * Guarantees: every one that is named is there, both its certificates are certificate authorities, the root signed the
 * issuing certificate. A CA of the truststore that nobody names issues nothing.
 * Not checked: dates and revocation, which change.
 */
import { createHash } from "node:crypto";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { decodePem, encodePem } from "./pem.ts";
import { verifySignature } from "./signature.ts";

/** Fingerprints: hex SHA-256 of the DER; or `pem-sha256:` and that of the PEM (64 columns, `\n` at every end). */
export interface NamedIssuer {
  readonly generation: string;
  readonly issuingFingerprint: string;
  readonly issuingCrlKey: string;
  readonly rootFingerprint: string;
  readonly rootCrlKey: string;
}

export interface PinnedIssuer {
  readonly generation: string;
  readonly issuing: Certificate;
  readonly root: Certificate;
  readonly issuingCrlKey: string;
  readonly rootCrlKey: string;
}

/** Throws on the first issuer that the truststore does not bear out. */
export function pinnedIssuers(named: readonly NamedIssuer[], truststorePem: string): PinnedIssuer[] {
  const byFingerprint = new Map(
    decodePem(truststorePem, "CERTIFICATE").flatMap((der) => [
      [hash(der), der],
      [`pem-sha256:${hash(encodePem("CERTIFICATE", der))}`, der],
    ]),
  );
  const find = (fingerprint: string, what: string): Certificate => {
    // Only what is named is parsed: a stranger in the truststore is not our business.
    const der = byFingerprint.get(fingerprint);
    if (!der) throw new Error(`${what} ${fingerprint} is not in the pinned truststore`);
    return parseCertificate(der);
  };
  return named.map((one) => issuer(one, find));
}

const hash = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");

function issuer(named: NamedIssuer, find: (fingerprint: string, what: string) => Certificate): PinnedIssuer {
  const { generation, issuingCrlKey, rootCrlKey } = named;
  const issuing = find(named.issuingFingerprint, `${generation}: issuing certificate`);
  const root = find(named.rootFingerprint, `${generation}: root certificate`);
  if (!isAuthority(issuing)) throw new Error(`${generation}: the issuing certificate is no CA's`);
  if (!isAuthority(root)) throw new Error(`${generation}: the root certificate is no CA's`);
  if (!isSignedBy(issuing, root))
    throw new Error(`${generation}: the root did not sign the issuing certificate`);
  return { generation, issuing, root, issuingCrlKey, rootCrlKey };
}

/** RFC 5280 4.2.1.9 and 4.2.1.3: a CA that may sign certificates, and nothing critical that we do not know. */
function isAuthority(one: Certificate): boolean {
  const maySign = one.keyUsage === undefined || one.keyUsage.has("keyCertSign");
  return one.basicConstraints?.ca === true && maySign && one.unknownCriticalExtensions.length === 0;
}

/** Name, key identifier (where both have one) and signature; the first two only save time, the last decides. */
export function isSignedBy(certificate: Certificate, authority: Certificate): boolean {
  if (!certificate.issuer.der.equals(authority.subject.der)) return false;
  const named = certificate.authorityKeyIdentifier?.keyIdentifier;
  const own = authority.subjectKeyIdentifier;
  if (named && own && !named.equals(own)) return false;
  return verifySignature(certificate.algorithm, authority.publicKey, certificate.tbs, certificate.signature);
}
