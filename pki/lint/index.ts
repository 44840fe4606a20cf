/**
 * The lint: every rule over what is about to be signed (or was). Nothing is signed that it rejects (invariant I1).
 *
 * One rule a file, named after the rule; all of them run, each reports at most once. Bytes that cannot even be read
 * are a finding of "well-formed".
 */
import type { Certificate } from "../certificate.ts";
import { DerReader, Tag } from "../der/reader.ts";
import { PkiError } from "../errors.ts";
import { readBasicConstraints } from "../extensions.ts";
import { extensionOids } from "../oids.ts";
import { signatureAlgorithms } from "../signature.ts";
import { type Extension, readTbsCertificate } from "../tbs-certificate.ts";
import type { Unsigned } from "../unsigned.ts";
import { algorithmIsTheSameInsideAndOutside } from "./certificate/algorithm-is-the-same-inside-and-outside.ts";
import { caFlagAgreesWithKeyUsage } from "./certificate/ca-flag-agrees-with-key-usage.ts";
import { criticality } from "./certificate/criticality.ts";
import { extensionsAreKnownAndReadable } from "./certificate/extensions-are-known-and-readable.ts";
import { issuerIsTheIssuersSubject } from "./certificate/issuer-is-the-issuers-subject.ts";
import { issuerMayIssue } from "./certificate/issuer-may-issue.ts";
import { keyIdentifiersMatch } from "./certificate/key-identifiers-match.ts";
import { keyUsageFitsTheKey } from "./certificate/key-usage-fits-the-key.ts";
import { leafHasExtendedKeyUsage } from "./certificate/leaf-has-extended-key-usage.ts";
import { noExtensionTwice } from "./certificate/no-extension-twice.ts";
import { noUniqueIdentifiers } from "./certificate/no-unique-identifiers.ts";
import { publicKeyIsAccepted } from "./certificate/public-key-is-accepted.ts";
import { serialIsPositiveAndShort } from "./certificate/serial-is-positive-and-short.ts";
import { subjectOrAlternativeName } from "./certificate/subject-or-alternative-name.ts";
import { timeFormFollowsTheYear } from "./certificate/time-form-follows-the-year.ts";
import { validityEndsWithTheIssuers } from "./certificate/validity-ends-with-the-issuers.ts";
import { validityIsInOrder } from "./certificate/validity-is-in-order.ts";
import { versionIs3 } from "./certificate/version-is-3.ts";
import { crlAlgorithmIsTheSameInsideAndOutside } from "./crl/crl-algorithm-is-the-same-inside-and-outside.ts";
import { crlExtensions } from "./crl/crl-extensions.ts";
import { crlHasANumber } from "./crl/crl-has-a-number.ts";
import { crlHasAuthorityKeyIdentifier } from "./crl/crl-has-authority-key-identifier.ts";
import { crlHasNextUpdate } from "./crl/crl-has-next-update.ts";
import { crlIssuerMaySignCrls } from "./crl/crl-issuer-may-sign-crls.ts";
import { crlListIsAbsentWhenEmpty } from "./crl/crl-list-is-absent-when-empty.ts";
import { crlReasonCodesAreLegal } from "./crl/crl-reason-codes-are-legal.ts";
import { crlSerialsArePositive } from "./crl/crl-serials-are-positive.ts";
import { crlTimes } from "./crl/crl-times.ts";
import { crlVersionIs2 } from "./crl/crl-version-is-2.ts";
import { type CertificateRule, type CrlRule, type Finding, verdictOf } from "./rule.ts";
import { readTbsCrl, revokedEntries, type TbsCrl } from "./tbs-crl.ts";

export type { Finding } from "./rule.ts";

export const certificateRules: readonly CertificateRule[] = [
  algorithmIsTheSameInsideAndOutside,
  caFlagAgreesWithKeyUsage,
  criticality,
  extensionsAreKnownAndReadable,
  issuerIsTheIssuersSubject,
  issuerMayIssue,
  keyIdentifiersMatch,
  keyUsageFitsTheKey,
  leafHasExtendedKeyUsage,
  noExtensionTwice,
  noUniqueIdentifiers,
  publicKeyIsAccepted,
  serialIsPositiveAndShort,
  subjectOrAlternativeName,
  timeFormFollowsTheYear,
  validityEndsWithTheIssuers,
  validityIsInOrder,
  versionIs3,
];

export const crlRules: readonly CrlRule[] = [
  crlAlgorithmIsTheSameInsideAndOutside,
  crlExtensions,
  crlHasANumber,
  crlHasAuthorityKeyIdentifier,
  crlHasNextUpdate,
  crlIssuerMaySignCrls,
  crlListIsAbsentWhenEmpty,
  crlReasonCodesAreLegal,
  crlSerialsArePositive,
  crlTimes,
  crlVersionIs2,
];

