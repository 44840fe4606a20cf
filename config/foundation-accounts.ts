/**
 * Which accounts an environment needs, and what of bootstrap's each of them holds. Derived from the configuration;
 * one entry an account, whatever it is for.
 */
import { type Access, roleArn, roleNames, stackNames, stateBucketName } from "#contract/names.ts";
import type { Environment } from "./environment.ts";

export interface FoundationAccount {
  readonly account: string;
  /** Where its foundation is made from; IAM itself has no region. */
  readonly region: string;
  /** Terraform's states; the first one keeps the foundation's own. */
  readonly buckets: readonly [Bucket, ...Bucket[]];
  readonly stack: string;
  /** It holds the CA: the pipeline enters here. */
  readonly isCa: boolean;
  /** It holds stacks of the environment, so that there are roles to deploy and to plan them. */
  readonly hasStacks: boolean;
  /** Domains whose records are in a zone of this account, while their API is in another. */
  readonly domains: readonly { readonly domain: string; readonly apiAccount: string }[];
  /** Regions in which the account's API Gateway gets its logging role from here. */
  readonly loggingRegions: readonly string[];
}

interface Bucket {
  readonly name: string;
  readonly region: string;
}

export function foundationAccounts(
  environment: Pick<Environment, "name" | "ca" | "apis">,
): readonly [FoundationAccount, ...FoundationAccount[]] {
  const { name, ca, apis } = environment;
  const places = [ca, ...apis];
  const zones = apis.flatMap((api) => (api.zone.account === undefined ? [] : [api.zone.account]));
  const others = [...apis.map((api) => api.account), ...zones].filter((one) => one !== ca.account);
  const of = (account: string): FoundationAccount => {
    const own = places.filter((place) => place.account === account);
    const served = apis.filter((api) => api.zone.account === account);
    const region = (own[0] ?? served[0] ?? ca).region;
    const states = new Map(own.map(({ state }) => [state.bucket, state.region]));
    const [first, ...rest] = [...states].map(([bucket, where]) => ({ name: bucket, region: where }));
    const logging = apis.filter((api) => api.account === account && api.logs.gatewayRole === "made");
    return {
      ...{ account, region, stack: stackNames.foundation(name, account) },
      buckets: [first ?? { name: stateBucketName(name, account), region }, ...rest],
      isCa: account === ca.account,
      hasStacks: own.length > 0,
      domains: served.map(({ domain, account: apiAccount }) => ({ domain, apiAccount })),
      loggingRegions: [...new Set(logging.map((api) => api.region))],
    };
  };
  return [of(ca.account), ...[...new Set(others)].map(of)];
}

/** By which an environment is deployed or planned there: its own role, and the one for the records of its domains. */
export function workingRoles(
  environment: string,
  { account, hasStacks, domains }: FoundationAccount,
  access: Access,
): string[] {
  return [
    ...(hasStacks ? [roleNames.worker(environment, access)] : []),
    ...(domains.length > 0 ? [roleNames.zone(environment, access)] : []),
  ].map((role) => roleArn(account, role));
}
