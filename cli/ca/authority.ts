/**
 * The CA that a command speaks to: its environment in the configuration, and how to reach its account. `local`
 * is the system that `npm start` runs here; for every other environment the SDK's own chain decides (AWS_PROFILE
 * and the like), and the account is compared with the configuration before anything is asked.
 */
import { asRole } from "#aws/assume-role.ts";
import { callerAccount } from "#aws/caller.ts";
import type { Connection } from "#aws/connection.ts";
import { invokeFunction } from "#aws/invoke-function.ts";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import type { CaRequests, CaResults, Refusal } from "#contract/ca-requests.ts";
import { type CaFunction, caAliases, caFunctionName, roleArn, roleNames } from "#contract/names.ts";
import { findEnvironment } from "../find-environment.ts";
import { findLocalSystem, localRoot, runsHere } from "../local-system.ts";
import { CommandError } from "../terminal.ts";

export interface Authority {
  readonly environment: Environment;
  readonly connection: Connection;
}

export async function findAuthority(name: string): Promise<Authority> {
  const environment = findEnvironment(name);
  const { account: owner, region } = environment.ca;
  const connection: Connection = runsHere(name)
    ? localRoot(findLocalSystem(name), owner, region)
    : { region };
  const account = await callerAccount(connection);
  if (account !== owner)
    throw new CommandError(
      "wrong-account",
      `the credentials belong to account ${account}, the CA of ${name} is in ${owner}: choose another profile (AWS_PROFILE)`,
    );
  return { environment, connection };
}

/** To an API's account, as its plan role (on this machine: as its root). Whether that works shows when it is used. */
export function connectionToApi(
  { environment: { name }, connection }: Authority,
  api: ApiEnvironment,
): Connection {
  return runsHere(name)
    ? localRoot(findLocalSystem(name), api.account, api.region)
    : asRole({ ...connection, region: api.region }, roleArn(api.account, roleNames.plan(name)));
}

/** Calls one of the CA's functions by the operators' alias; a refusal becomes an error with its code. */
export async function callAuthority<F extends CaFunction>(
  { environment, connection }: Authority,
  slug: F,
  request: CaRequests[F],
): Promise<CaResults[F]> {
  const name = caFunctionName(environment.name, slug);
  const answer = (await invokeFunction(connection, name, request, caAliases.operator)) as
    | CaResults[F]
    | Refusal;
  if (typeof answer === "object" && answer !== null && "refused" in answer)
    throw new CommandError(answer.refused.code, `${slug} refused: ${answer.refused.message}`);
  return answer as CaResults[F];
}
