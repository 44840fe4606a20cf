/** `npm start -- --check`: brings the system up, runs every check, writes the results, and ends. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { externalKeys } from "#contract/external-bucket.ts";
import { externalBucketName } from "#contract/names.ts";
import type { CheckContext } from "../check/context.ts";
import { runChecks } from "../check/index.ts";
import { Report, rowText } from "../check/report.ts";
import { type Client, clientOf, clientTitle } from "./any-client.ts";
import { operate, tryOperate } from "./client.ts";
import { api, environment } from "./local-environment.ts";
import { LocalError } from "./local-error.ts";
import { serverOf } from "./serve.ts";
import type { Steps } from "./steps.ts";
import { bringUp, type System } from "./system.ts";

export interface CheckOptions {
  readonly output?: string;
  readonly port?: number;
  readonly json: boolean;
}

/** The exit code: 0 when every check passed. */
export async function runCheck(steps: Steps, options: CheckOptions): Promise<number> {
  const withTokens = environment.ca.engine.kind === "tls" ? undefined : "introspection";
  const system = await bringUp(steps, { ...options, withTokens });
  const issue: CheckContext["issue"] = (name, asked) =>
    clientOf(system, join(system.folder, "clients", name), name, asked);
  const good = await steps.run(clientTitle, () => issue("partner-a"));
  const report = new Report((row) => {
    if (!options.json) process.stdout.write(`${rowText(row)}\n`);
  });
  const context = contextOf(system, report, good, issue);
  await runChecks(context, async (title, run) => {
    // The last check takes everything away: the results are written before.
    if (title.endsWith("destroy")) await writeEvidence(system, good, options.output);
    await steps.run(title, () => run());
  });
  await writeReport(report, steps, options);
  return report.counts.failed === 0 ? 0 : 1;
}

function contextOf(system: System, report: Report, good: Client, issue: CheckContext["issue"]): CheckContext {
  const { gateway } = system;
  return {
    ...{ environment, api, report, good, issue },
    ...{ ca: system.ca, apiAccount: system.apiAccount, operator: system.operator },
    ...{ project: system.project, terraform: system.terraform, folder: join(system.folder, "check") },
    server: serverOf(system),
    others: system.others.map((one) => ({ ...one, server: serverOf(system, one.api) })),
    records: () => gateway.records(),
    reloadGateway: () => gateway.reload(),
    stopGateway: async () => {
      await system.edge?.close();
      await gateway.close();
    },
    edge: system.edge,
    withoutBucket: system.aws.withoutBucket,
    get backend() {
      if (!system.backend) throw new LocalError("configuration", `${api.name} has no backend to check`);
      return system.backend.pets;
    },
    get tokenServer() {
      if (!system.tokens) throw new LocalError("configuration", `${api.name} has no tokens to check`);
      return system.tokens.server;
    },
    get tokenService() {
      if (!system.tokens) throw new LocalError("configuration", `${api.name} has no tokens to check`);
      return system.tokens.service;
    },
    deployedApi: () => gateway.deployedApi(),
    operate: (...args) => operate(system.systemFile, args),
    operateAsConfigured: (...args) => tryOperate(system.systemFile, args, system.project.folder),
    examine: (...args) => tryOperate(system.systemFile, args, system.project.folder, "cli/doctor"),
  };
}

/** Client files, truststore, CRLs and access log, as they were while the system was whole. */
async function writeEvidence(system: System, good: Client, output: string | undefined): Promise<void> {
  if (output === undefined) return;
  await writing(output, async () => {
    cpSync(good.folder, join(output, "client"), { recursive: true });
    const bucket = externalBucketName(environment.name, environment.ca.account);
    const crls = [externalKeys.issuingCrl(good.generation), externalKeys.rootCrl(good.generation)];
    const keys = [externalKeys.truststore, ...(environment.ca.engine.kind === "tls" ? [] : crls)];
    for (const key of keys)
      writeFileSync(join(output, key.replace("crl/", "")), await system.ca.read(bucket, key));
    const lines = await system.apiAccount.logMessages(`/mtls-api/${environment.name}-${api.name}/access`);
    writeFileSync(join(output, "access.log"), lines.map((line) => `${line}\n`).join(""));
  });
}

/** Shown first: a full disk takes the file, not the result. */
async function writeReport(report: Report, steps: Steps, { output, json }: CheckOptions): Promise<void> {
  const whole = { ...report.counts, rows: report.rows, steps: steps.times };
  const text = `${JSON.stringify(whole, null, 2)}\n`;
  process.stdout.write(json ? text : `\n${whereTheTimeGoes(steps)}\n\n${report.lastLine}\n`);
  if (output !== undefined)
    await writing(output, async () => writeFileSync(join(output, "report.json"), text));
}

/** What waits inside Terraform's provider, and what is ours. */
function whereTheTimeGoes({ times }: Steps): string {
  const sorted = [...times].sort((a, b) => b.seconds - a.seconds).slice(0, 6);
  const all = times.reduce((sum, one) => sum + one.seconds, 0);
  return [
    `time: ${all.toFixed(0)} s in all; most of it:`,
    ...sorted.map(({ title, seconds }) => `  ${seconds.toFixed(0).padStart(5)} s  ${title}`),
  ].join("\n");
}

async function writing(output: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new LocalError(
      "output",
      `the results could not be written to ${output}: ${(error as Error).message}; make room or name another folder`,
      { cause: error },
    );
  }
}
