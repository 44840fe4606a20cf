/**
 * Tells of every leaf that nears its end, of every generation, each step of `expiryDays` once. A daily look tells what
 * crosses a step within the day that follows, so that nobody hears of it later than promised; it begins where the
 * last look ended, so that a run that is late or missed leaves nothing out and none is told twice.
 *
 * The look is saved before the run ends; where the telling itself fails, the log has it. Of several steps that
 * fall into one look only the last is told; steps before the certificate's own beginning are not.
 */
import { expiryDays } from "#contract/ca-events.ts";
import { completeGeneration } from "./generation.ts";
import type { CertificateEntry, Clock, Ledger, Log } from "./ports.ts";
import { addSeconds, wholeSeconds } from "./times.ts";

const day = 86_400;

export async function tellExpiring({
  ledger,
  clock,
  log,
}: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<void> {
  const now = wholeSeconds(clock.now());
  // The first look: as if the one of yesterday had been made.
  const from = addSeconds((await ledger.lastExpiryLook()) ?? addSeconds(now, -day), day);
  const until = addSeconds(now, day);
  const latestEnd = addSeconds(until, Math.max(...expiryDays) * day);
  for (const generation of await ledger.generations()) {
    if (!generation.root || !generation.issuing) continue;
    const { root, issuing } = completeGeneration(generation.id, generation);
    if (await ledger.revocation(root.keyHash, issuing.certificate.serial)) continue;
    for (const one of await ledger.validCertificates(issuing.keyHash, now, latestEnd)) {
      const days = stepBetween(one, from, until);
      if (days === undefined || !one.issuedAt) continue;
      const { serial, subject, profile, caller, client, notAfter } = one;
      log("expiring", {
        ...{ generation: generation.id, serial, subject, profile, caller },
        ...(client === undefined ? {} : { client }),
        ...{ notAfter: notAfter.toISOString(), days },
      });
    }
  }
  await ledger.saveExpiryLook(now);
}

/** The last step that is crossed after `from` and up to `until`. */
function stepBetween(
  { notAfter, recordedAt }: Pick<CertificateEntry, "notAfter" | "recordedAt">,
  from: Date,
  until: Date,
): number | undefined {
  const crossed = expiryDays.filter((days) => {
    const step = addSeconds(notAfter, -days * day);
    return step > from && step <= until && step > recordedAt;
  });
  return crossed.length > 0 ? Math.min(...crossed) : undefined;
}
