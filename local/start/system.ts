/**
 * The whole system on this machine, brought up step by step as it would be in life: accounts, deployment of both
 * stacks, the gateway in front. What was started is ended by `end()`, whatever happens.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AccountTools } from "#aws/account-tools.ts";
import { asRole } from "#aws/assume-role.ts";
import type { ApiEnvironment } from "#config/environment.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { type LocalSystem, localSystemsFolder } from "#contract/local-system.ts";
import { roleArn, roleNames, stackNames } from "#contract/names.ts";
import { applyAsCaller, asLocalRoot } from "#deploy/as-caller.ts";
import { deploy } from "#deploy/cdktf.ts";
import { endTerraform, type TerraformSurroundings } from "#deploy/run-command.ts";
import { synthesize } from "#deploy/synthesize.ts";
import { installEmbeddedAws } from "../aws/install.ts";
import { accountRoot, seedAccounts } from "../aws/seed.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../aws/start.ts";
import { awsProvider, findTerraform, tlsProvider } from "../aws/terraform.ts";
import { terraformEnvironment } from "../aws/terraform-environment.ts";
import { type LocalApiBackend, startLocalBackend } from "./backend.ts";
import { type GatewayDomain, type ReadingGateway, startReadingGateway } from "./gateway.ts";
import { onEnd } from "./interrupt.ts";
import { isAlive } from "./is-alive.ts";
import { keptFolder } from "./kept-folder.ts";
import { api, environment, operatorAccount } from "./local-environment.ts";
import { assertPortIsFree } from "./port.ts";
import { type LocalPrivateEdge, privateEdgeHere } from "./private-edge.ts";
import { ProjectCopy } from "./project-copy.ts";
import type { Steps } from "./steps.ts";
import { type LocalTokenKind, type LocalTokens, startLocalTokens } from "./tokens.ts";

export interface SystemOptions {
  /** Port of the gateway; a free one when left out. */
  readonly port?: number;
  /** Keeps what is deployed over a stop, and takes it up again. */
  readonly keep?: boolean;
  /** With a token server, and the routes that ask for scopes. */
  readonly withTokens?: LocalTokenKind | undefined;
}

export interface System {
  readonly folder: string;
  /** File by which the operator's command finds this system. */
  readonly systemFile: string;
  readonly aws: EmbeddedAws;
  readonly project: ProjectCopy;
  readonly terraform: TerraformSurroundings;
  readonly gateway: ReadingGateway;
  /** Where the API has one. */
  readonly backend?: LocalApiBackend;
  /** Where the API has one, and this machine NGINX. */
  readonly edge?: LocalPrivateEdge;
  /** Where it was asked for. */
  readonly tokens?: LocalTokens;
  readonly ca: AccountTools;
  readonly apiAccount: AccountTools;
  /** The APIs beside the first. */
  readonly others: readonly { readonly api: ApiEnvironment; readonly apiAccount: AccountTools }[];
  readonly operator: AccountTools;
}

const providers = environment.ca.engine.kind === "tls" ? [awsProvider, tlsProvider] : [awsProvider];

export async function bringUp(steps: Steps, options: SystemOptions): Promise<System> {
  if (options.port !== undefined) await assertPortIsFree(options.port);
  const folder = options.keep ? keptFolder() : runFolder();
  const { python } = await steps.run("embedded AWS installed", () => installEmbeddedAws());
  const found = await steps.run("Terraform and its provider found", () =>
    findTerraform({ folder: join(folder, "terraform"), providers }),
  );
  const aws = await steps.run("embedded AWS started", () => startAws(python, folder, options.keep === true));
  await steps.run("state buckets and zones", () => seedAccounts(environment, aws));
  const systemFile = announce(aws);

  const project = new ProjectCopy(join(folder, "project"));
  const { withTokens } = options;
  const tokens =
    withTokens &&
    (await steps.run("token server, on this machine", () => startTokens(folder, project, withTokens)));
  const logs = join(folder, "logs");
  mkdirSync(logs, { recursive: true });
  const terraform: TerraformSurroundings = {
    project: project.folder,
    logs,
    environment: terraformEnvironment({
      ...{ aws, terraform: found, region: environment.ca.region, account: operatorAccount },
    }),
  };
  onEnd("Terraform", endTerraform);
  await steps.run("foundation of the accounts: roles, boundary, logging", () => applyFoundations(terraform));
  const stacks = [
    stackNames.ca(environment.name),
    ...environment.apis.map((one) => stackNames.api(environment.name, one.name)),
  ];
  await steps.run(`cdktf deploy ${stacks.join(" ")} (Terraform ${found.version})`, (progress) =>
    deploy(terraform, stacks, progress),
  );
  const backend = api.backend && (await steps.run("backend, on this machine", () => startBackend(aws)));
  const backends = backend ? { [backend.hostName]: backend.pets } : {};
  const gateway = await steps.run("gateway, as deployed", async () => {
    const domains = environment.apis.map((one) => domainOf(aws, one));
    const started = await startReadingGateway({ domains, backends, folder, port: options.port ?? 0 });
    onEnd("the gateway", () => started.close());
    return started;
  });
  const edge = await privateEdgeHere(steps, {
    ...{ environment, api, aws, gateway, backends, folder, logs: join(logs, "edge") },
    connection: accountRoot(aws, api.account, api.region),
    ...(tokens ? { tokens: tokens.service } : {}),
  });
  announce(aws, { gateway, terraform });
  const tools = (account: string, region = environment.ca.region) =>
    new AccountTools(accountRoot(aws, account, region));
  const ca = tools(environment.ca.account);
  await tokens?.trustClients(ca);
  return {
    ...{ folder, systemFile, aws, project, terraform, gateway, ca },
    ...{ ...(backend ? { backend } : {}), ...(edge ? { edge } : {}), ...(tokens ? { tokens } : {}) },
    apiAccount: tools(api.account),
    others: environment.apis
      .slice(1)
      .map((one) => ({ api: one, apiAccount: tools(one.account, one.region) })),
    operator: tools(operatorAccount),
  };
}

