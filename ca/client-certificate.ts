/**
 * The one certificate that a client of the configuration has from one request. A request that was answered is
 * answered with the same certificate for ever, whatever became of it; a run that was cut short is taken up where it
 * stopped: signed and stored → marked issued; else a new serial, and what the old one may have become is nobody's.
 */
import type { IssueRequest, IssueResult } from "#contract/ca-requests.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import type { Csr } from "#pki/csr.ts";
import { decodeOnePem, encodePem } from "#pki/pem.ts";
import { verifySignature } from "#pki/signature.ts";
import { CaFault } from "./fault.ts";
import { completeGeneration } from "./generation.ts";
import type {
  CertificateEntry,
  ClientCertificate,
  ClientEntry,
  Clock,
  ExternalBucket,
  Ledger,
} from "./ports.ts";
import { wholeSeconds } from "./times.ts";

interface Dependencies {
  readonly ledger: Ledger;
  readonly bucket: ExternalBucket;
  readonly clock: Clock;
}

/** The certificate that this request has brought already. */
export async function earlierCertificate(
  dependencies: Dependencies,
  entry: ClientEntry | undefined,
  csr: Csr,
): Promise<IssueResult | undefined> {
  const latest = entry?.csr === csr.fingerprint ? entry.certificates.at(-1) : undefined;
  if (!latest) return undefined;
  const { ledger, bucket, clock } = dependencies;
  const record = await ledger.certificate(latest.issuer, latest.serial);
  if (!record) throw new CaFault("ledger-inconsistent", `the ledger has no record of ${latest.serial}`);
  const stored = await bucket.get(externalKeys.leafCertificate(latest.generation, latest.serial));
  if (!stored) {
    if (!record.issuedAt) return undefined;
    throw new CaFault(
      "ledger-inconsistent",
      `certificate ${latest.serial} was issued and is not in the bucket`,
    );
  }
  const { issuing } = completeGeneration(latest.generation, await ledger.generation(latest.generation));
  const certificate = opened(stored.body, record, issuing.certificate);
  if (!record.issuedAt)
    await ledger.markIssued(latest.issuer, latest.serial, certificate.der, wholeSeconds(clock.now()));
  return {
    generation: latest.generation,
    serial: latest.serial,
    certificate: encodePem("CERTIFICATE", certificate.der),
    issuingCertificate: encodePem("CERTIFICATE", issuing.certificate.der),
    notAfter: certificate.notAfter.toISOString(),
  };
}

/** Only what our issuing CA signed for that record. */
function opened(pem: Buffer, record: CertificateEntry, issuing: Certificate): Certificate {
  const certificate = parseCertificate(decodeOnePem(pem.toString("latin1"), "CERTIFICATE"));
  const { algorithm, tbs, signature } = certificate;
  if (
    certificate.serial === record.serial &&
    certificate.publicKey.hash === record.keyHash &&
    verifySignature(algorithm, issuing.publicKey, tbs, signature)
  )
    return certificate;
  throw new CaFault(
    "ledger-inconsistent",
    `what the bucket holds as ${record.serial} is not that certificate`,
  );
}

/** Writes down, before anything is signed, which certificate the client is about to get. */
export async function bindClient(
  { ledger, clock }: Pick<Dependencies, "ledger" | "clock">,
  before: ClientEntry | undefined,
  csr: Csr,
  request: IssueRequest & { readonly client: string },
  certificate: ClientCertificate,
): Promise<void> {
  const now = clock.now();
  const next: ClientEntry = {
    name: request.client,
    csr: csr.fingerprint,
    profile: request.profile,
    certificates: [...(before?.certificates ?? []).filter((one) => one.notAfter > now), certificate],
    released: false,
    revision: (before?.revision ?? 0) + 1,
  };
  if (await ledger.writeClient(next, before)) return;
  throw new CaFault("client-contention", `another run issues for client ${request.client}: run it again`);
}
