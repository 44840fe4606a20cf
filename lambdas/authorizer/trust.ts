/** Whom the authorizer trusts: the policy's issuers, found by fingerprint in a truststore that is itself pinned. */
import type { AuthorizerPolicy } from "#contract/authorizer-policy.ts";
import { type PinnedIssuer, pinnedIssuers } from "#pki/pinned-issuers.ts";

export type Issuer = PinnedIssuer;

export interface Trust {
  readonly policy: AuthorizerPolicy;
  readonly issuers: readonly Issuer[];
}

/** Throws on the first issuer that the truststore does not bear out. */
export const buildTrust = (policy: AuthorizerPolicy, truststorePem: string): Trust => ({
  policy,
  issuers: pinnedIssuers(policy.issuers, truststorePem),
});
