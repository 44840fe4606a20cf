/**
 * What differs from the configuration, and what will soon: revocations that it does not list, clients that need a new
 * request. Reads only.
 */
import type { ClientNotice, DriftEntry, ReportResult } from "#contract/ca-outputs.ts";
import type { CaConfiguration } from "#contract/ca-requests.ts";
import type { DesiredState } from "#contract/desired-state.ts";
import type { ClientEntry, Ledger } from "./ports.ts";
import { isOver, type Revocation } from "./revocation.ts";
import { addSeconds } from "./times.ts";

/** A certificate nears its end in its last month, or in the last third of a shorter life. */
const noticeDays = 30;

export async function report(
  ledger: Ledger,
  configuration: CaConfiguration,
  desired: DesiredState,
  now: Date,
): Promise<ReportResult> {
  const revocations = await allRevocations(ledger);
  const keep = configuration.crl.publishEveryMinutes * 60;
  return {
    drift: await driftOf(ledger, revocations, desired, (one) => isOver(one, now, keep)),
    clientNotices: await noticesOf(ledger, configuration, revocations, desired, now),
  };
}

export interface LeafRevocation extends Revocation {
  readonly generation: string;
  /** SHA-256 of the issuer's key, hex. */
  readonly issuer: string;
}

/** Of all generations, those that the configuration has forgotten included; by issuer and serial. */
export async function allRevocations(ledger: Ledger): Promise<ReadonlyMap<string, LeafRevocation>> {
  const all = new Map<string, LeafRevocation>();
  for (const { id: generation, issuing } of await ledger.generations()) {
    if (!issuing) continue;
    for (const one of await ledger.revocations(issuing.keyHash))
      all.set(keyOf({ issuer: issuing.keyHash, serial: one.serial }), {
        ...one,
        generation,
        issuer: issuing.keyHash,
      });
  }
  return all;
}

export const keyOf = ({ issuer, serial }: { readonly issuer: string; readonly serial: string }): string =>
  `${issuer}/${serial}`;

async function driftOf(
  ledger: Ledger,
  revocations: ReadonlyMap<string, LeafRevocation>,
  desired: DesiredState,
  over: (one: Revocation) => boolean,
): Promise<DriftEntry[]> {
  const listed = new Set(desired.revoked.map((one) => `${one.generation}/${one.serial}`));
  const drift: DriftEntry[] = [];
  for (const one of revocations.values()) {
    const { generation, serial, state, reason, revokedAt } = one;
    if (state === "released" || over(one)) continue;
    if (state === "revoked" && listed.has(`${generation}/${serial}`)) continue;
    const certificate = await ledger.certificate(one.issuer, serial);
    drift.push({
      ...{ generation, serial, status: state, reason, revokedAt: revokedAt.toISOString() },
      subject: certificate?.subject ?? "",
    });
  }
  return drift.sort((a, b) => keyOfDrift(a).localeCompare(keyOfDrift(b)));
}

const keyOfDrift = (one: DriftEntry): string => `${one.revokedAt} ${one.generation} ${one.serial}`;

async function noticesOf(
  ledger: Ledger,
  { generations }: CaConfiguration,
  revocations: ReadonlyMap<string, LeafRevocation>,
  desired: DesiredState,
  now: Date,
): Promise<ClientNotice[]> {
  const active = generations.find((one) => one.status === "active")?.id;
  const notices: ClientNotice[] = [];
  for (const entry of await ledger.clients()) {
    const wanted = Object.hasOwn(desired.clients, entry.name) ? desired.clients[entry.name] : undefined;
    const latest = entry.certificates.at(-1);
    if (!wanted || wanted.released || !latest) continue;
    const state = revocations.get(keyOf(latest))?.state;
    const why =
      state === "revoked" || state === "on-hold"
        ? state
        : await whyOf(ledger, entry, latest.generation !== active, now);
    if (why)
      notices.push({
        ...{ client: entry.name, generation: latest.generation, serial: latest.serial },
        notAfter: latest.notAfter.toISOString(),
        why,
      });
  }
  return notices.sort((a, b) => a.client.localeCompare(b.client));
}

async function whyOf(
  ledger: Ledger,
  { certificates }: ClientEntry,
  isOlder: boolean,
  now: Date,
): Promise<ClientNotice["why"] | undefined> {
  const latest = certificates.at(-1) as ClientEntry["certificates"][number];
  if (latest.notAfter <= now) return "expired";
  if (addSeconds(now, noticeDays * 86_400) >= latest.notAfter) {
    const record = await ledger.certificate(latest.issuer, latest.serial);
    const lifetime = latest.notAfter.getTime() - (record?.notBefore ?? now).getTime();
    if (latest.notAfter.getTime() - now.getTime() < lifetime / 3) return "expiring";
  }
  return isOlder ? "older-generation" : undefined;
}
