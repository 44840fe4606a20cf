/**
 * What a configuration may not do to the generations that the ledger knows: each of these would lock clients out,
 * or let the CA issue what nobody accepts yet. The schema of the configuration cannot see it; the ledger can.
 */
import type { CaConfiguration, GenerationConfiguration } from "#contract/ca-requests.ts";
import { parseCertificate } from "#pki/certificate.ts";
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
    assertSamePublicUrl(one, generation, before, now);
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

/**
 * Leaves name the CRL's address and the CRL repeats it (RFC 5280 6.3.3 b): with another address in the CRL, every
 * leaf that was issued before would be of unknown status.
 */
function assertSamePublicUrl(
  one: GenerationConfiguration,
  generation: Generation | undefined,
  before: CaConfiguration | undefined,
  now: Date,
): void {
  const was = before?.generations.find((other) => other.id === one.id);
  if (!was || !generation || was.publicUrl === one.publicUrl || hasEnded(generation, now, 0)) return;
  throw new Refused(
    "public-url-changed",
    `generation ${one.id} has certificates that name ${was.publicUrl ?? "no address of a CRL"}: its publicUrl stays; give another one to a new generation`,
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
  // What its root has revoked is refused already.
  const issuing = parseCertificate(generation.issuing.certificate);
  if (generation.root && (await ledger.revocation(generation.root.keyHash, issuing.serial))) return;
  if (await ledger.hasValidCertificate(generation.issuing.keyHash, now))
    throw new Refused(
      "generation-in-use",
      `generation ${one.id} has valid certificates (the last until ${generation.lastLeafNotAfter?.toISOString()}): replace or revoke them, or say retireWithValidCertificates`,
    );
}
