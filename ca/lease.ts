/**
 * Only one reconcile at a time: a short lease in the ledger, taken again before every step. A run that died frees
 * it within a minute. It keeps runs from working against each other; that nothing breaks when two do is owed to
 * the conditional writes, not to the lease.
 */
import { CaFault } from "./fault.ts";
import { patiently } from "./patience.ts";
import type { Clock, Ledger } from "./ports.ts";
import { Refused } from "./refusal.ts";
import { addSeconds } from "./times.ts";

/** Longer than any single step: a denied Sign is retried for 90 s, ca-publish may take 120 s. */
const leaseSeconds = 150;
/** Another run needs a few seconds; a dead one's lease has run out by then. */
const waitSeconds = 180;
const pauseSeconds = 2;

export class Lease {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #owner: string;

  private constructor(ledger: Ledger, clock: Clock, name: string, owner: string) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#name = name;
    this.#owner = owner;
  }

  /** Runs `work` under the lease; refused ("busy") when another run holds it for too long. */
  static async during<T>(
    { ledger, clock }: { readonly ledger: Ledger; readonly clock: Clock },
    name: string,
    owner: string,
    work: (lease: Lease) => Promise<T>,
  ): Promise<T> {
    const lease = new Lease(ledger, clock, name, owner);
    await lease.#acquire();
    try {
      return await work(lease);
    } finally {
      // A lease that cannot be given back runs out; the work's own outcome matters more.
      await ledger.releaseLease(name, owner).catch(() => undefined);
    }
  }

  /** Before every step: still ours, and for long enough; else a fault ("lease-lost"). */
  async hold(): Promise<void> {
    if (!(await this.#take()))
      throw new CaFault("lease-lost", "another reconcile took over: this one has stopped between two steps");
  }

  async #acquire(): Promise<void> {
    const end = addSeconds(this.#clock.now(), waitSeconds);
    // The first call of a fresh deployment: the role's permissions may not have arrived.
    while (!(await patiently(this.#clock, () => this.#take()))) {
      if (this.#clock.now() > end)
        throw new Refused(
          "busy",
          `another run of ${this.#name} has not finished: try again in a few minutes`,
        );
      await this.#clock.wait(pauseSeconds * 1000);
    }
  }

  #take(): Promise<boolean> {
    const now = this.#clock.now();
    return this.#ledger.takeLease(this.#name, this.#owner, now, addSeconds(now, leaseSeconds));
  }
}
