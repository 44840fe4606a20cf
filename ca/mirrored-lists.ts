/**
 * Which lists ca-mirror copies, and under which certificates: those of the truststore that the deployment wrote, known
 * by its hash. A bucket that holds another truststore is a fault.
 */
import { createHash } from "node:crypto";
import { externalKeys } from "#contract/external-bucket.ts";
import type { MirrorConfiguration } from "#contract/mirror.ts";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { decodePem } from "#pki/pem.ts";
import { CaFault } from "./fault.ts";
import type { MirroredList } from "./mirror-crls.ts";
import type { ExternalBucket } from "./ports.ts";

export async function mirroredLists(
  bucket: ExternalBucket,
  truststoreSha256: string,
  { issuers, issuingMaxAgeSeconds, rootMaxAgeSeconds }: MirrorConfiguration,
): Promise<readonly MirroredList[]> {
  const certificates = await readTruststore(bucket, truststoreSha256);
  const find = (fingerprint: string): Certificate => {
    const found = certificates.get(fingerprint);
    if (!found)
      throw new CaFault("truststore-not-as-deployed", `certificate ${fingerprint} is not in the truststore`);
    return parseCertificate(found);
  };
  return issuers.flatMap(({ generation, issuing, root, issuingCrl, rootCrl }) => [
    {
      ...{ generation, key: externalKeys.issuingCrl(generation), source: issuingCrl },
      ...{ issuer: find(issuing), maxAgeSeconds: issuingMaxAgeSeconds },
    },
    {
      ...{ generation, key: externalKeys.rootCrl(generation), source: rootCrl },
      ...{ issuer: find(root), maxAgeSeconds: rootMaxAgeSeconds },
    },
  ]);
}

/** By fingerprint, DER. */
async function readTruststore(bucket: ExternalBucket, sha256: string): Promise<Map<string, Buffer>> {
  const object = await bucket.get(externalKeys.truststore);
  const found = object ? hash(object.body) : "nothing";
  if (!object || found !== sha256)
    throw new CaFault(
      "truststore-not-as-deployed",
      `${bucket.uri(externalKeys.truststore)}: SHA-256 is ${found}, the deployment wrote ${sha256}`,
    );
  const all = decodePem(object.body.toString("latin1"), "CERTIFICATE");
  return new Map(all.map((der) => [hash(der), der]));
}

const hash = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
