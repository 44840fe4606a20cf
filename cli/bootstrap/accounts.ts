/** How bootstrap gets into each account: as who called it, or by a role that exists before everything else. */
import { asRole } from "#aws/assume-role.ts";
import { callerAccount } from "#aws/caller.ts";
import type { Connection } from "#aws/connection.ts";
import type { Environment } from "#config/environment.ts";
import { roleArn } from "#contract/names.ts";
import type { AccountFoundation } from "#deploy/foundation/foundation.ts";
import { findLocalSystem, localEnvironment, localRoot } from "../local-system.ts";
import { CommandError } from "../terminal.ts";

/** Every account, tried; throws before anything is read when one cannot be entered. */
export async function enterAccounts(
  environment: Environment,
  accounts: readonly AccountFoundation[],
  role: string | undefined,
): Promise<ReadonlyMap<string, Connection>> {
  const entered = new Map<string, Connection>();
  for (const { account, region } of accounts) {
    const connection = connectionTo(environment, account, region, role);
    const found = await callerAccount(connection).catch((error: Error) => {
      throw new CommandError("no-access", `account ${account} cannot be entered: ${error.message}`);
    });
    if (found !== account)
      throw new CommandError(
        "wrong-account",
        `the credentials belong to account ${found}, ${environment.name} needs ${accounts.map((one) => one.account).join(" and ")}: name a role that exists in each of them (--role OrganizationAccountAccessRole), or do one at a time (--account ${account}, another AWS_PROFILE for each)`,
      );
    entered.set(account, connection);
  }
  return entered;
}

function connectionTo(
  { name }: Environment,
  account: string,
  region: string,
  role: string | undefined,
): Connection {
  if (name === localEnvironment) return localRoot(findLocalSystem(), account, region);
  return role === undefined ? { region } : asRole({ region }, roleArn(account, role));
}
