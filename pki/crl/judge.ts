/**
 * Judges a certificate, or a chain of them, by a heap of CRLs: those that do not apply are ignored, any "revoked"
 * wins, and only a CRL that is fresh and wholly understood makes a certificate good.
 *
 * A CRL that is authentic and not understood keeps the answer at unknown even beside a good one: it may be the one
 * that revokes. Not checked: validity and purposes of the certificates, and that the last one is a trust anchor.
 */
import type { Certificate } from "../certificate.ts";
import { PkiError } from "../errors.ts";
import { verifySignature } from "../signature.ts";
import { lookUp, type Verdict } from "./look-up.ts";
import { openCrl } from "./open.ts";
import { doesNotApply, graver, isOutOfTime, type RevocationUnknownCode, unknownCodeOf } from "./unknown.ts";

export interface JudgeOptions {
  readonly certificate: Certificate;
  /** Candidates in any order; the issuer is the one whose name and key fit. */
  readonly issuers: readonly Certificate[];
  /** DER. */
  readonly crls: readonly Buffer[];
  readonly now: Date;
  readonly maxAgeSeconds?: number;
}

/** Longer than any chain that API Gateway accepts (4), and than any in the test suites. */
const maxChain = 16;

export function judge({ certificate, issuers, crls, now, maxAgeSeconds }: JudgeOptions): Verdict {
  const issuer = findIssuer(certificate, issuers);
  if (issuer === undefined) return { status: "unknown", code: "issuer-missing" };
  let good = false;
  let worst: RevocationUnknownCode = "no-crl";
  let ours: RevocationUnknownCode | undefined;
  for (const crl of crls) {
    const verdict = judgeByOne(crl, issuer, certificate, now, maxAgeSeconds);
    if (verdict.status === "revoked") return verdict;
    if (verdict.status === "good") good = true;
    else {
      worst = graver(worst, verdict.code);
      if (!doesNotApply(verdict.code) && !isOutOfTime(verdict.code))
        ours = graver(ours ?? "no-crl", verdict.code);
    }
  }
  if (ours !== undefined) return { status: "unknown", code: ours };
  return good ? { status: "good" } : { status: "unknown", code: worst };
}

/**
 * Every certificate from `certificate` up to, but not including, the last one that is found among `issuers`: the
 * anchor. When a self-signed certificate is given, the chain must end in one.
 */
export function judgeChain(options: JudgeOptions): Verdict {
  const chain = buildChain(options.certificate, options.issuers);
  if (chain === undefined) return { status: "unknown", code: "issuer-missing" };
  const verdicts = chain.slice(0, -1).map((certificate) => judge({ ...options, certificate }));
  return (
    verdicts.find(({ status }) => status === "revoked") ??
    verdicts.find(({ status }) => status === "unknown") ?? { status: "good" }
  );
}

function judgeByOne(
  der: Buffer,
  issuer: Certificate,
  certificate: Certificate,
  now: Date,
  maxAgeSeconds?: number,
): Verdict {
  try {
    return lookUp(openCrl(der, issuer), certificate, now, maxAgeSeconds);
  } catch (error) {
    const code = unknownCodeOf(error);
    if (code === undefined) throw error;
    return { status: "unknown", code };
  }
}

/** Name and signature; of several with one key, one that may sign is preferred. */
function findIssuer(certificate: Certificate, candidates: readonly Certificate[]): Certificate | undefined {
  const fitting = candidates.filter((candidate) => isIssuedBy(certificate, candidate));
  return fitting.find(({ keyUsage }) => keyUsage?.has("keyCertSign") ?? true) ?? fitting[0];
}

function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (!certificate.issuer.der.equals(issuer.subject.der)) return false;
  try {
    return verifySignature(certificate.algorithm, issuer.publicKey, certificate.tbs, certificate.signature);
  } catch (error) {
    // A key that is not accepted issues nothing.
    if (error instanceof PkiError) return false;
    throw error;
  }
}

/** From the certificate to its anchor; undefined when the way up breaks off. */
function buildChain(certificate: Certificate, issuers: readonly Certificate[]): Certificate[] | undefined {
  const chain = [certificate];
  for (let last = certificate; chain.length <= maxChain; ) {
    const rest = issuers.filter((one) => !chain.some((known) => known.der.equals(one.der)));
    const issuer = isIssuedBy(last, last) ? undefined : findIssuer(last, rest);
    if (issuer === undefined) break;
    chain.push(issuer);
    last = issuer;
  }
  const anchor = chain.at(-1) as Certificate;
  const isAnchor =
    isIssuedBy(anchor, anchor) || (chain.length > 1 && !issuers.some((one) => isIssuedBy(one, one)));
  return chain.length > 1 && chain.length <= maxChain && isAnchor ? chain : undefined;
}
