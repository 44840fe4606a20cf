/**
 * What API Gateway would refuse in a truststore, or would accept although it is unsafe or useless; AWS tells of most of
 * it only by a warning on the domain, when clients already fail.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
 *
 * Guarantees: no errors means at most 1,000 CA certificates in 1 MB, each readable, of accepted algorithms, valid
 * now, with its own subject and a complete, verified chain to a root in the bundle. Says nothing about revocation.
 */
import { type Certificate, parseCertificate } from "./certificate.ts";
import { PkiError } from "./errors.ts";
import { formatName } from "./name.ts";
import { decodePem } from "./pem.ts";
import { verifySignature } from "./signature.ts";

export type TruststoreRule =
  | "size"
  | "count"
  | "private-key"
  | "pem"
  | "certificate"
  | "algorithm"
  | "not-a-ca"
  | "critical-extension"
  | "expired"
  | "not-yet-valid"
  | "expires-soon"
  | "same-subject"
  | "missing-issuer"
  | "chain-length";

export interface TruststoreFinding {
  readonly rule: TruststoreRule;
  readonly message: string;
  /** Subject, or position in the bundle, of the certificate that it is about. */
  readonly certificate?: string;
}
export interface TruststoreReport {
  readonly errors: readonly TruststoreFinding[];
  readonly warnings: readonly TruststoreFinding[];
  /** Those that could be read, in the bundle's order. */
  readonly certificates: readonly Certificate[];
}

export interface TruststoreOptions {
  /**
   * "warning" at synthesis: a committed file must not make tests fail as it ages. "error", the default, wherever the
   * bundle is about to be used.
   */
  readonly dates?: "error" | "warning";
}

/** 1 MB; whether AWS means 1,000,000 or 1,048,576 bytes is not documented: the smaller one is right either way. */
export const maxTruststoreBytes = 1_000_000;
export const maxTruststoreCertificates = 1000;
/**
 * A chain holds at most 4 certificates. Whether the leaf counts is not documented: 3 CA certificates are right either
 * way, 4 are a warning, more an error.
 */
const safeChain = 3;
const maxChain = 4;
const soonDays = 30;

type Report = (
  severity: "error" | "warning",
  rule: TruststoreRule,
  message: string,
  certificate?: string,
) => void;

export function lintTruststore(pem: string, now: Date, options: TruststoreOptions = {}): TruststoreReport {
  const errors: TruststoreFinding[] = [];
  const warnings: TruststoreFinding[] = [];
  const report: Report = (severity, rule, message, certificate) =>
    (severity === "error" ? errors : warnings).push({ rule, message, ...(certificate && { certificate }) });
  const certificates = readBundle(pem, report);
  for (const certificate of certificates) {
    checkOne(certificate, report);
    checkDates(certificate, now, options.dates ?? "error", report);
  }
  checkSubjects(certificates, report);
  checkChains(certificates, report);
  return { errors, warnings, certificates };
}

/** PkiError "truststore" with every error. */
export function assertTruststore(pem: string, now: Date): void {
  const { errors } = lintTruststore(pem, now);
  if (errors.length === 0) return;
  const text = errors.map((one) => `${one.certificate ?? "the bundle"}: ${one.message}`).join("; ");
  throw new PkiError("truststore", text, { rules: [...new Set(errors.map((one) => one.rule))].join(",") });
}

function readBundle(pem: string, report: Report): Certificate[] {
  const bytes = Buffer.byteLength(pem);
  if (bytes > maxTruststoreBytes) {
    report("error", "size", `${bytes} bytes; at most ${maxTruststoreBytes} are accepted`);
    return [];
  }
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(pem))
    report(
      "error",
      "private-key",
      "a private key: it is public now and must be replaced, with its certificate",
    );
  let objects: Buffer[];
  try {
    objects = decodePem(pem, "CERTIFICATE", { maxObjects: Number.POSITIVE_INFINITY });
  } catch (error) {
    report("error", "pem", messageOf(error));
    return [];
  }
  if (objects.length > maxTruststoreCertificates)
    report("error", "count", `${objects.length} certificates; at most ${maxTruststoreCertificates}`);
  const certificates: Certificate[] = [];
  objects.forEach((der, index) => {
    try {
      certificates.push(parseCertificate(der));
    } catch (error) {
      const rule = error instanceof PkiError && error.code === "algorithm" ? "algorithm" : "certificate";
      report("error", rule, messageOf(error), `certificate ${index + 1} of the bundle`);
    }
  });
  return certificates;
}

