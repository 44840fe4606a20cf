/**
 * Copies the CRLs of another authority into the external bucket: what readers find there is never older than what they
 * found before, and is always a list that the named issuer signed.
 *
 * Per list: fetch → open (canonical, understood, this issuer's signature) → dates and age → compare with what is
 * published: the number must be greater, the date must not go back → swap on the ETag → read back. One list that
 * fails does not keep the others from being copied; any that fails makes the whole run fail, which is the alarm.
 *
 * Not checked: that a newer list still holds what the older one held. Its CA may prune, or release a hold.
 */
import type { MirroredCrl, MirrorResult, ObjectReference } from "#contract/mirror.ts";
import type { Certificate } from "#pki/certificate.ts";
import { type OpenedCrl, openCrl } from "#pki/crl/open.ts";
import { PkiError } from "#pki/errors.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { CaFault, type CaFaultCode } from "./fault.ts";
import type { Clock, ExternalBucket, Log } from "./ports.ts";
import { readCurrentCrl } from "./published-crl.ts";
import { addSeconds } from "./times.ts";

/** One list to be copied. */
export interface MirroredList {
  readonly generation: string;
  /** In the external bucket. */
  readonly key: string;
  readonly source: ObjectReference;
  readonly issuer: Certificate;
  readonly maxAgeSeconds: number;
}

export interface MirrorDependencies {
  /** The source's bytes, PEM or DER; undefined when there is no such object. */
  readonly fetch: (source: ObjectReference) => Promise<Buffer | undefined>;
  readonly bucket: ExternalBucket;
  readonly clock: Clock;
  readonly log: Log;
}

type NumberedCrl = OpenedCrl & { readonly number: bigint };

const attempts = 4;
/** Clocks may differ by as much. */
const skewSeconds = 60;

/** Throws CaFault "mirror-failed" when one list at least could not be brought up to date. */
export async function mirrorCrls(
  dependencies: MirrorDependencies,
  lists: readonly MirroredList[],
): Promise<MirrorResult> {
  const outcomes = await Promise.all(
    lists.map(async (list) => {
      try {
        return await mirrorCrl(dependencies, list);
      } catch (error) {
        const { key, source } = list;
        const code = (error as { code?: unknown }).code ?? (error as Error).name;
        dependencies.log("mirror-failed", { key, source, code, message: (error as Error).message });
        return new Error(`${key}: ${String(code)}: ${(error as Error).message}`, { cause: error });
      }
    }),
  );
  const failures = outcomes.filter((one): one is Error => one instanceof Error);
  if (failures.length > 0)
    throw new CaFault("mirror-failed", failures.map((one) => one.message).join("; "), {
      cause: failures[0]?.cause,
    });
  return { crls: outcomes.filter((one): one is MirroredCrl => !(one instanceof Error)) };
}

async function mirrorCrl(dependencies: MirrorDependencies, list: MirroredList): Promise<MirroredCrl> {
  const { bucket, clock, log } = dependencies;
  const next = await readSource(dependencies, list);
  for (let attempt = 0; attempt < attempts; attempt++) {
    // Asked at each attempt: what was fresh before a wait may not be any more.
    assertBelievable(next, list, clock.now());
    const current = await readCurrentCrl(dependencies, list.key, { certificate: list.issuer });
    if (current.crl?.fingerprint === next.fingerprint) return described(list, next, attempt > 0);
    if (current.crl) assertNewer(next, current.crl, list);
    await bucket.put(list.key, next.der, "application/pkix-crl", current.condition);
  }
  const { crl } = await readCurrentCrl(dependencies, list.key, { certificate: list.issuer });
  if (crl?.fingerprint === next.fingerprint) return described(list, next, true);
  log("mirror-contention", { key: list.key });
  throw new CaFault(
    "object-contention",
    `${list.key} changed, or could not be read, at each of ${attempts} attempts`,
  );
}

async function readSource({ fetch }: MirrorDependencies, list: MirroredList): Promise<NumberedCrl> {
  const { source, issuer } = list;
  const bytes = await fetch(source);
  const where = `s3://${source.bucket}/${source.key}`;
  if (!bytes) throw new CaFault("source-missing", `${where}: there is no such object`);
  const opened = refusing(where, () => openCrl(derOf(bytes), issuer));
  if (opened.number === undefined)
    throw new CaFault(
      "source-not-acceptable",
      `${where}: a CRL without a number: nobody can tell which is newer`,
    );
  return opened as NumberedCrl;
}

const pemBegins = Buffer.from("-----BEGIN ");

const derOf = (bytes: Buffer): Buffer =>
  bytes.subarray(0, pemBegins.length).equals(pemBegins)
    ? decodeOnePem(bytes.toString("latin1"), "X509 CRL")
    : bytes;

/** The authorizer would believe it now. */
function assertBelievable(next: NumberedCrl, { source, maxAgeSeconds }: MirroredList, now: Date): void {
  const { thisUpdate, nextUpdate } = next;
  const refuse = (code: CaFaultCode, what: string) => {
    throw new CaFault(code, `s3://${source.bucket}/${source.key}: ${what}; it is ${now.toISOString()}`);
  };
  if (thisUpdate > addSeconds(now, skewSeconds))
    refuse("source-not-acceptable", `valid from ${thisUpdate.toISOString()} on`);
  if (nextUpdate <= now) refuse("source-stale", `ended at ${nextUpdate.toISOString()}`);
  if (addSeconds(thisUpdate, maxAgeSeconds) < now)
    refuse(
      "source-stale",
      `of ${thisUpdate.toISOString()}, older than the ${maxAgeSeconds} s that are believed`,
    );
}

/** RFC 5280 5.2.3: numbers grow; another list of the same number is a CA that broke its promise. */
function assertNewer(next: NumberedCrl, current: NumberedCrl, { key }: MirroredList): void {
  if (next.number <= current.number)
    throw new CaFault(
      "crl-number-not-greater",
      `${key} has number ${current.number}, the source ${next.number} and other content`,
    );
  if (next.thisUpdate < current.thisUpdate)
    throw new CaFault(
      "crl-number-not-greater",
      `${key} is of ${current.thisUpdate.toISOString()}, the source of ${next.thisUpdate.toISOString()}: older, whatever its number`,
    );
}

function refusing<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    throw new CaFault("source-not-acceptable", `${what}: ${error.message}`, { cause: error });
  }
}

const described = (
  { key }: MirroredList,
  { number, entries, nextUpdate }: NumberedCrl,
  copied: boolean,
): MirroredCrl => ({ key, number: String(number), entries, nextUpdate: nextUpdate.toISOString(), copied });
