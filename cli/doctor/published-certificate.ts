/** A CA certificate as published, believed only when it is the one that the CA stack's outputs name by hash. */
import { createHash } from "node:crypto";
import { type CaIssuer, pemFingerprint } from "#contract/ca-outputs.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { PkiError } from "#pki/errors.ts";
import { decodePem, encodePem } from "#pki/pem.ts";
import { caReader, type Examined } from "./check.ts";

/** From its own object or, where the engine writes none, from the truststore. */
export async function readCaCertificate(
  at: Examined,
  bucket: string,
  issuer: CaIssuer,
  which: "root" | "issuing",
): Promise<Certificate | undefined> {
  const own = externalKeys.caCertificate(issuer.generation, which);
  const key = at.environment.ca.engine.kind === "kms" ? own : externalKeys.truststore;
  const object = await caReader(at).object(bucket, key);
  const wanted = which === "root" ? issuer.rootFingerprint : issuer.issuingFingerprint;
  try {
    const all = object ? decodePem(object.body.toString("utf8"), "CERTIFICATE").map(parseCertificate) : [];
    return all.find((one) => fingerprints(one).includes(wanted));
  } catch (error) {
    if (error instanceof PkiError) return undefined;
    throw error;
  }
}

/** Of the DER; and of the PEM, which is all that Terraform can hash. */
function fingerprints({ fingerprint, der }: Certificate): readonly string[] {
  const pem = createHash("sha256").update(encodePem("CERTIFICATE", der)).digest("hex");
  return [fingerprint, `${pemFingerprint}${pem}`];
}
