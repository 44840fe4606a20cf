/**
 * Runs Terraform and `cdktf` as an operator runs them, with a log of each command.
 *
 * A child has a process group of its own: a Ctrl-C in the terminal does not reach it. It gets one SIGINT from
 * `endTerraform` and may finish its step, because a Terraform that hears a second one, or is killed hard, leaves a
 * lock, a state that is behind, and provider processes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { DeployError } from "./deploy-error.ts";

export interface TerraformSurroundings {
  readonly project: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Folder for logs. */
  readonly logs: string;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** Name of the log; commands of one name append to it. */
  readonly log: string;
  /** Added to the surroundings' environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
}

/** Every child that is running, and whether it was asked to end. */
const running = new Map<ChildProcess, { asked: boolean }>();

/** Asks every running child to finish, once, and waits for it. */
export async function endTerraform(): Promise<void> {
  await Promise.all(
    [...running].map(
      ([child, state]) =>
        new Promise<void>((resolve) => {
          child.once("close", () => resolve());
          if (!state.asked && child.pid !== undefined) interrupt(child.pid);
          state.asked = true;
        }),
    ),
  );
}

/** Its output goes to a log and, for the caller, comes back. */
export function runCommand(at: TerraformSurroundings, command: Command): Promise<string> {
  const { program, args, folder, log, onLine } = command;
  const file = join(at.logs, `${log}.log`);
  return new Promise((resolve, reject) => {
    const sink = createWriteStream(file, { flags: "a" });
    const child = spawn(program.includes("/") ? join(at.project, program) : program, args, {
      cwd: folder,
      env: { ...at.environment, ...command.environment },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.set(child, { asked: false });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      sink.write(text);
      for (const line of text.split("\n")) onLine?.(plain(line));
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      sink.write(text);
    });
    child.on("error", (error) => {
      running.delete(child);
      reject(new DeployError(`${program} could not be started: ${error.message}`, { cause: error }));
    });
    child.on("close", (code, killed) => {
      running.delete(child);
      sink.end(() => {
        if (code === 0) resolve(stdout);
        else
          reject(
            new DeployError(
              `${program} ${args[0]} ended with ${killed ?? code}:\n${reason(stdout + stderr)}\nthe whole log: ${file}`,
            ),
          );
      });
    });
  });
}

/** What was said of the reason: Terraform's error boxes, or the end of it. */
function reason(output: string): string {
  // Of a synthesized file the line that Terraform quotes is the whole file.
  const text = plain(output)
    .replace(/^[\s│]*\d+: \{.*$/gm, "")
    .replace(/\n\s*\n/g, "\n");
  const errors = text.match(/╷[^╵]*\bError\b[^╵]*╵/g) ?? text.match(/^Error: [\s\S]*/m) ?? [];
  return errors.length > 0 ? errors.slice(0, 5).join("\n") : text.trimEnd().split("\n").slice(-15).join("\n");
}

function interrupt(pid: number): void {
  try {
    process.kill(-pid, "SIGINT");
  } catch {
    // It has ended by itself.
  }
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours begin with ESC
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}
