/**
 * Finds the system that `npm start` runs on this machine: what environment `local` means for every command, and what
 * another one means while the variable names a system of it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Connection } from "#aws/connection.ts";
import { type LocalSystem, localSystemsFolder, localSystemVariable } from "#contract/local-system.ts";
import { CommandError } from "./terminal.ts";

/** Environment that runs on this machine and nowhere else. */
const localEnvironment = "local";

/** Whether a command on this environment is for this machine; by the variable alone, never by what happens to run. */
export function runsHere(environment: string): boolean {
  const named = process.env[localSystemVariable];
  return environment === localEnvironment || (!!named && readSystem(named).environment === environment);
}

export function findLocalSystem(environment = localEnvironment): LocalSystem {
  const named = process.env[localSystemVariable];
  const systems = (named ? [named] : announced())
    .map(readSystem)
    .filter((one) => one.environment === environment && isAlive(one));
  if (systems.length === 1) return systems[0] as LocalSystem;
  throw new CommandError(
    "no-local-system",
    systems.length === 0
      ? `no local system of environment ${environment} is running: start it with \`npm start\` in another terminal`
      : `${systems.length} local systems are running (pid ${systems.map((one) => one.pid).join(", ")}): name one by ${localSystemVariable}=${localSystemsFolder}/PID.json`,
  );
}

/** As an account's root: on the embedded AWS the account id is its access key. */
export function localRoot(system: LocalSystem, account: string, region: string): Connection {
  return {
    region,
    endpoint: system.endpoint,
    endpointCa: readFileSync(system.endpointCa, "utf8"),
    credentials: { accessKeyId: account, secretAccessKey: "local" },
  };
}

/** The variables with which Terraform works on it. */
export function localTerraform({ terraform }: LocalSystem): Readonly<Record<string, string>> {
  if (terraform) return terraform;
  throw new CommandError("no-local-system", "the local system is still starting: wait until it serves");
}

const readSystem = (file: string) => JSON.parse(readFileSync(file, "utf8")) as LocalSystem;

function announced(): string[] {
  if (!existsSync(localSystemsFolder)) return [];
  return readdirSync(localSystemsFolder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(localSystemsFolder, name));
}

function isAlive({ pid }: LocalSystem): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
