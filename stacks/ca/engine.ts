/** What an engine is given and what it must answer, whichever it is: the CA stack's outputs are made from it. */
import type { TerraformResource } from "cdktf";
import type { Environment } from "#config/environment.ts";
import type { CaIssuer } from "#contract/ca-outputs.ts";
import type { ExternalBucket } from "./external-bucket.ts";

export interface EngineProps<E extends Environment = Environment> {
  readonly environment: E;
  readonly bucket: ExternalBucket;
}

export interface EngineResults {
  readonly truststore: {
    readonly uri: string;
    readonly version: string;
    readonly sha256: string;
  };
  /** `CaIssuer`s, or an expression that becomes their list. */
  readonly issuers: string | readonly CaIssuer[];
  /** Lists, or an expression. */
  readonly drift: string | readonly [];
  readonly clientNotices: string | readonly [];
  /** What must have happened before the APIs may rely on the outputs. */
  readonly ready: readonly TerraformResource[];
}
