/**
 * What a decision needs besides the request: whom it trusts, the CRLs, tokens, hooks, the time.
 * Made once per process; everything that is fetched is fetched on first need.
 */
import type { SecretReader } from "#aws/secret-value.ts";
import type { SignDigest } from "#aws/sign-digest.ts";
import type { SignedGet } from "#aws/signed-get.ts";
import { type BackendTokenRequest, type BackendTokens, backendTokens } from "./backend-tokens.ts";
import { CrlSource } from "./crl-source.ts";
import type { Hooks } from "./hooks.ts";
import { type PolicyPin, PolicySource } from "./policy-source.ts";
import { CertificateStep } from "./steps/certificate.ts";
import type { Crls } from "./steps/revocation.ts";
import type { TokenVerifier } from "./token-verifier.ts";
import { tokenVerifier } from "./tokens/verifier.ts";
import type { Issuer, Trust } from "./trust.ts";

export interface Gate {
  readonly now: () => Date;
  /** Milliseconds since whenever. */
  readonly stopwatch: () => number;
  readonly hooks: Hooks;
  trust(): Promise<Trust>;
  certificates(): Promise<CertificateStep>;
  /** "off" when the policy says so. */
  crls(issuer: Issuer): Promise<Crls | "off">;
  /** Undefined when the policy knows no tokens. */
  tokens(): Promise<TokenVerifier | undefined>;
  /** Rejects when it cannot be signed, or the policy knows no backend. */
  backendToken(request: BackendTokenRequest): Promise<string>;
}

export interface GateOptions {
  readonly policy: PolicyPin;
  readonly get: SignedGet;
  readonly secrets: SecretReader;
  readonly sign: SignDigest;
  readonly hooks: Hooks;
  readonly now: () => Date;
  readonly stopwatch: () => number;
}

interface Made {
  readonly certificates: CertificateStep;
  readonly crls: CrlSource | "off";
  readonly tokens: TokenVerifier | undefined;
  readonly backend: BackendTokens | undefined;
}

/** A million entries with reasons are about 50 MB. */
const maxCrlBytes = 64 * 1024 * 1024;

export function openGate(options: GateOptions): Gate {
  const { get, now, stopwatch, hooks, secrets, sign } = options;
  const source = new PolicySource(get, options.policy);
  let made: Made | undefined;
  const opened = async (): Promise<Made> => {
    const trust = await source.trust();
    const { tokens, backend } = trust.policy;
    made ??= {
      certificates: new CertificateStep(trust.issuers),
      crls: crlSource(trust, get, now),
      tokens: tokens && tokenVerifier(tokens, now, secrets),
      backend: backend && backendTokens(backend, sign, now),
    };
    return made;
  };
  return {
    now,
    stopwatch,
    hooks,
    trust: () => source.trust(),
    certificates: async () => (await opened()).certificates,
    tokens: async () => (await opened()).tokens,
    backendToken: async (request) => {
      const { backend } = await opened();
      if (!backend) throw new Error("the route goes to a backend, and the policy knows none");
      return backend(request);
    },
    crls: async (issuer) => {
      const { crls } = await opened();
      if (crls === "off") return "off";
      const [issuing, root] = await Promise.all([
        crls.current(issuer.issuingCrlKey, issuer.issuing),
        crls.current(issuer.rootCrlKey, issuer.root),
      ]);
      return { issuing, root };
    },
  };
}

function crlSource({ policy }: Trust, get: SignedGet, now: () => Date): CrlSource | "off" {
  if (policy.revocation === "off") return "off";
  const { bucket, region } = policy.truststore;
  const { refreshSeconds, maxOutageSeconds } = policy.revocation;
  return new CrlSource({
    get: (key, etag) =>
      get({
        bucket,
        region,
        key,
        maxBytes: maxCrlBytes,
        ...(etag === undefined ? {} : { ifNoneMatch: etag }),
      }),
    refreshSeconds,
    maxOutageSeconds,
    now,
  });
}
