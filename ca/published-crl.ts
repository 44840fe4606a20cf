/** The CRL that the bucket holds now, as far as it can be read and verified; and whether a new one is due. */
import { type OpenedCrl, openCrl } from "#pki/crl/open.ts";
import { PkiError } from "#pki/errors.ts";
import type { Authority } from "./generation.ts";
import type { ExternalBucket, Log, PutCondition } from "./ports.ts";
import { isListed, type Revocation } from "./revocation.ts";

export interface CurrentCrl {
  /** Undefined: absent, or not a CRL of this issuer (somebody else wrote it: it protects nobody and is replaced). */
  readonly crl?: OpenedCrl & { readonly number: bigint };
  /** What must still be there when it is replaced. */
  readonly condition: PutCondition;
}

export async function readCurrentCrl(
  { bucket, log }: { readonly bucket: ExternalBucket; readonly log: Log },
  key: string,
  issuer: Pick<Authority, "certificate">,
): Promise<CurrentCrl> {
  const object = await bucket.get(key);
  if (!object) return { condition: { absent: true } };
  const condition = { etag: object.etag };
  try {
    const crl = openCrl(object.body, issuer.certificate);
    if (crl.number === undefined) throw new PkiError("crl", "a CRL without a number is not one of ours");
    return { crl: crl as OpenedCrl & { number: bigint }, condition };
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    log("published-crl-unreadable", {
      key,
      code: error.code,
      reason: error.message,
      version: object.version,
    });
    return { condition };
  }
}

interface Wanted {
  readonly keepExpiredSeconds: number;
  readonly distributionPoint?: string;
}

/** Missing, unreadable, past half of its life, or not what the ledger says. */
export function isDue(
  { crl }: CurrentCrl,
  revocations: readonly Revocation[],
  now: Date,
  { keepExpiredSeconds, distributionPoint }: Wanted,
): boolean {
  if (!crl) return true;
  if (crl.issuingDistributionPoint?.uris?.join() !== distributionPoint) return true;
  const { thisUpdate, nextUpdate } = crl;
  const halfLife = (nextUpdate.getTime() - thisUpdate.getTime()) / 2;
  if (thisUpdate > now || nextUpdate.getTime() - now.getTime() < halfLife) return true;
  const listed = revocations.filter((one) => isListed(one, now, keepExpiredSeconds));
  return (
    listed.length !== crl.entries ||
    listed.some(({ serial, reason }) => {
      const entry = crl.find(serial);
      return !entry || (entry.reason ?? "unspecified") !== reason;
    })
  );
}
