/**
 * What a decision needs besides the event: where the function is deployed, whom it trusts, the CRLs, the time.
 * Made once per process; everything that is fetched is fetched on first need.
 */
import type { SignedGet } from "#aws/signed-get.ts";
import { CrlSource } from "./crl-source.ts";
import { type PolicyPin, PolicySource } from "./policy-source.ts";
import { CertificateStep } from "./steps/certificate.ts";
import type { Deployment } from "./steps/place.ts";
import type { Crls } from "./steps/revocation.ts";
import type { Issuer, Trust } from "./trust.ts";

export interface Gate {
  readonly deployment: Deployment;
  readonly now: () => Date;
  /** Milliseconds since whenever. */
  readonly stopwatch: () => number;
  trust(): Promise<Trust>;
  certificates(): Promise<CertificateStep>;
  crls(issuer: Issuer): Promise<Crls>;
}

export interface GateOptions {
  readonly deployment: Deployment;
  readonly policy: PolicyPin;
  readonly get: SignedGet;
  readonly now: () => Date;
  readonly stopwatch: () => number;
}

/** A million entries with reasons are about 50 MB. */
const maxCrlBytes = 64 * 1024 * 1024;

export function openGate(options: GateOptions): Gate {
  const { deployment, get, now, stopwatch } = options;
  const source = new PolicySource(get, options.policy);
  let made:
    | { readonly trust: Trust; readonly certificates: CertificateStep; readonly crls: CrlSource }
    | undefined;
  const opened = async () => {
    const trust = await source.trust();
    made ??= { trust, certificates: new CertificateStep(trust.issuers), crls: crlSource(trust, get, now) };
    return made;
  };
  return {
    deployment,
    now,
    stopwatch,
    trust: () => source.trust(),
    certificates: async () => (await opened()).certificates,
    crls: async (issuer) => {
      const { crls } = await opened();
      const [issuing, root] = await Promise.all([
        crls.current(issuer.issuingCrlKey, issuer.issuing),
        crls.current(issuer.rootCrlKey, issuer.root),
      ]);
      return { issuing, root };
    },
  };
}

function crlSource({ policy }: Trust, get: SignedGet, now: () => Date): CrlSource {
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
