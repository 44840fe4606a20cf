/** The operator's command as a process: what a person types, what comes back. */
import { execFile } from "node:child_process";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function runCa(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const command = ["scripts/run.mjs", "cli/ca", ...args];
    // Nothing of the reader's AWS may be asked: these commands work offline, or must refuse before they ask.
    const env = {
      ...process.env,
      AWS_PROFILE: "no-such-profile",
      AWS_CONFIG_FILE: "/dev/null",
      NO_COLOR: "1",
    };
    execFile(process.execPath, command, { env, maxBuffer: 50_000_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? 99) : 0, stdout, stderr });
    });
  });
}
