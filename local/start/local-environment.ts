/**
 * The environment that runs here (`--environment NAME`, "local" when left out), its APIs, of which the first is the
 * one that is shown, and the account whose root operates it: on this machine an account's id is its root's access key.
 */
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { environments } from "#config/environments.ts";
import { LocalError } from "./local-error.ts";

interface Chosen {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
  readonly operatorAccount: string;
}

/** Read before the command line is parsed: everything here is made for one environment. */
function asked(words: readonly string[]): string {
  const index = words.findIndex((one) => one === "--environment" || one.startsWith("--environment="));
  const word = words[index] ?? "";
  return index < 0
    ? "local"
    : word.includes("=")
      ? word.slice("--environment=".length)
      : (words[index + 1] ?? "");
}

function find(name: string): Chosen {
  const environment = environments.find((one) => one.name === name);
  const api = environment?.apis[0];
  const root = environment?.operators.find((arn) => arn.endsWith(":root"));
  if (environment?.ca.engine.kind === "existing" || !environment || !api || !root)
    throw new LocalError(
      "configuration",
      `environment "${name}" cannot run here: it must be one of config/environments/ that issues certificates, with an API and an account's root among its operators; local and tls are`,
    );
  return { environment, api, operatorAccount: root.split(":")[4] ?? "" };
}

export const { environment, api, operatorAccount } = find(asked(process.argv.slice(2)));
