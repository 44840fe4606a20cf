/**
 * How bootstrap gets into each account: as who called it, or by a role that exists before everything else. Every
 * account is tried before anything is read or changed in one.
 */
import { asRole, assumeRole } from "#aws/assume-role.ts";
import { callerAccount } from "#aws/caller.ts";
import type { Connection, Credentials } from "#aws/connection.ts";
import type { Environment } from "#config/environment.ts";
import type { FoundationAccount } from "#config/foundation-accounts.ts";
import { roleArn } from "#contract/names.ts";
import { findLocalSystem, localEnvironment, localRoot } from "../local-system.ts";
import { CommandError } from "../terminal.ts";

export interface Entered {
  readonly at: FoundationAccount;
  readonly connection: Connection;
  /** With which Terraform gets in. */
  readonly variables: Readonly<Record<string, string>>;
}

export async function enterAccounts(
  environment: Environment,
  accounts: readonly FoundationAccount[],
  role: string | undefined,
): Promise<readonly Entered[]> {
  const entered: Entered[] = [];
  for (const at of accounts) {
    const one = await enter(environment, at, role).catch((error: Error) => {
      if (error instanceof CommandError) throw error;
      throw new CommandError("no-access", `account ${at.account} cannot be entered: ${error.message}`);
    });
    const found = await callerAccount(one.connection).catch((error: Error) => {
      throw new CommandError("no-access", `account ${at.account} cannot be entered: ${error.message}`);
    });
    if (found !== at.account)
      throw new CommandError(
        "wrong-account",
        `the credentials belong to account ${found}, ${environment.name} needs ${accounts.map((each) => each.account).join(" and ")}: name a role that exists in each of them (--role OrganizationAccountAccessRole), or do one at a time (--account ${at.account}, another AWS_PROFILE for each)`,
      );
    entered.push(one);
  }
  return entered;
}

async function enter(
  { name }: Environment,
  at: FoundationAccount,
  role: string | undefined,
): Promise<Entered> {
  const { account, region } = at;
  if (name === localEnvironment) {
    const system = findLocalSystem();
    if (!system.terraform)
      throw new CommandError("no-local-system", "the local system is still starting: wait until it serves");
    const variables = { ...system.terraform, AWS_ACCESS_KEY_ID: account };
    return { at, connection: localRoot(system, account, region), variables };
  }
  const own = shell();
  if (role === undefined) return { at, connection: { region }, variables: own };
  const arn = roleArn(account, role);
  const credentials = await assumeRole({ region }, arn);
  return { at, connection: asRole({ region }, arn), variables: { ...own, ...asVariables(credentials) } };
}

const shell = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );

/** Terraform prefers a profile to keys: it must see none. */
const asVariables = ({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: Credentials): Record<string, string> => ({
  AWS_PROFILE: "",
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  ...(sessionToken ? { AWS_SESSION_TOKEN: sessionToken } : {}),
});
