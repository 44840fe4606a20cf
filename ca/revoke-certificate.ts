/**
 * Revokes, holds or releases a leaf: condemn the key where it is compromised → write the ledger → have the CRL
 * published → answer only when the published CRL shows it.
 *
 * Guarantees: an unknown serial is refused, never skipped; a serial that was recorded but whose certificate never
 * appeared can be revoked; running an order again changes nothing but publishes until it has been published.
 */
import type { Refusal, RevokeResult } from "#contract/ca-requests.ts";
import { CaFault } from "./fault.ts";
import { completeGeneration } from "./generation.ts";
import type { RevocationRequest } from "./parse-requests.ts";
import { assertMayRevoke, permissionsOf } from "./permissions.ts";
import type { CertificateEntry, Clock, Ledger, Log, Publish } from "./ports.ts";
import { answer, Refused } from "./refusal.ts";
import { isListed, type Revocation } from "./revocation.ts";
import { wholeSeconds } from "./times.ts";
import { writeRevocation } from "./write-revocation.ts";

export interface RevokeDependencies {
  readonly ledger: Ledger;
  readonly publish: Publish;
  readonly clock: Clock;
  readonly log: Log;
}

export function revokeCertificate(
  dependencies: RevokeDependencies,
  request: RevocationRequest,
  caller: string,
): Promise<RevokeResult | Refusal> {
  return answer(() => revoke(dependencies, request, caller));
}

async function revoke(
  dependencies: RevokeDependencies,
  request: RevocationRequest,
  caller: string,
): Promise<RevokeResult> {
  const { ledger, clock, log } = dependencies;
  const now = wholeSeconds(clock.now());
  const permissions = permissionsOf(await ledger.configuration(), caller);
  const certificate = await find(ledger, request);
  assertMayRevoke(permissions, certificate);
  assertPlausible(request, now);

  // 1. the key, whatever name it may come back under; before the ledger says that all is done
  const { order } = request;
  if (order.action === "revoke" && order.reason === "keyCompromise")
    await ledger.condemnKey(certificate.keyHash, now);
  // 2. the ledger
  const { revocation, changed } = await writeRevocation(ledger, certificate, order, now);
  const { serial, state, reason, revokedAt } = revocation;
  const result = {
    generation: request.generation,
    serial,
    status: state,
    reason,
    revokedAt: revokedAt.toISOString(),
  };
  log(changed ? state : "unchanged", { ...result, caller, subject: certificate.subject });

  // 3. the CRL
  const crlNumber = await publish(dependencies, request, revocation, now);
  return { ...result, crlNumber };
}

async function find(ledger: Ledger, { generation, serial }: RevocationRequest): Promise<CertificateEntry> {
  const known = await ledger.generation(generation);
  if (!known) throw new Refused("unknown-generation", `no generation ${generation}`);
  const { issuing } = completeGeneration(generation, known);
  const certificate = await ledger.certificate(issuing.keyHash, serial);
  if (!certificate)
    throw new Refused("unknown-serial", `generation ${generation} never issued serial ${serial}`);
  return certificate;
}

function assertPlausible({ order }: RevocationRequest, now: Date): void {
  if (order.action === "revoke" && order.invalidSince && order.invalidSince > now)
    throw new Refused("request", `invalidSince: not in the future, got ${order.invalidSince.toISOString()}`);
}

async function publish(
  { ledger, publish, log }: RevokeDependencies,
  { generation, serial }: RevocationRequest,
  revocation: Revocation,
  now: Date,
): Promise<number> {
  const { state } = revocation;
  // A certificate that expired a while ago is in no CRL any more; its revocation still counts for its key.
  const period = ((await ledger.configuration())?.crl.publishEveryMinutes ?? 0) * 60;
  const assert = { generation, serial, listed: isListed(revocation, now, period) };
  try {
    const { published } = await publish({ action: "publish", assert });
    const crl = published.find((one) => one.generation === generation);
    if (crl) return crl.number;
    throw new CaFault("crl-lacks-serial", `ca-publish did not publish the CRL of ${generation}`);
  } catch (cause) {
    log("revocation-not-published", { generation, serial });
    throw new CaFault(
      "revocation-not-published",
      `${serial} is ${state} in the ledger, but no published CRL says so yet; run it again: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
