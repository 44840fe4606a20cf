/** One environment of the configuration, by the name that was typed. */
import type { Environment } from "#config/environment.ts";
import { environments } from "#config/environments.ts";
import { CommandError, exitCodes } from "./terminal.ts";

export function findEnvironment(name: string): Environment {
  const environment = environments.find((one) => one.name === name);
  if (environment) return environment;
  throw new CommandError(
    "unknown-environment",
    `${name}: no such environment; one of ${environments.map((one) => one.name).join(", ")}`,
    exitCodes.usage,
  );
}
