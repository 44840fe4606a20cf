/**
 * The clients and revocations of the configuration: what is listed and not yet so is asked of ca-issue and ca-revoke,
 * a few at once. What is done is never done again, so that a run that ends early is finished by the next.
 *
 * One client's refusal does not keep the others waiting; all refusals fail the run in the end, together.
 */
import type { Refusal } from "#contract/ca-requests.ts";
import type { DesiredClient, DesiredRevocation, DesiredState } from "#contract/desired-state.ts";
import { parseCsr } from "#pki/csr.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { CaFault } from "./fault.ts";
import type { Lease } from "./lease.ts";
import { patiently } from "./patience.ts";
import type { ClientEntry, Clock, Issue, Ledger, Log, Revoke } from "./ports.ts";
import { isRefusal, Refused, refusing } from "./refusal.ts";
import { allRevocations, keyOf } from "./report.ts";

export interface ClientDependencies {
  readonly ledger: Ledger;
  readonly issue: Issue;
  readonly revoke: Revoke;
  readonly clock: Clock;
  readonly log: Log;
  /** Until this run is ended from outside. */
  readonly remainingSeconds: () => number;
}

/** Each call is a run of ca-issue: its KMS and DynamoDB quotas are far away, ours is its concurrency. */
const atOnce = 8;
/** ca-issue and ca-revoke may take 120 s when a permission has not arrived yet. */
const leastSeconds = 150;

/** Refused ("client-removed") when a client has gone that could still call: nothing has been changed then. */
export async function assertNoClientForgotten(
  ledger: Ledger,
  desired: DesiredState,
  now: Date,
): Promise<void> {
  const gone = (await ledger.clients()).filter(
    (one) => !Object.hasOwn(desired.clients, one.name) && !one.released,
  );
  if (gone.length === 0) return;
  const revocations = await allRevocations(ledger);
  const listed = new Set(desired.revoked.map((one) => `${one.generation}/${one.serial}`));
  const still: string[] = [];
  for (const { name, certificates } of gone)
    for (const one of certificates) {
      const isRevoked =
        listed.has(`${one.generation}/${one.serial}`) || revocations.get(keyOf(one))?.state === "revoked";
      if (one.notAfter <= now || isRevoked) continue;
      if ((await ledger.certificate(one.issuer, one.serial))?.issuedAt)
        still.push(`${name} (${one.generation} 0x${one.serial})`);
    }
  if (still.length > 0)
    throw new Refused(
      "client-removed",
      `no longer in the configuration, and their certificates are still good: ${some(still)}; revoke them there, or say released first and remove them with the next change`,
    );
}

export async function reconcileRevocations(
  dependencies: ClientDependencies,
  lease: Lease,
  desired: DesiredState,
): Promise<void> {
  const { ledger, revoke, clock } = dependencies;
  const generations = new Map((await ledger.generations()).map((one) => [one.id, one.issuing?.keyHash]));
  const revocations = await allRevocations(ledger);
  const isDone = ({ generation, serial }: DesiredRevocation) => {
    const issuer = generations.get(generation);
    return issuer !== undefined && revocations.get(keyOf({ issuer, serial }))?.state === "revoked";
  };
  const refusals: string[] = [];
  // One after the other: each publishes the CRL, and two at once would only wait for each other.
  for (const one of desired.revoked.filter((each) => !isDone(each))) {
    await beforeNext(dependencies, lease, "revocations");
    const answer = await patiently(clock, () => revoke(one));
    if (isRefusal(answer)) refusals.push(`${one.generation} 0x${one.serial}: ${reasonOf(answer)}`);
  }
  fail(refusals, "revocations");
}

export async function reconcileClients(
  dependencies: ClientDependencies,
  lease: Lease,
  desired: DesiredState,
): Promise<void> {
  const entries = new Map((await dependencies.ledger.clients()).map((one) => [one.name, one]));
  const refusals: string[] = [];
  const faults: unknown[] = [];
  const all = Object.entries(desired.clients);
  for (let start = 0; start < all.length; start += atOnce) {
    await beforeNext(dependencies, lease, "clients");
    const group = all.slice(start, start + atOnce);
    const outcomes = await Promise.allSettled(
      group.map(([name, client]) => reconcileClient(dependencies, name, client, entries.get(name))),
    );
    outcomes.forEach((outcome, index) => {
      if (outcome.status === "fulfilled") return;
      const error: unknown = outcome.reason;
      if (error instanceof Refused) refusals.push(`${group[index]?.[0]}: ${error.code}: ${error.message}`);
      else faults.push(error);
    });
  }
  if (faults.length > 0) throw faults[0];
  fail(refusals, "clients");
}

async function reconcileClient(
  { ledger, issue, clock, log }: ClientDependencies,
  name: string,
  client: DesiredClient,
  entry: ClientEntry | undefined,
): Promise<void> {
  const released = client.released === true;
  if (entry && entry.released !== released) {
    const next = { ...entry, released, revision: entry.revision + 1 };
    if (!(await ledger.writeClient(next, entry)))
      throw new CaFault("client-contention", `client ${name} changed meanwhile: run it again`);
  }
  if (released) return;
  const csr = refusing("csr", () => parseCsr(decodeOnePem(client.csr, "CERTIFICATE REQUEST")));
  if (entry?.csr === csr.fingerprint) {
    if (entry.profile !== client.profile)
      throw new Refused(
        "client-changed",
        `the certificate of this request has profile "${entry.profile}", now "${client.profile}" is wanted: give a new request`,
      );
    const latest = entry.certificates.at(-1);
    if (latest && (await ledger.certificate(latest.issuer, latest.serial))?.issuedAt) return;
  }
  const { validDays, profile } = client;
  const answer = await patiently(clock, () =>
    issue({
      ...{ csr: client.csr, profile, client: name },
      ...(validDays === undefined ? {} : { validSeconds: validDays * 86_400 }),
    }),
  );
  if (isRefusal(answer)) throw new Refused(answer.refused.code, answer.refused.message);
  log("client-issued", { client: name, generation: answer.generation, serial: answer.serial });
}

async function beforeNext(
  { remainingSeconds }: ClientDependencies,
  lease: Lease,
  what: string,
): Promise<void> {
  if (remainingSeconds() < leastSeconds)
    throw new CaFault(
      "unfinished",
      `not all ${what} could be dealt with in time: deploy again, it goes on where it stopped`,
    );
  await lease.hold();
}

function fail(refusals: readonly string[], what: string): void {
  if (refusals.length === 0) return;
  throw new Refused("desired-state-refused", `${refusals.length} of the ${what}: ${some(refusals)}`);
}

const reasonOf = ({ refused }: Refusal): string => `${refused.code}: ${refused.message}`;

const some = (all: readonly string[]): string =>
  all.length > 20 ? `${all.slice(0, 20).join("; ")} and ${all.length - 20} more` : all.join("; ");
