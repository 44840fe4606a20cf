/** What a check of `doctor` is, and what it may ask: a reader for each account, the configuration and a clock. */
import type { DeploymentReader } from "#aws/deployment-reader.ts";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { type CaIssuer, caOutputs } from "#contract/ca-outputs.ts";
import { stackNames, stateKey } from "#contract/names.ts";

export interface Finding {
  readonly verdict: "ok" | "warn" | "fail";
  readonly code: string;
  /** The stack, bucket, function … that it is about. */
  readonly subject: string;
  readonly what: string;
  /** What to do; absent when all is well. */
  readonly todo?: string;
}

/** Everything that a check reads. Public methods only, so that a test can play an account. */
export type Reader = Pick<DeploymentReader, keyof DeploymentReader>;

export interface Examined {
  readonly environment: Environment;
  readonly now: Date;
  readonly reader: (account: string, region: string) => Reader;
}

/** `code` names the check; its findings have codes of their own. */
export interface Check {
  readonly code: string;
  readonly run: (at: Examined) => Promise<readonly Finding[]>;
}

export const ok = (code: string, subject: string, what: string): Finding => ({
  ...{ verdict: "ok", code, subject, what },
});
export const warn = (code: string, subject: string, what: string, todo: string): Finding => ({
  ...{ verdict: "warn", code, subject, what, todo },
});
export const fail = (code: string, subject: string, what: string, todo: string): Finding => ({
  ...{ verdict: "fail", code, subject, what, todo },
});

/** Runs a check for each API; a finding is about its stack. */
export function forEachApi(
  code: string,
  one: (at: Examined, api: ApiEnvironment, stack: string) => Promise<readonly Finding[]>,
): Check {
  return {
    code,
    run: async (at) => {
      const all = at.environment.apis.map((api) =>
        one(at, api, stackNames.api(at.environment.name, api.name)),
      );
      return (await Promise.all(all)).flat();
    },
  };
}

export const caReader = ({ environment: { ca }, reader }: Examined): Reader => reader(ca.account, ca.region);
export const apiReader = ({ reader }: Examined, api: ApiEnvironment): Reader =>
  reader(api.account, api.region);

/** Thrown where a check has nothing to look at; becomes a failed finding. */
export class NotDeployed extends Error {
  override readonly name = "NotDeployed";
}

export interface CaState {
  readonly truststoreVersion: string;
  readonly truststoreSha256: string;
  readonly bucket: string;
  readonly issuers: readonly CaIssuer[];
  readonly drift: readonly Readonly<Record<string, string>>[];
  readonly clientNotices: readonly Readonly<Record<string, string>>[];
}

/** The CA stack's outputs, from its state: what every API stack reads too. */
export async function caState({ environment, reader }: Examined): Promise<CaState> {
  const { ca, name } = environment;
  const stack = stackNames.ca(name);
  const outputs = await reader(ca.account, ca.state.region).outputs(ca.state.bucket, stateKey(stack));
  if (!outputs) throw new NotDeployed(`there is no state of ${stack} in ${ca.state.bucket}`);
  const text = (key: string) => {
    const value = outputs[key];
    if (typeof value !== "string" || value === "")
      throw new NotDeployed(`the state of ${stack} has no output ${key}: its last apply did not end well`);
    return value;
  };
  const list = (key: string) => {
    const value = outputs[key] ?? [];
    return (typeof value === "string" ? JSON.parse(value) : value) as never[];
  };
  return {
    truststoreVersion: text(caOutputs.truststoreVersion),
    truststoreSha256: text(caOutputs.truststoreSha256),
    bucket: text(caOutputs.bucket),
    issuers: list(caOutputs.issuers),
    drift: list(caOutputs.drift),
    clientNotices: list(caOutputs.clientNotices),
  };
}

/** The domain as deployed. */
export async function domainOf(at: Examined, api: ApiEnvironment) {
  const domain = await apiReader(at, api).domain(api.domain, api.account);
  if (!domain) throw new NotDeployed(`API Gateway of account ${api.account} knows no domain ${api.domain}`);
  return domain;
}

export const daysUntil = (date: Date, now: Date): number => (date.getTime() - now.getTime()) / 86_400_000;
export const duration = (seconds: number): string =>
  seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
