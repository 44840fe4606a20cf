/**
 * Whether a text is one of the values of the edge's secret, in constant time.
 *
 * Guarantees: the values are read at run time and kept for a minute; an unknown text has them read anew, so that a
 * rotation breaks nobody, but at most once in `floorSeconds`, so that guessing costs Secrets Manager nothing. While it
 * cannot be read, the last values serve for five minutes. A value that is no random text of its length is none.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { edgeSecretPattern } from "#contract/private-edge.ts";

export interface EdgeSecretsOptions {
  /** All values that count now; rejects when they cannot be had. */
  readonly read: () => Promise<readonly (string | undefined)[]>;
  readonly now: () => Date;
}

export const keptSeconds = 60;
export const floorSeconds = 5;
export const maxOutageSeconds = 300;

export class EdgeSecrets {
  readonly #options: EdgeSecretsOptions;
  #hashes: readonly Buffer[] = [];
  /** Milliseconds: when the last reading that succeeded began, and the last of all. */
  #readAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #problem: unknown;
  #reading: Promise<void> | undefined;

  constructor(options: EdgeSecretsOptions) {
    this.#options = options;
  }

  /** Rejects when nobody can say. */
  async matches(text: string): Promise<boolean> {
    if (this.#age(this.#readAt) >= keptSeconds || !this.#knows(text)) await this.#refresh();
    if (this.#age(this.#readAt) > maxOutageSeconds) throw this.#problem;
    return this.#knows(text);
  }

  /** One reading at a time, and none too soon after the last. */
  async #refresh(): Promise<void> {
    if (!this.#reading && this.#age(this.#triedAt) >= floorSeconds)
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
      });
    // A failure counts once the last values are too old.
    await this.#reading?.catch((error: unknown) => {
      this.#problem = error;
    });
  }

  async #read(): Promise<void> {
    const begun = this.#options.now().getTime();
    this.#triedAt = begun;
    const values = (await this.#options.read()).filter((one) => one !== undefined);
    const usable = values.filter((one) => edgeSecretPattern.test(one));
    if (usable.length === 0) throw new Error("the edge's secret has no value that can be used");
    this.#hashes = usable.map(hash);
    this.#readAt = begun;
  }

  /** Every value is compared, whichever fits. */
  #knows(text: string): boolean {
    const given = hash(text);
    return this.#hashes.map((one) => timingSafeEqual(one, given)).includes(true);
  }

  /** Seconds; a clock that goes backwards counts as long ago. */
  #age(at: number): number {
    const seconds = (this.#options.now().getTime() - at) / 1000;
    return seconds >= 0 ? seconds : Number.POSITIVE_INFINITY;
  }
}

const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
