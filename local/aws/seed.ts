/**
 * The accounts as an operator finds them before the first deployment: what `bootstrap` makes, from its own definition
 * (so that a deployment here proves it), and the parent zone, which the stacks never make either.
 */
import { readFileSync } from "node:fs";
import { AccountSeed } from "#aws/account-seed.ts";
import type { Connection } from "#aws/connection.ts";
import type { Environment } from "#config/environment.ts";
import { roleArn } from "#contract/names.ts";
import { foundationOf, loggingRole } from "#deploy/foundation/foundation.ts";

/** Where the operator of this machine's environment comes from: its root is the one in `operators`. */
export const operatorAccount = "333333333333";

/** On the embedded AWS the account id is the access key of the account's root. */
export function accountRoot(
  aws: { readonly endpoint: string; readonly ca: string },
  account: string,
  region: string,
): Connection {
  return {
    region,
    endpoint: aws.endpoint,
    endpointCa: readFileSync(aws.ca, "utf8"),
    credentials: { accessKeyId: account, secretAccessKey: "test" },
  };
}

/** Makes what is missing; may run again on a kept system. */
export async function seedAccounts(
  environment: Environment,
  aws: { readonly endpoint: string; readonly ca: string },
): Promise<void> {
  const seed = (account: string, region: string) => new AccountSeed(accountRoot(aws, account, region));
  await Promise.all([
    ...foundationOf(environment).map(async ({ account, region, buckets, roles, apiRegions }) => {
      await Promise.all([
        ...buckets.map((bucket) => seed(account, bucket.region).stateBucket(bucket.name)),
        ...[...roles, ...(apiRegions.length > 0 ? [loggingRole] : [])].map((role) =>
          seed(account, region).role(role),
        ),
      ]);
      for (const one of apiRegions)
        await seed(account, one).gatewayLogging(roleArn(account, loggingRole.name));
    }),
    ...zonesOf(environment).map(({ account, region, zone }) => seed(account, region).hostedZone(zone.name)),
  ]);
}

/** Two APIs may share a zone: asked for twice at once it would be made twice. */
const zonesOf = ({ apis }: Environment) => [
  ...new Map(apis.map((api) => [`${api.account} ${api.zone.name}`, api])).values(),
];
