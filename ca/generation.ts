/**
 * One generation of the hierarchy as the ledger keeps it: which KMS keys, which certificates. What the ledger
 * holds is what the authority trusts; objects in the bucket are copies for others.
 */
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { Refused } from "./refusal.ts";
import { addSeconds } from "./times.ts";

export interface NewCaCertificate {
  readonly keyArn: string;
  /** SHA-256 of the SubjectPublicKeyInfo, hex: names the issuer in the ledger. */
  readonly keyHash: string;
  /** DER. */
  readonly certificate: Buffer;
}

export interface Generation {
  readonly id: string;
  readonly root?: NewCaCertificate;
  readonly issuing?: NewCaCertificate;
  /** Since when it was in a published truststore. */
  readonly trustedSince?: Date;
  /** The latest end of all certificates that were ever recorded under it. */
  readonly lastLeafNotAfter?: Date;
}

/** A CA that can issue: its certificate parsed, its key named. */
export interface Authority {
  readonly keyArn: string;
  readonly keyHash: string;
  readonly certificate: Certificate;
}

export interface CompleteGeneration extends Omit<Generation, "root" | "issuing"> {
  readonly root: Authority;
  readonly issuing: Authority;
}

/** Refused ("not-ready") while root or issuing certificate is missing. */
export function completeGeneration(id: string, generation: Generation | undefined): CompleteGeneration {
  const { root, issuing, ...rest } = generation ?? { id };
  if (!root || !issuing)
    throw new Refused("not-ready", `generation ${id} has no hierarchy yet: deploy the CA stack first`);
  return { ...rest, root: open(root), issuing: open(issuing) };
}

/** No certificate of it is valid any more, and its CRL was published once beyond that (RFC 5280 3.3). */
export const hasEnded = (
  { lastLeafNotAfter }: Pick<Generation, "lastLeafNotAfter">,
  now: Date,
  keepExpiredSeconds: number,
): boolean => !lastLeafNotAfter || addSeconds(lastLeafNotAfter, keepExpiredSeconds) < now;

const open = ({ keyArn, keyHash, certificate }: NewCaCertificate): Authority => ({
  keyArn,
  keyHash,
  certificate: parseCertificate(certificate),
});
