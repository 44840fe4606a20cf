/**
 * A secret of Secrets Manager with both its values during rotation: the stages AWSCURRENT and AWSPREVIOUS.
 *
 * Asked each time; rejects unless the current value can be had. There may be no previous one.
 */
import type { FunctionEnvironment } from "./function-credentials.ts";
import { createSecretFetch } from "./secret-value.ts";

export interface RotatingSecret {
  readonly current: string;
  readonly previous?: string;
}

export type RotatingSecretReader = (id: string) => Promise<RotatingSecret>;

export function createRotatingSecretReader(options: {
  readonly environment: FunctionEnvironment;
  readonly timeoutMilliseconds: number;
}): RotatingSecretReader {
  const fetchSecret = createSecretFetch(options);
  return async (id) => {
    const ask = (stage: string) => fetchSecret({ store: "secrets-manager", id, stage });
    const [current, previous] = await Promise.all([ask("AWSCURRENT"), ask("AWSPREVIOUS")]);
    if ("problem" in current) throw new Error(`secret ${id}: ${current.problem}`);
    if ("value" in previous) return { current: current.value, previous: previous.value };
    // No version bears the stage. Any other refusal (a key that may not be used, a secret to be deleted) is not that.
    if (previous.error === "ResourceNotFoundException") return { current: current.value };
    throw new Error(`secret ${id}, AWSPREVIOUS: ${previous.problem}`);
  };
}
