/** What the gateway tells about itself, for people and for checks; AWS has nothing like it. No token, no query. */
import type { Reason } from "./reason.ts";

export type GatewayRecord =
  | {
      readonly event: "answered";
      readonly at: string;
      readonly requestId: string;
      readonly status: number;
      readonly method: string;
      readonly host: string;
      readonly path: string;
      /** Left out: the function's own answer. */
      readonly reason?: Reason;
      readonly notes?: readonly string[];
    }
  | {
      /** A connection ended without an HTTP answer, or with one that the HTTP parser gave. */
      readonly event: "closed";
      readonly at: string;
      readonly serverName: string | undefined;
      readonly reason: Reason;
    }
  | {
      readonly event: "configured";
      readonly at: string;
      readonly truststoreVersion: string | undefined;
      readonly deployments: readonly string[];
      readonly warnings: readonly string[];
    }
  | { readonly event: "failed"; readonly at: string; readonly what: string; readonly message: string };
