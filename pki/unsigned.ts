/**
 * What is about to be signed, certificates and CRLs alike: prepare → record → sign the digest elsewhere → attach.
 * Nothing here knows a private key. Attaching does not verify: the caller checks the result against the issuer.
 */
import { createHash } from "node:crypto";
import { bitString, sequence } from "./der/writer.ts";
import { type SignatureAlgorithm, signatureAlgorithms } from "./signature.ts";

export interface Unsigned {
  /** The DER of TBSCertificate or TBSCertList. */
  readonly tbs: Buffer;
  readonly algorithm: SignatureAlgorithm;
}

/** What KMS signs with `MessageType=DIGEST`. */
export function digestOf(unsigned: Unsigned): Buffer {
  return createHash(signatureAlgorithms[unsigned.algorithm].hash).update(unsigned.tbs).digest();
}

/** The whole DER. `signature`: as KMS and node:crypto return it (ECDSA in DER form). */
export function attachSignature(unsigned: Unsigned, signature: Buffer): Buffer {
  return sequence(unsigned.tbs, signatureAlgorithms[unsigned.algorithm].identifier, bitString(signature));
}
