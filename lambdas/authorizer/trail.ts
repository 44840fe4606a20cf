/** Follows one request through the steps: where it is, how long each took, and how it ends. */
import type { Step } from "#contract/problems.ts";
import type { Route } from "#contract/routes.ts";
import { type Allowed, type Client, type Denied, type Refused, stepOf } from "./decision.ts";

export class Trail {
  #requestId = "unknown";
  readonly #stopwatch: () => number;
  readonly #milliseconds: Partial<Record<Step, number>> = {};
  #step: Step = "place";
  #route: Route | undefined;
  #client: Client | undefined;

  /** `stopwatch`: milliseconds since whenever. */
  constructor(stopwatch: () => number) {
    this.#stopwatch = stopwatch;
  }

  /** Runs a step; a fault in it is a fault of that step. */
  async step<T>(name: Step, run: () => T | Promise<T>): Promise<T> {
    this.#step = name;
    const start = this.#stopwatch();
    try {
      return await run();
    } finally {
      this.#milliseconds[name] = this.#stopwatch() - start;
    }
  }

  ofRequest(requestId: string): void {
    this.#requestId = requestId;
  }

  onRoute(route: Route): void {
    this.#route = route;
  }

  byClient(client: Client): void {
    this.#client = client;
  }

  denied({ code, detail }: Denied): Refused {
    return { ...this.#refusal(), step: stepOf(code), code, ...(detail === undefined ? {} : { detail }) };
  }

  fault(error: unknown): Refused {
    return { ...this.#refusal(), step: this.#step, code: "fault", error };
  }

  allowed(route: Route, client: Client, rule: string): Allowed {
    return { allowed: true, ...this.#circumstances(), route, client, rule };
  }

  #refusal() {
    return {
      allowed: false as const,
      ...this.#circumstances(),
      ...(this.#route ? { route: this.#route } : {}),
      ...(this.#client ? { client: this.#client } : {}),
    };
  }

  #circumstances() {
    return { requestId: this.#requestId, milliseconds: this.#milliseconds };
  }
}
