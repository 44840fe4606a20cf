/** The environment that runs here, and its one API. */
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { environments } from "#config/environments.ts";
import { LocalError } from "./local-error.ts";

function find(): { environment: Environment; api: ApiEnvironment } {
  const environment = environments.find((one) => one.name === "local");
  const api = environment?.apis[0];
  if (!environment || !api)
    throw new LocalError("configuration", "config/environments/local describes no API: it is what runs here");
  return { environment, api };
}

export const { environment, api } = find();
