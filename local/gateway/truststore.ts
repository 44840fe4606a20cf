/**
 * Whether a client's certificate chains up to the domain's truststore: what API Gateway checks (FACTS 1), syntax,
 * chain and dates, no more. Purpose and revocation are the authorizer's.
 *
 * Whether AWS uses intermediates that the client sends is not known; here they may complete a path, which is the
 * harder case for the authorizer behind it. Every path ends at a self-signed certificate of the truststore.
 */
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { decodePem } from "#pki/pem.ts";
import { verifySignature } from "#pki/signature.ts";

export interface Truststore {
  /** The object's version, or "unpinned". */
  readonly version: string;
  readonly pem: string;
  readonly certificates: readonly Certificate[];
  /** Certificates of it that cannot be read, and why; AWS reports these as truststoreWarnings. */
  readonly warnings: readonly string[];
}

export type ChainVerdict =
  | { readonly trusted: true; readonly chain: readonly Certificate[] }
  | { readonly trusted: false; readonly why: string };

/** A chain may hold at most 4 certificates, the client's included. */
const maxChain = 4;
/** Signatures checked for one client: enough for any honest chain. */
const maxSignatures = 50;

/** Throws PkiError when the text is no bundle of certificates. */
export function openTruststore(pem: string, version: string): Truststore {
  const certificates: Certificate[] = [];
  const warnings: string[] = [];
  for (const [i, der] of decodePem(pem, "CERTIFICATE", { maxObjects: 1000, maxBytes: 1_000_000 }).entries()) {
    try {
      certificates.push(parseCertificate(der));
    } catch (error) {
      warnings.push(`certificate ${i + 1} of the truststore: ${(error as Error).message}`);
    }
  }
  return { version, pem, certificates, warnings };
}

/** Finds one path from the client's certificate to a root of the truststore, valid at `now` throughout. */
export function verifyChain(
  certificate: Certificate,
  sent: readonly Certificate[],
  truststore: Truststore,
  now: Date,
): ChainVerdict {
  const search = new PathSearch(sent, truststore, now);
  const chain = search.from([certificate]);
  return chain ? { trusted: true, chain } : { trusted: false, why: search.why };
}

class PathSearch {
  /** Of the refusals met, the one that says most: the first at the deepest point. */
  why = "no path to the truststore";
  #depth = -1;
  #signatures = 0;
  readonly #sent: readonly Certificate[];
  readonly #truststore: Truststore;
  readonly #now: Date;

  constructor(sent: readonly Certificate[], truststore: Truststore, now: Date) {
    this.#sent = sent;
    this.#truststore = truststore;
    this.#now = now;
  }

  from(path: readonly Certificate[]): readonly Certificate[] | undefined {
    const last = path.at(-1) as Certificate;
    const depth = path.length - 1;
    const dates = outsideDates(last, this.#now);
    if (dates) return this.#refuse(depth, depth === 0 ? dates : `issuer ${dates}`);
    const weak = weakKey(last);
    if (weak) return this.#refuse(depth, weak);
    if (isSelfIssued(last)) {
      if (!this.#truststore.certificates.some((root) => root.der.equals(last.der)))
        return this.#refuse(depth, depth === 0 ? "self-signed" : "root is not in the truststore");
      return this.#signedBy(last, last) ? path : this.#refuse(depth, "root's own signature does not verify");
    }
    if (path.length === maxChain) return this.#refuse(depth, `chain is longer than ${maxChain} certificates`);
    const candidates = [...this.#truststore.certificates, ...this.#sent].filter(
      (one) => one.subject.der.equals(last.issuer.der) && !path.some((other) => other.der.equals(one.der)),
    );
    if (candidates.length === 0) return this.#refuse(depth, "issuer is not in the truststore");
    for (const issuer of candidates) {
      const wrong = this.#unfitIssuer(issuer, last, depth);
      if (wrong) this.#refuse(depth, wrong);
      else {
        const found = this.from([...path, issuer]);
        if (found) return found;
      }
    }
    return undefined;
  }

  /** `below`: CA certificates between this issuer and the client's certificate. */
  #unfitIssuer(issuer: Certificate, issued: Certificate, below: number): string | undefined {
    if (!issuer.basicConstraints?.ca) return "issuer is not a CA";
    if (issuer.keyUsage && !issuer.keyUsage.has("keyCertSign")) return "issuer may not sign certificates";
    if ((issuer.basicConstraints.pathLength ?? maxChain) < below) return "issuer's path length is exceeded";
    const wanted = issued.authorityKeyIdentifier?.keyIdentifier;
    if (wanted && issuer.subjectKeyIdentifier && !wanted.equals(issuer.subjectKeyIdentifier))
      return "issuer has the right name and another key";
    return this.#signedBy(issued, issuer) ? undefined : "signature does not verify under the issuer's key";
  }

  #signedBy(issued: Certificate, issuer: Certificate): boolean {
    if (++this.#signatures > maxSignatures) return false;
    try {
      return verifySignature(issued.algorithm, issuer.publicKey, issued.tbs, issued.signature);
    } catch {
      // A key or an algorithm that pki/ does not accept, weak ones included.
      return false;
    }
  }

  #refuse(depth: number, why: string): undefined {
    if (depth <= this.#depth) return undefined;
    this.#depth = depth;
    this.why = why;
    return undefined;
  }
}

/** RSA from 2048 bits, ECDSA from 256; pki/ refuses to read weaker and unknown keys. */
function weakKey(certificate: Certificate): string | undefined {
  try {
    return certificate.publicKey ? undefined : "no key";
  } catch (error) {
    return (error as Error).message;
  }
}

const isSelfIssued = (certificate: Certificate): boolean =>
  certificate.subject.der.equals(certificate.issuer.der);

function outsideDates(certificate: Certificate, now: Date): string | undefined {
  if (now < certificate.notBefore) return `not valid before ${certificate.notBefore.toISOString()}`;
  if (now > certificate.notAfter) return `expired on ${certificate.notAfter.toISOString()}`;
  return undefined;
}
