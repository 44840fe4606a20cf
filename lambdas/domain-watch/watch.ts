/**
 * How much time is left and whether what is deployed is still what was deployed: each measure by itself, so that
 * one which fails hides no other.
 *
 * A measure that cannot be taken is absent, never a guess: its alarm treats silence as bad.
 */
import { createHash } from "node:crypto";
import type { AuthorizerPolicy } from "#contract/authorizer-policy.ts";
import type { DomainMeasure } from "#contract/metrics.ts";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { type OpenedCrl, openCrl } from "#pki/crl/open.ts";
import { decodePem } from "#pki/pem.ts";

export interface WatchedDomain {
  readonly truststoreVersion?: string;
  readonly warnings: readonly string[];
  readonly certificateArn?: string;
}

export interface StoredObject {
  readonly body: Buffer;
  readonly versionId?: string;
}

/** What is looked at; every call may fail by itself. */
export interface Sources {
  domain(): Promise<WatchedDomain>;
  certificateEnd(certificateArn: string): Promise<Date>;
  policy(): Promise<AuthorizerPolicy>;
  /** Of the CA's bucket; the latest version when none is named. */
  object(policy: AuthorizerPolicy, key: string, version?: string): Promise<StoredObject>;
}

export interface Observation {
  readonly values: Readonly<Partial<Record<DomainMeasure, number>>>;
  readonly failures: Readonly<Partial<Record<DomainMeasure, unknown>>>;
}

export async function watch(sources: Sources, now: Date): Promise<Observation> {
  const once = remember(sources);
  const values: Partial<Record<DomainMeasure, number>> = {};
  const failures: Partial<Record<DomainMeasure, unknown>> = {};
  await Promise.all(
    (Object.entries(measures) as [DomainMeasure, Measure][]).map(async ([name, measure]) => {
      try {
        const value = await measure(once, now);
        if (value !== undefined) values[name] = value;
      } catch (error) {
        failures[name] = error;
      }
    }),
  );
  return { values, failures };
}

/** Undefined: there is nothing to measure. */
type Measure = (seen: Seen, now: Date) => Promise<number | undefined>;

const measures: Readonly<Record<DomainMeasure, Measure>> = {
  crlAge: async (seen, now) =>
    most((await seen.crls("issuing")).map((crl) => (now.getTime() - crl.thisUpdate.getTime()) / 1000)),
  rootCrlDays: async (seen, now) => least((await seen.crls("root")).map((crl) => days(crl.nextUpdate, now))),
  caDays: async (seen, now) =>
    least([...(await seen.certificates()).values()].map((one) => days(one.notAfter, now))),
  serverDays: async (seen, now) => {
    const { certificateArn } = await seen.domain();
    if (certificateArn === undefined) throw new Error("the domain names no certificate");
    return days(await seen.certificateEnd(certificateArn), now);
  },
  truststoreWarnings: async (seen) => (await seen.domain()).warnings.length,
  truststoreBehind: async (seen) => {
    const { truststoreVersion } = await seen.domain();
    const { key } = (await seen.policy()).truststore;
    const latest = await seen.object(key);
    if (latest.versionId === undefined) throw new Error("the bucket names no version of the truststore");
    return latest.versionId === truststoreVersion ? 0 : 1;
  },
  truststoreMoved: async (seen) =>
    (await seen.domain()).truststoreVersion === (await seen.policy()).truststore.version ? 0 : 1,
};

const most = (all: readonly number[]) => (all.length > 0 ? Math.max(...all) : undefined);
const least = (all: readonly number[]) => (all.length > 0 ? Math.min(...all) : undefined);
const days = (end: Date, now: Date): number => (end.getTime() - now.getTime()) / 86_400_000;

interface Seen {
  readonly domain: () => Promise<WatchedDomain>;
  readonly policy: () => Promise<AuthorizerPolicy>;
  readonly certificateEnd: Sources["certificateEnd"];
  readonly object: (key: string, version?: string) => Promise<StoredObject>;
  /** Of the truststore that the deployment pinned, by fingerprint. */
  readonly certificates: () => Promise<ReadonlyMap<string, Certificate>>;
  readonly crls: (of: "issuing" | "root") => Promise<readonly OpenedCrl[]>;
}

/** What several measures look at is asked for once a run. */
function remember(sources: Sources): Seen {
  const domain = lazily(() => sources.domain());
  const policy = lazily(() => sources.policy());
  const object = async (key: string, version?: string) => sources.object(await policy(), key, version);
  const certificates = lazily(async () => {
    const { key, version } = (await policy()).truststore;
    const { body } = await object(key, version);
    return new Map(
      decodePem(body.toString("latin1"), "CERTIFICATE").map((der) => [
        createHash("sha256").update(der).digest("hex"),
        parseCertificate(der),
      ]),
    );
  });
  const crls = async (of: "issuing" | "root") => {
    const { issuers, revocation } = await policy();
    // An environment without revocation has no lists.
    if (revocation === "off") return [];
    return Promise.all(
      issuers.map(async (one) => {
        const issuer = (await certificates()).get(one[`${of}Fingerprint`]);
        if (!issuer) throw new Error(`the ${of} CA of ${one.generation} is not in the truststore`);
        return openCrl((await object(one[`${of}CrlKey`])).body, issuer);
      }),
    );
  };
  return { domain, policy, object, certificates, crls, certificateEnd: (arn) => sources.certificateEnd(arn) };
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
