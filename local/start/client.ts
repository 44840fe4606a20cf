/** A client certificate by the operator's own command, as a person would have it issued. */
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { localSystemVariable } from "#contract/local-system.ts";
import { LocalError } from "./local-error.ts";

export interface Client {
  readonly name: string;
  readonly folder: string;
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly generation: string;
}

export interface ClientOptions {
  readonly organizationalUnit?: string;
  readonly profile?: string;
  readonly validSeconds?: number;
  readonly keyType?: string;
}

/** Runs `npm run ca -- …` against one local system; resolves with its standard output. */
export async function operate(systemFile: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await tryOperate(systemFile, args);
  if (code === 0) return stdout;
  throw new LocalError("operator", `npm run ca -- ${args.join(" ")}: ${stderr.trim()}${stdout.trim()}`);
}

export interface Operated {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The same with its exit code; `project` is the folder whose configuration it goes by. */
export function tryOperate(
  systemFile: string,
  args: readonly string[],
  project = process.cwd(),
  program = "cli/ca",
): Promise<Operated> {
  const env = { ...process.env, [localSystemVariable]: systemFile };
  const command = [join(project, "scripts", "run.mjs"), program, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env, maxBuffer: 50_000_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 99) : 0, stdout, stderr }),
    );
  });
}

export async function issueClient(
  systemFile: string,
  folder: string,
  name: string,
  options: ClientOptions = {},
): Promise<Client> {
  mkdirSync(folder, { recursive: true });
  const unit = options.organizationalUnit ?? "Partners";
  const stdout = await operate(systemFile, [
    "issue",
    ...["--env", "local", "--yes", "--json", "--force"],
    ...["--subject", `CN=${name}`, "--subject", `OU=${unit}`],
    ...["--profile", options.profile ?? "client", "--key-type", options.keyType ?? "P-256"],
    ...(options.validSeconds === undefined ? [] : ["--valid-seconds", String(options.validSeconds)]),
    ...["--output", folder],
  ]);
  const { serial, generation } = JSON.parse(stdout) as { serial: string; generation: string };
  return {
    name,
    folder,
    certificate: join(folder, "client-cert.pem"),
    key: join(folder, "client-key.pem"),
    serial,
    generation,
  };
}
