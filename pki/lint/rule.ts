/** What a rule sees, what it says. A rule looks at encoded fields: it must be able to see what a parser refuses. */
import type { Certificate } from "../certificate.ts";
import { PkiError } from "../errors.ts";
import type { Extension, TbsCertificate } from "../tbs-certificate.ts";
import type { RevokedEntry, TbsCrl } from "./tbs-crl.ts";

export interface Finding {
  /** Name of the rule, as its file's. */
  readonly rule: string;
  readonly message: string;
  /** Where it is written. */
  readonly reference: string;
}

/** What is wrong, or nothing. A PkiError thrown by a reader counts as its message. */
export type Verdict = string | undefined;

export interface CertificateUnderLint {
  readonly tbs: TbsCertificate;
  /** The AlgorithmIdentifier that stands, or will stand, beside the signature. */
  readonly outsideAlgorithm: Buffer | undefined;
  /** Undefined: the certificate claims to sign itself. */
  readonly issuer: Certificate | undefined;
  readonly extension: (oid: string) => Extension | undefined;
  readonly isCa: boolean;
}
export interface CertificateRule {
  readonly name: string;
  readonly reference: string;
  /** Compares with the issuer: not asked where the issuer is unknown. */
  readonly needsIssuer?: boolean;
  readonly check: (certificate: CertificateUnderLint) => Verdict;
}

export interface CrlUnderLint {
  readonly tbs: TbsCrl;
  readonly outsideAlgorithm: Buffer | undefined;
  readonly issuer: Certificate;
  readonly extension: (oid: string) => Extension | undefined;
}
export interface CrlRule {
  readonly name: string;
  readonly reference: string;
  readonly check?: (crl: CrlUnderLint) => Verdict;
  /** Called for every entry until it finds something. */
  readonly checkEntry?: (entry: RevokedEntry) => Verdict;
}

export function verdictOf(check: () => Verdict): Verdict {
  try {
    return check();
  } catch (error) {
    if (error instanceof PkiError) return error.message;
    throw error;
  }
}
