/**
 * Publishes the CRL of one issuing or root CA.
 *
 * Order, and why: read the published CRL → take the number (atomic) → read the ledger (consistent, whole) → check →
 * sign → verify → swap on the ETag. What was in the published CRL was in the ledger before it: so a number that is
 * not greater, or an entry that the ledger does not know, proves an older (restored) ledger and is a fault. A number
 * taken later means a ledger read later: a CRL of a higher number holds all that ours would.
 */
import type { PublishedCrl } from "#contract/ca-requests.ts";
import type { OpenedCrl } from "#pki/crl/open.ts";
import { prepareCrl } from "#pki/crl/write.ts";
import { assertLintedCrl } from "#pki/lint/index.ts";
import { CaFault } from "./fault.ts";
import type { Authority } from "./generation.ts";
import type { Clock, ExternalBucket, Ledger, Log, Signer } from "./ports.ts";
import { type CurrentCrl, isDue, readCurrentCrl } from "./published-crl.ts";
import { isListed, mayLeave, type Revocation, toCrlEntry } from "./revocation.ts";
import { signAndVerify } from "./sign.ts";
import { addSeconds, backdated, wholeSeconds } from "./times.ts";

export interface PublishDependencies {
  readonly ledger: Ledger;
  readonly signer: Signer;
  readonly bucket: ExternalBucket;
  readonly clock: Clock;
  readonly log: Log;
}

/** One CRL: who signs it, where it lies, how long it lives. */
export interface CrlSubject {
  readonly generation: string;
  readonly issuer: Authority;
  readonly objectKey: string;
  readonly lifetimeSeconds: number;
  /** How long an expired certificate's entry stays. */
  readonly keepExpiredSeconds: number;
  /** The URI that the leaves name too (RFC 5280 5.2.5). */
  readonly distributionPoint?: string;
}

export interface Published extends PublishedCrl {
  readonly crl: OpenedCrl;
}

const attempts = 8;

/** Publishes a new CRL in any case. */
export async function publishCrl(dependencies: PublishDependencies, subject: CrlSubject): Promise<Published> {
  let taken: bigint | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const current = await readCurrentCrl(dependencies, subject.objectKey, subject.issuer);
    // Another publisher was faster, with a number taken after ours: its CRL holds all that ours would.
    if (taken !== undefined && current.crl && current.crl.number >= taken)
      return published(subject, current.crl);
    taken = BigInt(await dependencies.ledger.nextCrlNumber(subject.issuer.keyHash));
    const der = await prepareAndSign(dependencies, subject, current, taken);
    if (await dependencies.bucket.put(subject.objectKey, der, "application/pkix-crl", current.condition))
      return verifyPublished(dependencies, subject, taken);
  }
  throw new CaFault(
    "crl-contention",
    `${subject.objectKey} changed, or could not be read, at each of ${attempts} attempts`,
  );
}

/** Publishes only where it is due; else the CRL that is there. */
export async function ensureCrl(dependencies: PublishDependencies, subject: CrlSubject): Promise<Published> {
  const current = await readCurrentCrl(dependencies, subject.objectKey, subject.issuer);
  const revocations = await dependencies.ledger.revocations(subject.issuer.keyHash);
  const now = wholeSeconds(dependencies.clock.now());
  if (!current.crl || isDue(current, revocations, now, subject)) return publishCrl(dependencies, subject);
  const result = published(subject, current.crl);
  dependencies.log("crl-current", describeCrl(subject, result));
  return result;
}

async function prepareAndSign(
  dependencies: PublishDependencies,
  subject: CrlSubject,
  current: CurrentCrl,
  number: bigint,
): Promise<Buffer> {
  const { issuer, objectKey, keepExpiredSeconds } = subject;
  if (current.crl && current.crl.number >= number)
    throw new CaFault(
      "crl-number-not-greater",
      `${objectKey} has number ${current.crl.number}, the ledger gave ${number}: the ledger is older than the CRL (restored?)`,
    );
  const revocations = await dependencies.ledger.revocations(issuer.keyHash);
  const now = wholeSeconds(dependencies.clock.now());
  if (current.crl) assertNothingLost(current.crl, revocations, now, subject);
  const unsigned = prepareCrl({
    issuer: issuer.certificate,
    number,
    thisUpdate: backdated(now),
    nextUpdate: addSeconds(now, subject.lifetimeSeconds),
    entries: revocations.filter((one) => isListed(one, now, keepExpiredSeconds)).map(toCrlEntry),
    ...(subject.distributionPoint === undefined ? {} : { distributionPoint: subject.distributionPoint }),
  });
  assertLintedCrl(unsigned, issuer.certificate);
  const key = { keyArn: issuer.keyArn, publicKey: issuer.certificate.publicKey };
  return signAndVerify(dependencies, key, unsigned);
}

function assertNothingLost(
  old: OpenedCrl,
  revocations: readonly Revocation[],
  now: Date,
  { objectKey, keepExpiredSeconds }: CrlSubject,
): void {
  const bySerial = new Map(revocations.map((one) => [one.serial, one]));
  for (const entry of old.revocations())
    if (!mayLeave(entry, bySerial.get(entry.serial), now, keepExpiredSeconds))
      throw new CaFault(
        "crl-would-lose-revocation",
        `${objectKey} holds ${entry.serial} (${entry.reason ?? "unspecified"}), the ledger does not explain its going: the ledger is older than the CRL (restored?)`,
      );
}

/** What readers get is what was written, or already something later. */
async function verifyPublished(
  dependencies: PublishDependencies,
  subject: CrlSubject,
  number: bigint,
): Promise<Published> {
  const { crl } = await readCurrentCrl(dependencies, subject.objectKey, subject.issuer);
  if (!crl || crl.number < number)
    throw new CaFault(
      "crl-not-as-written",
      `${subject.objectKey}: wrote number ${number}, found ${crl ? `number ${crl.number}` : "nothing readable"}`,
    );
  const result = published(subject, crl);
  dependencies.log("crl-published", describeCrl(subject, result));
  return result;
}

function describeCrl({ objectKey }: CrlSubject, { crl: _, ...fields }: Published): Record<string, unknown> {
  return { key: objectKey, ...fields };
}

const published = (subject: CrlSubject, crl: OpenedCrl & { readonly number: bigint }): Published => ({
  generation: subject.generation,
  number: Number(crl.number),
  entries: crl.entries,
  nextUpdate: crl.nextUpdate.toISOString(),
  crl,
});
