/**
 * The CA that a command speaks to: its environment in the configuration, and how to reach its account. `local`
 * is the system that `npm start` runs here; for every other environment the SDK's own chain decides (AWS_PROFILE
 * and the like), and the account is compared with the configuration before anything is asked.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { callerAccount } from "#aws/caller.ts";
import type { Connection } from "#aws/connection.ts";
import { invokeFunction } from "#aws/invoke-function.ts";
import type { Environment } from "#config/environment.ts";
import { environments } from "#config/environments.ts";
import type { CaRequests, CaResults, Refusal } from "#contract/ca-requests.ts";
import { type LocalSystem, localSystemsFolder, localSystemVariable } from "#contract/local-system.ts";
import { type CaFunction, caAliases, caFunctionName } from "#contract/names.ts";
import { CommandError, exitCodes } from "../terminal.ts";

export interface Authority {
  readonly environment: Environment;
  readonly connection: Connection;
}

export async function findAuthority(name: string): Promise<Authority> {
  const environment = environments.find((one) => one.name === name);
  if (!environment)
    throw new CommandError(
      "unknown-environment",
      `--env ${name}: no such environment; one of ${environments.map((one) => one.name).join(", ")}`,
      exitCodes.usage,
    );
  const connection = name === "local" ? localConnection(environment) : { region: environment.ca.region };
  const account = await callerAccount(connection);
  if (account !== environment.ca.account)
    throw new CommandError(
      "wrong-account",
      `the credentials belong to account ${account}, the CA of ${name} is in ${environment.ca.account}: choose another profile (AWS_PROFILE)`,
    );
  return { environment, connection };
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

function localConnection(environment: Environment): Connection {
  const system = findLocalSystem();
  return {
    region: environment.ca.region,
    endpoint: system.endpoint,
    endpointCa: readFileSync(system.endpointCa, "utf8"),
    credentials: { accessKeyId: system.operatorAccessKey, secretAccessKey: "local" },
  };
}

function findLocalSystem(): LocalSystem {
  const named = process.env[localSystemVariable];
  const files = named
    ? [named]
    : readdirSync(localSystemsFolder, { withFileTypes: true })
        .filter((entry) => entry.name.endsWith(".json"))
        .map((entry) => join(localSystemsFolder, entry.name));
  const systems = files.map((file) => JSON.parse(readFileSync(file, "utf8")) as LocalSystem).filter(isAlive);
  if (systems.length === 1) return systems[0] as LocalSystem;
  throw new CommandError(
    "no-local-system",
    systems.length === 0
      ? "no local system is running: start it with `npm start` in another terminal"
      : `${systems.length} local systems are running (pid ${systems.map((one) => one.pid).join(", ")}): name one by ${localSystemVariable}=${localSystemsFolder}/PID.json`,
  );
}

function isAlive({ pid }: LocalSystem): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
