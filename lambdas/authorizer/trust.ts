/**
 * Whom the authorizer trusts: the policy's issuers, found by fingerprint in a truststore that is itself pinned.
 *
 * Guarantees: every issuer of the policy is there, both its certificates are certificate authorities, the root
 * signed the issuing certificate. A CA of the truststore that the policy does not name issues nothing here.
 * Not checked: dates and revocation, which change; they are asked at each decision.
 */
import { createHash } from "node:crypto";
import type { AuthorizerPolicy } from "#contract/authorizer-policy.ts";
import { type CaIssuer, pemFingerprint } from "#contract/ca-outputs.ts";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { decodePem, encodePem } from "#pki/pem.ts";
import { verifySignature } from "#pki/signature.ts";

export interface Issuer {
  readonly generation: string;
  readonly issuing: Certificate;
  readonly root: Certificate;
  readonly issuingCrlKey: string;
  readonly rootCrlKey: string;
}

export interface Trust {
  readonly policy: AuthorizerPolicy;
  readonly issuers: readonly Issuer[];
}

/** Throws on the first issuer that the truststore does not bear out. */
export function buildTrust(policy: AuthorizerPolicy, truststorePem: string): Trust {
  const byFingerprint = new Map(
    decodePem(truststorePem, "CERTIFICATE").flatMap((der) => [
      [hash(der), der],
      [`${pemFingerprint}${hash(encodePem("CERTIFICATE", der))}`, der],
    ]),
  );
  const find = (fingerprint: string, what: string): Certificate => {
    // Only what the policy names is parsed: a stranger in the truststore is not our business.
    const der = byFingerprint.get(fingerprint);
    if (!der) throw new Error(`${what} ${fingerprint} is not in the pinned truststore`);
    return parseCertificate(der);
  };
  return { policy, issuers: policy.issuers.map((one) => issuer(one, find)) };
}

const hash = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");

function issuer(named: CaIssuer, find: (fingerprint: string, what: string) => Certificate): Issuer {
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
