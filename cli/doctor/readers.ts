/** A reader for each account: as the environment's plan role, which reads and changes nothing. */
import { asRole, assumeRole } from "#aws/assume-role.ts";
import { callerAccount } from "#aws/caller.ts";
import type { Connection } from "#aws/connection.ts";
import { DeploymentReader } from "#aws/deployment-reader.ts";
import type { Environment } from "#config/environment.ts";
import { type FoundationAccount, foundationAccounts } from "#config/foundation-accounts.ts";
import { roleArn, roleNames } from "#contract/names.ts";
import { findLocalSystem, localRoot, runsHere } from "../local-system.ts";
import { CommandError } from "../terminal.ts";
import type { Examined } from "./check.ts";

/** The operator's own credentials; on this machine, those of the operator that the environment names. */
export function operatorConnection({ name, operators, ca: { region } }: Environment): Connection {
  if (!runsHere(name)) return { region };
  const [account = ""] = /\d{12}/.exec(operators[0] ?? "") ?? [];
  return localRoot(findLocalSystem(name), account, region);
}

/** Tries the plan role of every account first: credentials of another environment end here, before any question. */
export async function planReaders(environment: Environment): Promise<Examined["reader"]> {
  const operator = operatorConnection(environment);
  const accounts = foundationAccounts(environment);
  const plan = (account: string) => roleArn(account, readingRole(environment.name, accounts, account));
  for (const { account } of accounts) await tryRole(environment.name, operator, plan(account));
  const made = new Map<string, DeploymentReader>();
  return (account, region) => {
    const key = `${account} ${region}`;
    const known = made.get(key) ?? new DeploymentReader(asRole({ ...operator, region }, plan(account)));
    made.set(key, known);
    return known;
  };
}

/** An account with a zone alone has a role for that alone. */
function readingRole(name: string, accounts: readonly FoundationAccount[], account: string): string {
  const isZoneOnly = accounts.some((one) => one.account === account && !one.hasStacks);
  return isZoneOnly ? roleNames.zone(name, "plan") : roleNames.plan(name);
}

async function tryRole(name: string, operator: Connection, role: string): Promise<void> {
  try {
    await assumeRole(operator, role);
  } catch (error) {
    const who = await callerAccount(operator).catch(() => undefined);
    throw new CommandError(
      "wrong-account",
      who === undefined
        ? `no AWS credentials: sign in, or choose a profile (AWS_PROFILE); ${(error as Error).message}`
        : `the credentials of account ${who} may not assume ${role}: choose the profile of an operator of ${name} (AWS_PROFILE), or make the role: npm run bootstrap -- --env ${name}; ${(error as Error).message}`,
    );
  }
}
