/**
 * A span of time as NGINX can test it: regular expressions over `$msec` (seconds since 1970, a point, milliseconds).
 *
 * Guarantees: exact to the second, `from` included and `until` not; by the clock alone, in no time zone; a handful of
 * prefixes however long the span. So a list's end closes the door even when nothing refreshes it any more.
 */

/** Of `$msec`, one to a run of seconds that share their first digits; none where the span is empty. */
export function timeWindow(from: Date, until: Date): string[] {
  const first = Math.floor(from.getTime() / 1000);
  const end = Math.floor(until.getTime() / 1000);
  if (!(first >= least && end <= most)) throw new Error("a time that has not ten digits");
  const patterns: string[] = [];
  for (let at = first; at < end; ) {
    const zeros = runOfZeros(at, end);
    const digits = String(at);
    const prefix = digits.slice(0, digits.length - zeros);
    patterns.push(`~^${prefix}${zeros === 0 ? "" : `[0-9]{${zeros}}`}[.]`);
    at += 10 ** zeros;
  }
  return patterns;
}

/** Ten digits: from 2001 to 2286. */
const least = 1_000_000_000;
const most = 9_999_999_999;

/** How many last digits may be anything: the longest run that begins at `at` and ends by `end`. */
function runOfZeros(at: number, end: number): number {
  let zeros = 0;
  while (at % 10 ** (zeros + 1) === 0 && at + 10 ** (zeros + 1) <= end) zeros++;
  return zeros;
}