/** What will be signed, the DER of a TBS structure, or the DER of the whole. */
export type Linted = Unsigned | Buffer;

/**
 * Findings, none when all is well. Without `issuer` the certificate must be a root that signs itself; with "unknown" the
 * rules that compare with the issuer are left out (somebody looks at one file: never enough to sign).
 */
export function lintCertificate(linted: Linted, issuer?: Certificate | "unknown"): Finding[] {
  return readable(linted, "RFC 5280 4.1", ({ tbs: der, outsideAlgorithm }) => {
    const tbs = readTbsCertificate(der);
    const extension = (oid: string) => find(tbs.extensions, oid);
    const known = issuer === "unknown" ? undefined : issuer;
    const under = { tbs, outsideAlgorithm, issuer: known, extension, isCa: isCa(tbs.extensions) };
    const rules = certificateRules.filter((rule) => issuer !== "unknown" || !rule.needsIssuer);
    return findingsOf(rules, (rule) => rule.check(under));
  });
}

export function lintCrl(linted: Linted, issuer: Certificate): Finding[] {
  return readable(linted, "RFC 5280 5.1", ({ tbs: der, outsideAlgorithm }) => {
    const tbs = readTbsCrl(der);
    const extension = (oid: string) => find(tbs.extensions, oid);
    const under = { tbs, outsideAlgorithm, issuer, extension };
    return [...findingsOf(crlRules, (rule) => rule.check?.(under)), ...lintEntries(tbs)];
  });
}

/** PkiError "lint" with every finding. */
export function assertLintedCertificate(linted: Linted, issuer?: Certificate): void {
  assertNone(lintCertificate(linted, issuer));
}

/** PkiError "lint" with every finding. */
export function assertLintedCrl(linted: Linted, issuer: Certificate): void {
  assertNone(lintCrl(linted, issuer));
}

function assertNone(findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  const text = findings
    .map(({ rule, message, reference }) => `${rule}: ${message} (${reference})`)
    .join("; ");
  throw new PkiError("lint", text, { rules: findings.map((one) => one.rule).join(",") });
}

/** One walk for all rules; a rule that has found something is not asked again. */
function lintEntries(tbs: TbsCrl): Finding[] {
  let waiting = crlRules.filter((rule) => rule.checkEntry !== undefined);
  const findings: Finding[] = [];
  for (const entry of revokedEntries(tbs)) {
    const found = findingsOf(waiting, (rule) => rule.checkEntry?.(entry));
    if (found.length === 0) continue;
    findings.push(...found);
    waiting = waiting.filter((rule) => !found.some((one) => one.rule === rule.name));
  }
  return findings;
}

function findingsOf<R extends { readonly name: string; readonly reference: string }>(
  rules: readonly R[],
  check: (rule: R) => string | undefined,
): Finding[] {
  const findings: Finding[] = [];
  for (const rule of rules) {
    const message = verdictOf(() => check(rule));
    if (message !== undefined) findings.push({ rule: rule.name, message, reference: rule.reference });
  }
  return findings;
}

interface Parts {
  readonly tbs: Buffer;
  readonly outsideAlgorithm: Buffer | undefined;
}

function readable(linted: Linted, reference: string, lint: (parts: Parts) => Finding[]): Finding[] {
  try {
    return lint(partsOf(linted));
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return [{ rule: "well-formed", message: error.message, reference }];
  }
}

/**
 * A signed structure begins with its TBS part, a SEQUENCE; a TBSCertificate and a version 2 TBSCertList do not. (A bare
 * version 1 TBSCertList does: it is then not well-formed, which is a finding as well.)
 */
function partsOf(linted: Linted): Parts {
  if (!Buffer.isBuffer(linted))
    return { tbs: linted.tbs, outsideAlgorithm: signatureAlgorithms[linted.algorithm].identifier };
  const outer = new DerReader(linted);
  const reader = outer.sequence();
  outer.finish("what is linted");
  if (reader.peek() !== Tag.sequence) return { tbs: linted, outsideAlgorithm: undefined };
  const tbs = reader.raw(Tag.sequence);
  const outsideAlgorithm = reader.raw(Tag.sequence);
  reader.bitString();
  reader.finish("a signed structure");
  return { tbs, outsideAlgorithm };
}

function find(extensions: readonly Extension[], oid: string): Extension | undefined {
  return extensions.find((one) => one.oid === oid);
}

/** Unreadable basicConstraints are reported by a rule of their own; until then nothing is a CA. */
function isCa(extensions: readonly Extension[]): boolean {
  const constraints = find(extensions, extensionOids.basicConstraints);
  if (constraints === undefined) return false;
  try {
    return readBasicConstraints(constraints.value).ca;
  } catch (error) {
    if (error instanceof PkiError) return false;
    throw error;
  }
}
