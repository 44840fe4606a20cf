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
import { findLocalSystem, localRoot, localTerraform, runsHere } from "../local-system.ts";
import { CommandError } from "../terminal.ts";
import { shell } from "../terraform-surroundings.ts";

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
    const refused = (error: Error): never => {
      if (error instanceof CommandError) throw error;
      throw new CommandError("no-access", `account ${at.account} cannot be entered: ${error.message}`);
    };
    const one = await enter(environment, at, role).catch(refused);
    const found = await callerAccount(one.connection).catch(refused);
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
  if (runsHere(name)) {
    const system = findLocalSystem(name);
    const variables = { ...localTerraform(system), AWS_ACCESS_KEY_ID: account };
    return { at, connection: localRoot(system, account, region), variables };
  }
  const own = shell();
  if (role === undefined) return { at, connection: { region }, variables: own };
  const arn = roleArn(account, role);
  const credentials = await assumeRole({ region }, arn);
  return { at, connection: asRole({ region }, arn), variables: { ...own, ...asVariables(credentials) } };
}

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