function checkOne(certificate: Certificate, report: Report): void {
  const name = formatName(certificate.subject);
  try {
    certificate.publicKey;
  } catch (error) {
    report("error", "algorithm", messageOf(error), name);
  }
  if (certificate.basicConstraints?.ca !== true)
    report("error", "not-a-ca", "basicConstraints do not say that it is a CA", name);
  else if (certificate.keyUsage !== undefined && !certificate.keyUsage.has("keyCertSign"))
    report("error", "not-a-ca", "keyUsage lacks keyCertSign", name);
  for (const oid of certificate.unknownCriticalExtensions)
    report("error", "critical-extension", `critical extension ${oid} is not understood`, name);
}

function checkDates(
  { subject, notBefore, notAfter }: Certificate,
  now: Date,
  severity: "error" | "warning",
  report: Report,
): void {
  const name = formatName(subject);
  const days = Math.floor((notAfter.getTime() - now.getTime()) / (24 * 3600 * 1000));
  if (notBefore > now) report(severity, "not-yet-valid", `valid from ${notBefore.toISOString()} on`, name);
  if (notAfter < now) report(severity, "expired", `expired at ${notAfter.toISOString()}`, name);
  else if (days < soonDays)
    report("warning", "expires-soon", `expires at ${notAfter.toISOString()}, in ${days} days`, name);
}

function checkSubjects(certificates: readonly Certificate[], report: Report): void {
  const seen = new Set<string>();
  for (const { subject } of certificates) {
    const key = subject.der.toString("latin1");
    if (seen.has(key))
      report(
        "error",
        "same-subject",
        "two certificates have this subject; AWS refuses that",
        formatName(subject),
      );
    seen.add(key);
  }
}

function checkChains(certificates: readonly Certificate[], report: Report): void {
  const issuers = new Map(certificates.map((one) => [one, issuerOf(one, certificates)]));
  for (const certificate of certificates) {
    const name = formatName(certificate.subject);
    const length = chainLength(certificate, issuers);
    if (length === undefined)
      report(
        "error",
        "missing-issuer",
        `no verified chain to a root in the bundle; the issuer is ${formatName(certificate.issuer)}`,
        name,
      );
    else if (length > maxChain)
      report("error", "chain-length", `${length} CA certificates up to the root; at most ${maxChain}`, name);
    else if (length > safeChain)
      report(
        "warning",
        "chain-length",
        `${length} CA certificates up to the root: with a client's certificate that may be one too many`,
        name,
      );
  }
}

/** Certificates from this one to its root, both included; undefined when no verified way leads there. */
function chainLength(
  certificate: Certificate,
  issuers: ReadonlyMap<Certificate, Certificate | undefined>,
): number | undefined {
  const visited = new Set<Certificate>();
  let current: Certificate | undefined = certificate;
  while (current !== undefined && !visited.has(current)) {
    visited.add(current);
    const issuer = issuers.get(current);
    if (issuer === current) return visited.size;
    current = issuer;
  }
  return undefined;
}

/** Itself for a root. */
function issuerOf(certificate: Certificate, all: readonly Certificate[]): Certificate | undefined {
  if (isIssuedBy(certificate, certificate)) return certificate;
  return all.find((one) => one !== certificate && isIssuedBy(certificate, one));
}

/** By name, authority key identifier where both have one, and signature. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (!certificate.issuer.der.equals(issuer.subject.der)) return false;
  const authority = certificate.authorityKeyIdentifier?.keyIdentifier;
  const own = issuer.subjectKeyIdentifier;
  if (authority !== undefined && own !== undefined && !authority.equals(own)) return false;
  try {
    return verifySignature(certificate.algorithm, issuer.publicKey, certificate.tbs, certificate.signature);
  } catch (error) {
    if (error instanceof PkiError) return false; // the issuer's key is not accepted: reported on its own
    throw error;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof PkiError) return error.message;
  throw error;
}
