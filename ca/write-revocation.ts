/** Brings the ledger's revocation of one certificate to what an order wants, against concurrent orders. */
import { CaFault } from "./fault.ts";
import type { CertificateEntry, Ledger } from "./ports.ts";
import { applyOrder, type Revocation, type RevocationOrder } from "./revocation.ts";

const attempts = 5;

export async function writeRevocation(
  ledger: Ledger,
  certificate: Pick<CertificateEntry, "issuer" | "serial" | "notAfter">,
  order: RevocationOrder,
  now: Date,
): Promise<{ readonly revocation: Revocation; readonly changed: boolean }> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const current = await ledger.revocation(certificate.issuer, certificate.serial);
    const next = applyOrder(current, order, certificate, now);
    if (next === current) return { revocation: current, changed: false };
    if (await ledger.writeRevocation(certificate.issuer, next, current))
      return { revocation: next, changed: true };
  }
  throw new CaFault(
    "revocation-contention",
    `the revocation of ${certificate.serial} changed at each of ${attempts} attempts: run it again`,
  );
}
