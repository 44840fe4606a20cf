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
export function operate(systemFile: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const environment = { ...process.env, [localSystemVariable]: systemFile };
    const command = ["scripts/run.mjs", "cli/ca", ...args];
    execFile(
      process.execPath,
      command,
      { env: environment, maxBuffer: 50_000_000 },
      (error, stdout, stderr) => {
        if (error)
          reject(
            new LocalError("operator", `npm run ca -- ${args.join(" ")}: ${stderr.trim()}${stdout.trim()}`),
          );
        else resolve(stdout);
      },
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
