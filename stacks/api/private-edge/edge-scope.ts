/** What every part of the private edge is told. */
import type { ApiEnvironment, Environment } from "#config/environment.ts";

export interface EdgeScope {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
  readonly settings: NonNullable<ApiEnvironment["privateEdge"]>;
  /** Of the stack. */
  readonly name: string;
}
