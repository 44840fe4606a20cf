/**
 * The authorization server's public keys, from its JWKS (RFC 7517) or from the policy.
 *
 * Guarantees: fetched on first need and again when they are ten minutes old; an unknown key id asks again, with one
 * request in flight and at most once in 30 seconds, so that nobody can make us hammer the server; a server that
 * fails keeps its last keys for an hour at most; a failure is never remembered as an answer.
 */
import type { PublicJwk } from "#contract/token-policy.ts";
import type { JsonExchange } from "./json-exchange.ts";

export interface KeyName {
  readonly kid: string | undefined;
  readonly alg: string;
  readonly kty: string;
}
export type KeyAnswer =
  | { readonly key: PublicJwk }
  /** The server has no such key, or several that it could be. */
  | { readonly unknown: true }
  | { readonly failed: string };

const freshSeconds = 600;
const outageSeconds = 3600;
const pauseSeconds = 30;

interface Fetched {
  readonly keys: readonly PublicJwk[];
  readonly at: number;
}

export class JwksSource {
  readonly #exchange: JsonExchange;
  readonly #now: () => Date;
  #fetched: Fetched | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  #inFlight: Promise<string | undefined> | undefined;

  constructor(exchange: JsonExchange, now: () => Date) {
    this.#exchange = exchange;
    this.#now = now;
  }

  async find(name: KeyName): Promise<KeyAnswer> {
    const failed = this.#isDue() ? await this.#refresh() : undefined;
    const found = this.#pick(name);
    if (found) return { key: found };
    if (failed !== undefined) return { failed };
    if (!this.#mayAsk()) return { unknown: true };
    // Perhaps the server has a new key.
    const failedAgain = await this.#refresh();
    const rotated = this.#pick(name);
    if (rotated) return { key: rotated };
    return failedAgain === undefined ? { unknown: true } : { failed: failedAgain };
  }

  #isDue(): boolean {
    return !this.#usable() || (this.#age() >= freshSeconds && this.#mayAsk());
  }

  #refresh(): Promise<string | undefined> {
    this.#inFlight ??= this.#fetch().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  async #fetch(): Promise<string | undefined> {
    this.#triedAt = this.#seconds();
    const answer = await this.#exchange({});
    if ("failed" in answer) return answer.failed;
    const { keys } = answer.json;
    if (!Array.isArray(keys) || !keys.every(isObject)) return "no key set";
    this.#fetched = { keys, at: this.#seconds() };
    return undefined;
  }

  #pick(name: KeyName): PublicJwk | undefined {
    return this.#usable() ? pickKey(this.#fetched?.keys ?? [], name) : undefined;
  }

  #usable(): boolean {
    return this.#age() < outageSeconds;
  }

  /** A clock that went backwards makes keys old. */
  #age(): number {
    const age = this.#fetched ? this.#seconds() - this.#fetched.at : Number.POSITIVE_INFINITY;
    return age >= 0 ? age : Number.POSITIVE_INFINITY;
  }

  #mayAsk(): boolean {
    const since = this.#seconds() - this.#triedAt;
    return since >= pauseSeconds || since < 0;
  }

  #seconds(): number {
    return this.#now().getTime() / 1000;
  }
}

/** By id, algorithm and type; without an id the key must be the only one of its kind. */
export function pickKey(keys: readonly PublicJwk[], { kid, alg, kty }: KeyName): PublicJwk | undefined {
  const fit = keys.filter(
    (key) =>
      key.kty === kty &&
      (kid === undefined || key.kid === kid) &&
      (key.alg === undefined || key.alg === alg) &&
      (key.use === undefined || key.use === "sig"),
  );
  return fit.length === 1 ? fit[0] : undefined;
}

const isObject = (value: unknown): value is PublicJwk => typeof value === "object" && value !== null;
