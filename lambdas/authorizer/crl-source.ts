/**
 * The CRLs in the CA's bucket, each kept in memory and asked for again by ETag every `refreshSeconds`, before the
 * decision that needs it (a background refresh would sleep with the function).
 *
 * Guarantees:
 * - An answer that is no good list (garbage, another issuer's, an older one, 403, 404) is believed at once: there
 *   is no list until the bucket has a good one again. Its last good copy is not used meanwhile.
 * - No answer (time-out, no connection, 429, 5xx) lets the last good copy serve, until `maxOutageSeconds` after
 *   the last successful contact began.
 * - Within this process a list's number never goes back, nor its date where the number stays.
 * - One request in flight per list; who comes meanwhile waits for it.
 * Not here: whether a list is fresh enough, which is asked at each decision (steps/revocation.ts).
 *
 * Time is wall time on purpose: a monotonic clock may stand still while a function is frozen, and then an old list
 * would look just fetched. A clock that goes backwards counts as "time to ask".
 */
import type { ObjectAnswer } from "#aws/signed-get.ts";
import type { Certificate } from "#pki/certificate.ts";
import { isOlder } from "#pki/crl/older.ts";
import { type OpenedCrl, openCrl } from "#pki/crl/open.ts";
import { unknownCodeOf } from "#pki/crl/unknown.ts";
import type { CrlState } from "./steps/revocation.ts";

export interface CrlSourceOptions {
  /** A conditional GET of one object of the CA's bucket. */
  readonly get: (key: string, etag: string | undefined) => Promise<ObjectAnswer>;
  readonly refreshSeconds: number;
  readonly maxOutageSeconds: number;
  readonly now: () => Date;
}

interface Entry {
  /** The last good list; its ETag is what we ask with, so that its return is recognised. */
  good?: { readonly crl: OpenedCrl; readonly etag: string | undefined };
  /** Why the bucket's present object is no list for us; cleared by a good one. */
  invalid?: string;
  /** Why the last request got no answer; cleared by any answer. */
  outage?: string;
  /** When the last request that got an answer began (milliseconds). */
  contactAt: number;
  /** When to ask again (milliseconds), and since when that is so. */
  nextAt: number;
  scheduledAt: number;
  inFlight?: Promise<void>;
}

/** After a failure the bucket is asked again this soon, or sooner if it is refreshed more often than that. */
const retrySeconds = 1;

export class CrlSource {
  readonly #options: CrlSourceOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: CrlSourceOptions) {
    this.#options = options;
  }

  /** The list at `key`, if it can be believed that this is what the bucket holds and it is `issuer`'s. */
  async current(key: string, issuer: Certificate): Promise<CrlState> {
    const entry = this.#entry(key, issuer);
    if (!entry.inFlight && this.#isDue(entry))
      entry.inFlight = this.#refresh(entry, key, issuer).finally(() => {
        delete entry.inFlight;
      });
    await entry.inFlight;
    return this.#state(entry);
  }

  #entry(key: string, issuer: Certificate): Entry {
    const id = `${issuer.fingerprint} ${key}`;
    const known = this.#entries.get(id);
    if (known) return known;
    const made: Entry = { contactAt: 0, nextAt: 0, scheduledAt: 0 };
    this.#entries.set(id, made);
    return made;
  }

  #isDue(entry: Entry): boolean {
    const now = this.#now();
    return now >= entry.nextAt || now < entry.scheduledAt;
  }

  async #refresh(entry: Entry, key: string, issuer: Certificate): Promise<void> {
    const { get, refreshSeconds } = this.#options;
    const startedAt = this.#now();
    const answer = await get(key, entry.good?.etag);
    accept(entry, answer, issuer);
    if (entry.outage === undefined) entry.contactAt = startedAt;
    const failed = entry.outage !== undefined || entry.invalid !== undefined;
    // A good answer's time counts from the request, so that nothing is ever older than refreshSeconds.
    entry.scheduledAt = failed ? this.#now() : startedAt;
    const wait = failed ? Math.min(retrySeconds, refreshSeconds) : refreshSeconds;
    entry.nextAt = entry.scheduledAt + wait * 1000;
  }

  #state(entry: Entry): CrlState {
    const { good, invalid, outage } = entry;
    if (invalid !== undefined) return { unknown: invalid };
    if (!good) return { unknown: outage ?? "no list" };
    if (outage === undefined) return good;
    const silence = this.#now() - entry.contactAt;
    const bearable = silence >= 0 && silence <= this.#options.maxOutageSeconds * 1000;
    return bearable ? good : { unknown: `bucket out of reach: ${outage}` };
  }

  #now(): number {
    return this.#options.now().getTime();
  }
}

/** What an answer makes of an entry. */
function accept(entry: Entry, answer: ObjectAnswer, issuer: Certificate): void {
  if (answer.kind === "unavailable") {
    entry.outage = answer.reason;
    return;
  }
  delete entry.outage;
  const problem = problemWith(entry, answer, issuer);
  if (problem === undefined) delete entry.invalid;
  else entry.invalid = problem;
}

/** Takes over a good list; says why not otherwise. */
function problemWith(
  entry: Entry,
  answer: Exclude<ObjectAnswer, { kind: "unavailable" }>,
  issuer: Certificate,
): string | undefined {
  if (answer.kind === "refused") return answer.reason;
  // Asked with the good list's ETag, so this is the good list; without one nothing was asked conditionally.
  if (answer.kind === "not-modified") return entry.good ? undefined : "status 304";
  const opened = open(answer.body, issuer);
  if (typeof opened === "string") return opened;
  if (entry.good && isOlder(opened, entry.good.crl)) return "older than one already seen";
  entry.good = { crl: opened, etag: answer.etag };
  return undefined;
}

function open(der: Buffer, issuer: Certificate): OpenedCrl | string {
  try {
    return openCrl(der, issuer);
  } catch (error) {
    const code = unknownCodeOf(error);
    if (code === undefined) throw error;
    return code;
  }
}
