/**
 * What a configuration may not do to the generations that the ledger knows: each of these would lock clients out,
 * or let the CA issue what nobody accepts yet. The schema of the configuration cannot see it; the ledger can.
 */
import type { CaConfiguration, GenerationConfiguration } from "#contract/ca-requests.ts";
import { type Generation, hasEnded } from "./generation.ts";
import type { Ledger } from "./ports.ts";
import { Refused } from "./refusal.ts";

export async function assertChangesAllowed(
  ledger: Ledger,
  wanted: CaConfiguration,
  now: Date,
): Promise<void> {
  const before = await ledger.configuration();
  const known = await ledger.generations();
  for (const generation of known) assertNotRemoved(generation, wanted, now);
  for (const one of wanted.generations) {
    const generation = known.find((candidate) => candidate.id === one.id);
    if (one.status === "active") assertTrustedFirst(one, generation, known);
    if (one.status === "retired") await assertOutOfUse(ledger, one, generation, before, now);
  }
}

function assertNotRemoved(generation: Generation, wanted: CaConfiguration, now: Date): void {
  if (wanted.generations.some((one) => one.id === generation.id)) return;
  const period = wanted.crl.publishEveryMinutes * 60;
  if (!generation.issuing || hasEnded(generation, now, period)) return;
  throw new Refused(
    "generation-removed",
    `generation ${generation.id} has certificates until ${generation.lastLeafNotAfter?.toISOString()}: keep it as "retired" until then, its CRL must go on`,
  );
}

/** Issuing under a CA that no truststore holds yet: its clients would be refused everywhere. */
function assertTrustedFirst(
  one: GenerationConfiguration,
  generation: Generation | undefined,
  known: readonly Generation[],
): void {
  if (generation?.trustedSince || !known.some((other) => other.trustedSince)) return;
  throw new Refused(
    "generation-not-yet-trusted",
    `generation ${one.id} was in no truststore yet: deploy it as "trusted" first, in the CA and in every API`,
  );
}

async function assertOutOfUse(
  ledger: Ledger,
  one: GenerationConfiguration,
  generation: Generation | undefined,
  before: CaConfiguration | undefined,
  now: Date,
): Promise<void> {
  const wasRetired = before?.generations.some((other) => other.id === one.id && other.status === "retired");
  if (wasRetired || one.retireWithValidCertificates || !generation?.issuing) return;
  if (await ledger.hasValidCertificate(generation.issuing.keyHash, now))
    throw new Refused(
      "generation-in-use",
      `generation ${one.id} has valid certificates (the last until ${generation.lastLeafNotAfter?.toISOString()}): replace or revoke them, or say retireWithValidCertificates`,
    );
}
