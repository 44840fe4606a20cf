/**
 * The accounts before their foundation comes: buckets for Terraform's states, as `bootstrap` makes them, and the parent
 * zone, which the stacks never make.
 */
import { readFileSync } from "node:fs";
import { AccountSeed } from "#aws/account-seed.ts";
import type { Connection } from "#aws/connection.ts";
import type { Environment } from "#config/environment.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";

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

/** What Terraform needs before it can keep a state, and what is nobody's of ours: the zones. */
export async function seedAccounts(
  environment: Environment,
  aws: { readonly endpoint: string; readonly ca: string },
): Promise<void> {
  const seed = (account: string, region: string) => new AccountSeed(accountRoot(aws, account, region));
  await Promise.all([
    ...foundationAccounts(environment).flatMap(({ account, buckets }) =>
      buckets.map(({ name, region }) => seed(account, region).stateBucket(name)),
    ),
    ...zonesOf(environment).map(({ account, region, name }) => seed(account, region).hostedZone(name)),
  ]);
}

/** Two APIs may share a zone: asked for twice at once it would be made twice. */
const zonesOf = ({ apis }: Environment) => [
  ...new Map(
    apis.map(({ account: own, region, zone: { name, account = own } }) => [
      `${account} ${name}`,
      { account, region, name },
    ]),
  ).values(),
];
