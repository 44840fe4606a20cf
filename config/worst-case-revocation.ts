/**
 * How long a revoked certificate may still be accepted (invariant I7), in seconds from the moment at which the
 * ledger records the revocation. Computed from the configuration alone.
 *
 * - honest: the bucket holds what was published last and can be reached. Publishing follows the revocation at
 *   once; should that fail, the schedule does it. A bucket that cannot be reached adds `maxOutageSeconds` at most.
 * - hostile: somebody who can write the bucket puts back the last CRL from before the revocation. It is believed
 *   until its greatest age and no longer.
 * Where revocation is off (engine "tls") both are infinite.
 */
import type { ApiEnvironment, Environment } from "./environment.ts";

export interface WorstCaseRevocation {
  readonly honest: number;
  readonly hostile: number;
}

export function worstCaseRevocationSeconds(
  environment: Environment,
  api: ApiEnvironment,
): WorstCaseRevocation {
  if (api.authorizer.revocation === "off")
    return { honest: Number.POSITIVE_INFINITY, hostile: Number.POSITIVE_INFINITY };
  const { publishEveryMinutes, maxAgeMinutes } = environment.ca.crl;
  const honest = publishEveryMinutes * 60 + api.authorizer.refreshSeconds;
  const hostile = maxAgeMinutes * 60;
  // No honest bucket does worse than a hostile one: the greatest age holds for both.
  return { honest: Math.min(honest, hostile), hostile };
}

/** Both in one line. */
export function revocationPromise(
  environment: Environment,
  api: ApiEnvironment,
  duration = (seconds: number): string => `${seconds} s`,
): string {
  const { honest, hostile } = worstCaseRevocationSeconds(environment, api);
  if (!Number.isFinite(honest)) return "a revoked client is never refused: revocation is off";
  return `a revoked client is refused within ${duration(honest)}, within ${duration(hostile)} if somebody puts back an old CRL`;
}
