/**
 * `npm run doctor -- --env NAME`: reads a deployed environment, says what is well, doubtful and wrong, and what to
 * do. It changes nothing; `--probe` also makes real calls.
 */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { Environment } from "#config/environment.ts";
import { routes } from "#contract/routes.ts";
import { findEnvironment } from "../find-environment.ts";
import { findLocalSystem, runsHere } from "../local-system.ts";
import { CommandError, exitCodes, finish, print, printJson } from "../terminal.ts";
import { readTyped } from "../where-typed.ts";
import { domainOf, type Examined, type Finding } from "./check.ts";
import { examine } from "./examine.ts";
import { type ProbeTarget, probe } from "./probe.ts";
import { planReaders } from "./readers.ts";
import { findingsTable, summary } from "./show.ts";

interface DoctorOptions {
  readonly env: string;
  readonly probe: boolean;
  readonly json: boolean;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

await new Command("doctor")
  .description("Examines a deployed environment; reads only.")
  .usage("--env <name> [options]     (by npm: npm run doctor -- --env <name> [options])")
  .requiredOption("--env <name>", "environment, as in config/environments")
  .option("--probe", "make the calls of a partner and of a stranger too", false)
  .option("--client-cert <file>", "with --probe: a certificate that must be answered 200")
  .option("--client-key <file>", "with --probe: its key")
  .option("--json", "print one JSON value and nothing else", false)
  .addHelpText(
    "after",
    `
Examples:
  npm run doctor -- --env dev
  npm run doctor -- --env local --probe --client-cert client-cert.pem --client-key client-key.pem

Credentials: an operator of the environment (it assumes the plan role of each account).
Exit codes: 0 nothing failed (warnings may be there), 1 something did or was refused, 2 the command line is wrong, 3 a fault.`,
  )
  .showHelpAfterError("(--help shows what is allowed)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage))
  .action((options: DoctorOptions) => finish(options.json, () => doctor(options)))
  .parseAsync();

async function doctor(options: DoctorOptions): Promise<number> {
  const environment = findEnvironment(options.env);
  const client = clientFiles(options);
  const at: Examined = { environment, now: new Date(), reader: await planReaders(environment) };
  const findings = [
    ...(await examine(at)),
    ...(options.probe
      ? (await Promise.all(environment.apis.map((api) => probeApi(at, environment, api, client)))).flat()
      : []),
  ];
  if (options.json) printJson({ environment: environment.name, ...summary(findings), findings });
  else print(findingsTable(findings));
  return summary(findings).fail > 0 ? exitCodes.refused : exitCodes.ok;
}

function clientFiles({ probe, clientCert, clientKey }: DoctorOptions): ProbeTarget["client"] {
  if ((clientCert === undefined) !== (clientKey === undefined) || (clientCert !== undefined && !probe))
    throw new CommandError(
      "client-files",
      "--client-cert and --client-key belong together, and to --probe",
      exitCodes.usage,
    );
  if (clientCert === undefined || clientKey === undefined) return undefined;
  const read = (file: string) => readTyped(file).toString("utf8");
  return { certificate: read(clientCert), key: read(clientKey) };
}

async function probeApi(
  at: Examined,
  { name }: Environment,
  api: Environment["apis"][number],
  client: ProbeTarget["client"],
): Promise<readonly Finding[]> {
  const { apis } = await domainOf(at, api);
  const [deployed] = apis;
  const gateway = runsHere(name) ? findLocalSystem(name).gateway : undefined;
  const route = routes.find((one) => one.tokens === "none" && one.backend === undefined);
  if (!deployed || !route) return [];
  return probe(
    {
      domain: api.domain,
      executeApi: `${deployed.id}.execute-api.${api.region}.amazonaws.com`,
      stage: api.stage,
      ...{ method: route.method, path: route.path },
      ...(gateway ? { local: { port: gateway.port, ca: readFileSync(gateway.ca, "utf8") } } : {}),
      ...(client ? { client } : {}),
    },
    at.now,
  );
}
