/** Follows one request through the steps: where it is, how long each took, and how it ends. */
import type { Step } from "#contract/problems.ts";
import type { Route } from "#contract/routes.ts";
import type { TokenPolicy } from "#contract/token-policy.ts";
import {
  type Allowed,
  answerTo,
  type Client,
  challengeOf,
  type Denied,
  type Refused,
  stepOf,
} from "./decision.ts";

type Answers = TokenPolicy["answers"] | undefined;

export class Trail {
  #requestId = "unknown";
  readonly #stopwatch: () => number;
  readonly #milliseconds: Partial<Record<Step, number>> = {};
  #step: Step = "place";
  #route: Route | undefined;
  #client: Client | undefined;
  #answers: Answers;
  #revocation: { readonly revocation?: "off" } = {};

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
      this.#milliseconds[name] = (this.#milliseconds[name] ?? 0) + this.#stopwatch() - start;
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

  /** Step 2 was skipped, as the policy says. */
  withoutRevocation(): void {
    this.#revocation = { revocation: "off" };
  }

  /** From here on a refused token is answered as the policy says. */
  answering(answers: Answers): void {
    this.#answers = answers;
  }

  denied({ passed: _, code, challenge = challengeOf(code), ...rest }: Denied): Refused {
    const answer = answerTo(code, this.#answers);
    const said = challenge === undefined ? rest : { ...rest, challenge };
    return { ...this.#refusal(), step: stepOf(code), code, answer, ...said };
  }

  fault(error: unknown): Refused {
    return { ...this.#refusal(), step: this.#step, code: "fault", answer: "fault", error };
  }

  allowed(found: Pick<Allowed, "route" | "client" | "rule" | "grant" | "backendToken" | "context">): Allowed {
    return { allowed: true, ...this.#circumstances(), ...found };
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
    return { requestId: this.#requestId, milliseconds: this.#milliseconds, ...this.#revocation };
  }
}
