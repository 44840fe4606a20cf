/**
 * The authorizer's policy: data that may grow with the number of clients, so it is an object in a bucket of
 * the API account, pinned by version and SHA-256 (a function's environment holds 4 KB in all).
 *
 * Written by the API stack at deployment, read by the authorizer at cold start.
 */
import type { CaIssuer } from "./ca-outputs.ts";

/** What an attribute of the subject must be. Every value of that type must satisfy it; none present fails. */
export type AttributeRule = { readonly equals: string } | { readonly oneOf: readonly string[] };

export interface Rule {
  /** Names the rule in audit lines and in the authorizer's context. */
  readonly name: string;
  /** Route keys (`POST /api`) or "all". */
  readonly routes: "all" | readonly string[];
  /** Subject attribute type (CN, O, OU, C …) → what it must be; all must hold. */
  readonly subject: Readonly<Record<string, AttributeRule>>;
}

export interface AuthorizerPolicy {
  readonly truststore: {
    readonly bucket: string;
    readonly region: string;
    readonly key: string;
    readonly version: string;
    readonly sha256: string;
  };
  readonly issuers: readonly CaIssuer[];
  readonly revocation: {
    /** A CRL older than this is not believed, whatever its nextUpdate says (seconds). */
    readonly issuingMaxAgeSeconds: number;
    readonly rootMaxAgeSeconds: number;
    /** How often the bucket is asked for a newer CRL (seconds). */
    readonly refreshSeconds: number;
    /** How long the last good CRL may serve while the bucket cannot be reached (seconds). */
    readonly maxOutageSeconds: number;
  };
  /** First match decides; no match, no access. */
  readonly rules: readonly Rule[];
}

export const policyKey = "authorizer-policy.json";
