/** How authorizer and integration reach functions: through these, so that a test can be the function. */
import type { Invocation } from "#aws/deployed-function.ts";

export interface FunctionPorts {
  /** Rejects when the function could not be reached, or when `signal` aborts first. */
  readonly invoke: (functionArn: string, event: string, signal: AbortSignal) => Promise<Invocation>;
  /** The function's resource policy as last read; undefined when it has none. */
  readonly functionPolicy: (functionArn: string) => string | undefined;
  readonly clock: () => Date;
}
