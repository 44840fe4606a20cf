/** Which of two lists of one issuer is the older. */

export interface Ordered {
  readonly number?: bigint;
  readonly thisUpdate: Date;
}

/**
 * By number (RFC 5280 5.2.3); where both have the same or none, by date. A list that lost its number is older than
 * any that had one. Dates do not overrule numbers: two publishers' clocks may differ by a second.
 */
export function isOlder(next: Ordered, seen: Ordered): boolean {
  if (seen.number !== undefined && next.number === undefined) return true;
  if (seen.number !== undefined && next.number !== undefined && next.number !== seen.number)
    return next.number < seen.number;
  return next.thisUpdate.getTime() < seen.thisUpdate.getTime();
}
