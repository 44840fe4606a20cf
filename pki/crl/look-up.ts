/**
 * What an opened CRL says about one certificate at one moment: good, revoked, or unknown with the reason.
 *
 * Not checked: that the certificate was issued by the CRL's issuer (`judge` checks it; the authorizer has checked it
 * before), nor its own validity. A certificate that is not listed is good only if the list is fresh and speaks of
 * certificates like it.
 */
import type { Certificate, DistributionPoint } from "../certificate.ts";
import type { IssuingDistributionPoint } from "./list-extensions.ts";
import type { OpenedCrl } from "./open.ts";
import type { CrlReason } from "./reasons.ts";
import type { RevocationUnknownCode } from "./unknown.ts";

export type Verdict =
  | { readonly status: "good" }
  | { readonly status: "revoked"; readonly reason: CrlReason | "unspecified"; readonly revokedAt: Date }
  | { readonly status: "unknown"; readonly code: RevocationUnknownCode };

/** Clocks differ: a CRL may be this much ahead of ours. */
export const allowedSkewSeconds = 60;

export function lookUp(
  crl: OpenedCrl,
  certificate: Certificate,
  now: Date,
  maxAgeSeconds = Number.POSITIVE_INFINITY,
): Verdict {
  const code = checkFreshness(crl, now, maxAgeSeconds) ?? checkScope(crl, certificate);
  if (code !== undefined) return { status: "unknown", code };
  const entry = crl.find(certificate.serial);
  if (entry === undefined) return { status: "good" };
  return { status: "revoked", reason: entry.reason ?? "unspecified", revokedAt: entry.revokedAt };
}

/** The maximal age is ours, not the list's: whoever can write the bucket can put back an older one that is valid. */
function checkFreshness(crl: OpenedCrl, now: Date, maxAgeSeconds: number): RevocationUnknownCode | undefined {
  const ageSeconds = (now.getTime() - crl.thisUpdate.getTime()) / 1000;
  // Written so that NaN, from a date or a configuration that is none, refuses.
  if (!(ageSeconds >= -allowedSkewSeconds)) return "this-update-in-future";
  if (!(ageSeconds <= maxAgeSeconds)) return "too-old";
  if (!(now.getTime() <= crl.nextUpdate.getTime())) return "next-update-past";
  return undefined;
}

/** RFC 5280 6.3.3 (b), for direct and complete CRLs. */
function checkScope(crl: OpenedCrl, certificate: Certificate): RevocationUnknownCode | undefined {
  if (!crl.issuer.equals(certificate.issuer.der)) return "issuer-mismatch";
  if (certificate.freshestCrl) return "freshest-crl";
  const { issuingDistributionPoint } = crl;
  const { crlDistributionPoints } = certificate;
  if (issuingDistributionPoint === undefined && crlDistributionPoints === undefined) return undefined;
  return comparePoints(issuingDistributionPoint ?? {}, certificate);
}

function comparePoints(
  { only, uris }: IssuingDistributionPoint,
  { crlDistributionPoints: points, basicConstraints }: Certificate,
): RevocationUnknownCode | undefined {
  const plain = points?.filter(isPlain) ?? [];
  if (points !== undefined && plain.length === 0) return "certificate-distribution-points";
  const isCa = basicConstraints?.ca === true;
  if (only !== undefined && isCa !== (only === "ca")) return "scope-mismatch";
  if (uris !== undefined && !plain.some((point) => sharesUri(point, uris)))
    return "distribution-point-mismatch";
  return undefined;
}

/** Without reasons and cRLIssuer: any complete CRL of the certificate's issuer may be found there. */
function isPlain(point: DistributionPoint): boolean {
  return point.reasons === undefined && point.crlIssuer === undefined;
}

function sharesUri(point: DistributionPoint, uris: readonly string[]): boolean {
  return point.name?.fullName?.some(({ kind, value }) => kind === "uri" && uris.includes(value)) ?? false;
}
