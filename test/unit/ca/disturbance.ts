/**
 * What may happen to calls of ports. `failingAt` lets one call of a run fail, before or after it took effect;
 * `Turns` lets several runs take turns in an order that a seed decides.
 */

export interface Call {
  readonly index: number;
  readonly port: string;
  readonly method: string;
}
/** Wraps the effect of one call. */
export type Disturbance = (call: Call, effect: () => Promise<unknown>) => Promise<unknown>;

/** The port with every asynchronous call disturbed. */
export function disturbed<T extends object>(port: T, name: string, count: () => number, by: Disturbance): T {
  return new Proxy(port, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== "function" || key === "uri") return member;
      return (...args: unknown[]) =>
        by({ index: count(), port: name, method: String(key) }, async () => member.apply(target, args));
    },
  });
}

export class TimedOut extends Error {
  override readonly name = "TimedOut";
}

/** before: nothing happened; after: it happened, and nobody was told. */
export const failingAt =
  (
    index: number,
    when: "before" | "after",
    failure: () => Error = () => new TimedOut("no answer"),
  ): Disturbance =>
  async (call, effect) => {
    if (call.index !== index) return effect();
    if (when === "after") await effect();
    throw failure();
  };

/** Calls of concurrent runs, one after the other in an order drawn from the seed. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #state: number;

  constructor(seed: number) {
    this.#state = seed * 2654435761 + 1;
  }

  readonly disturbance: Disturbance = async (_call, effect) => {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return effect();
  };

  /** Runs until all have settled. */
  async all<T>(runs: readonly Promise<T>[]): Promise<PromiseSettledResult<T>[]> {
    let settled = false;
    const results = Promise.allSettled(runs).finally(() => {
      settled = true;
    });
    while (!settled) {
      // Every run is either done or waiting for its turn once the queue of microtasks is empty.
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#waiting.splice(this.#draw(this.#waiting.length), 1)[0];
      next?.();
    }
    return results;
  }

  /** Numerical Recipes' generator: good enough to shuffle, the same everywhere. */
  #draw(below: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return below === 0 ? 0 : Math.floor((this.#state / 2 ** 32) * below);
  }
}
