/**
 * The program that a timer runs on every instance: one refresh, one JSON line in the log, exit code 0 if NGINX has what
 * is right now. Options replace the places of the contract; what it needs else is in the settings.
 */

import { lookup } from "node:dns/promises";
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { instanceEnvironment } from "#aws/instance-credentials.ts";
import { createSecretFetch } from "#aws/secret-value.ts";
import { createSignedGet } from "#aws/signed-get.ts";
import { edgePaths, parseEdgeSettings } from "#contract/private-edge.ts";
import { type RefreshPlaces, type RefreshResult, refresh } from "./refresh.ts";

const timeoutMilliseconds = 10_000;
const text = { type: "string" } as const;

async function main(): Promise<RefreshResult> {
  const { values } = parseArgs({
    options: {
      ...{ settings: text, runtime: text, state: text, log: text },
      ...{ nginx: text, authorities: text, listen: text, user: text },
    },
  });
  const { settings: settingsFile = edgePaths.settings, listen, user, ...given } = values;
  const places: RefreshPlaces = {
    runtime: given.runtime ?? edgePaths.runtime,
    state: given.state ?? edgePaths.state,
    log: given.log ?? edgePaths.log,
    nginx: given.nginx ?? edgePaths.nginx,
    authorities: given.authorities ?? edgePaths.authorities,
    ...(listen === undefined ? {} : { listen }),
    ...(user === undefined ? {} : { user }),
  };
  const result = await attempt(settingsFile, places);
  const line = `${JSON.stringify(result)}\n`;
  process.stdout.write(line);
  await appendFile(join(places.log, "refresh.log"), line);
  return result;
}

async function attempt(settingsFile: string, places: RefreshPlaces): Promise<RefreshResult> {
  try {
    const settings = parseEdgeSettings(await readFile(settingsFile, "utf8"));
    const environment = await instanceEnvironment(process.env, settings.region);
    const fetchSecret = createSecretFetch({ environment, timeoutMilliseconds });
    return await refresh({
      settings,
      places,
      get: createSignedGet({ environment, timeoutMilliseconds }),
      secret: async (id) => {
        const answer = await fetchSecret({ store: "secrets-manager", id });
        if ("problem" in answer) throw new Error(`secret ${id}: ${answer.problem}`);
        return answer.value;
      },
      resolve: async (name) => (await lookup(name, { all: true, family: 4 })).map(({ address }) => address),
      now: () => new Date(),
    });
  } catch (error) {
    return { event: "refresh-failed", at: new Date().toISOString(), problem: (error as Error).message };
  }
}

main().then(
  ({ event }) => process.exit(event === "refreshed" ? 0 : 1),
  (error: Error) => {
    process.stderr.write(`refresh: ${error.message}\n`);
    process.exit(1);
  },
);
