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
    // ResourceNotFoundException: no version bears the stage.
    if (previous.status === 400) return { current: current.value };
    throw new Error(`secret ${id}, AWSPREVIOUS: ${previous.problem}`);
  };
}
