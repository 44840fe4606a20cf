/** How authorizer and integration reach functions and backends: through these, so that a test can be either. */
import type { Invocation } from "#aws/deployed-function.ts";
import type { LocalBackends } from "./http-integration.ts";

export interface FunctionPorts {
  /** Rejects when the function could not be reached, or when `signal` aborts first. */
  readonly invoke: (functionArn: string, event: string, signal: AbortSignal) => Promise<Invocation>;
  /** The function's resource policy as last read; undefined when it has none. */
  readonly functionPolicy: (functionArn: string) => string | undefined;
  /** Backends on this machine, by the host name under which the API knows them. */
  readonly backends: LocalBackends;
  readonly clock: () => Date;
}
