/** The greatest age at which the authorizer believes a CRL. */
export function believedMinutes(all: {
  readonly maxAgeMinutes?: number | undefined;
  readonly publishEveryMinutes: number;
}): number {
  return all.maxAgeMinutes ?? 3 * all.publishEveryMinutes;
}
