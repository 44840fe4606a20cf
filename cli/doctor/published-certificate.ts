/** A CA certificate as published, believed only when it is the one that the CA stack's outputs name by hash. */
import type { CaIssuer } from "#contract/ca-outputs.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { PkiError } from "#pki/errors.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { caReader, type Examined } from "./check.ts";

export async function readCaCertificate(
  at: Examined,
  bucket: string,
  issuer: CaIssuer,
  which: "root" | "issuing",
): Promise<Certificate | undefined> {
  const object = await caReader(at).object(bucket, externalKeys.caCertificate(issuer.generation, which));
  if (!object) return undefined;
  try {
    const certificate = parseCertificate(decodeOnePem(object.body.toString("utf8"), "CERTIFICATE"));
    const wanted = which === "root" ? issuer.rootFingerprint : issuer.issuingFingerprint;
    return certificate.fingerprint === wanted ? certificate : undefined;
  } catch (error) {
    if (error instanceof PkiError) return undefined;
    throw error;
  }
}