const domainOf = (aws: EmbeddedAws, { account, region, domain }: ApiEnvironment): GatewayDomain => ({
  ...{ domainName: domain, region },
  connection: accountRoot(aws, account, region),
  domainOwner: asRole(
    accountRoot(aws, operatorAccount, region),
    roleArn(account, roleNames.deploy(environment.name)),
  ),
});

/** As each account's administrator. */
async function applyFoundations(terraform: TerraformSurroundings): Promise<void> {
  await synthesize(terraform);
  await Promise.all(
    foundationAccounts(environment).map(({ account, stack }) =>
      applyAsCaller(asLocalRoot(terraform, account), stack),
    ),
  );
}

async function startBackend(aws: EmbeddedAws): Promise<LocalApiBackend> {
  const started = await startLocalBackend(aws);
  onEnd("the backend", () => started.pets.close());
  return started;
}

async function startTokens(folder: string, project: ProjectCopy, kind: LocalTokenKind): Promise<LocalTokens> {
  const tokens = await startLocalTokens(folder, project, kind);
  onEnd("the token server", () => tokens.close());
  return tokens;
}

async function startAws(python: string, folder: string, keep: boolean): Promise<EmbeddedAws> {
  const aws = await startEmbeddedAws({
    ...{ python, folder: join(folder, "aws"), region: environment.ca.region },
    ...(keep ? { state: join(folder, "state") } : {}),
  });
  onEnd("the embedded AWS", () => aws.stop());
  return aws;
}

/** A folder of this run alone, gone with it; of a run that failed the logs stay. */
function runFolder(): string {
  const local = join(process.cwd(), ".local");
  const folder = join(local, `run-${process.pid}`);
  removeAbandoned(local);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  onEnd("the run's folder", () => {
    if (process.exitCode === 1) {
      const failed = join(local, "failed");
      rmSync(failed, { recursive: true, force: true });
      const written = ["logs", "aws/embedded-aws.log"].filter((logs) => existsSync(join(folder, logs)));
      for (const logs of written) cpSync(join(folder, logs), join(failed, logs), { recursive: true });
      if (written.length > 0) process.stderr.write(`logs of this run are kept in ${failed}\n`);
    }
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Folders and announcements of runs that were killed. */
function removeAbandoned(local: string): void {
  const systems = join(process.cwd(), localSystemsFolder);
  for (const folder of [local, systems]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const path of [local, systems].flatMap((folder) =>
    readdirSync(folder).map((name) => join(folder, name)),
  )) {
    const pid = /\/(?:run-(\d+)|(\d+)\.json)$/.exec(path)?.slice(1).find(Boolean);
    if (pid && !isAlive(Number(pid))) rmSync(path, { recursive: true, force: true });
  }
}

/** Tells the operator's command where this system is; taken back at the end. */
function announce(aws: EmbeddedAws, up?: Pick<System, "gateway" | "terraform">): string {
  const folder = join(process.cwd(), localSystemsFolder);
  const file = join(folder, `${process.pid}.json`);
  const system: LocalSystem = {
    pid: process.pid,
    environment: environment.name,
    endpoint: aws.endpoint,
    endpointCa: aws.ca,
    operatorAccessKey: environment.ca.account,
    ...(up ? { terraform: up.terraform.environment } : {}),
    ...(up ? { gateway: { port: up.gateway.port, ca: up.gateway.caFile } } : {}),
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!up) onEnd("the system's announcement", () => rmSync(file, { force: true }));
  writeFileSync(file, JSON.stringify(system, null, 2), { mode: 0o600 });
  return file;
}
