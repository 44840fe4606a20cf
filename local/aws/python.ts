/**
 * Finds a Python that can hold the embedded AWS: 3.10 or newer, with the modules that make a virtual environment.
 * Says in one message what is missing, because this is the first thing that a newcomer's machine may lack.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { LocalError } from "#local/start/local-error.ts";

export interface Python {
  readonly command: string;
  /** `3.12.1` */
  readonly version: string;
}

/** Tried in this order; the first that fits is taken. */
export const pythonCommands = [
  "python3",
  "python3.13",
  "python3.12",
  "python3.11",
  "python3.10",
  "python",
] as const;
const oldest = [3, 10] as const;

/** What one command answered, or undefined when it does not exist. */
export type AskPython = (command: string) => Promise<{ version: string; venv: boolean } | undefined>;

export async function findPython(ask: AskPython = askPython): Promise<Python> {
  const found: string[] = [];
  for (const command of pythonCommands) {
    const answer = await ask(command);
    if (!answer) continue;
    if (isNewEnough(answer.version) && answer.venv) return { command, version: answer.version };
    found.push(`${command} ${answer.version}${answer.venv ? "" : " without venv"}`);
  }
  throw new LocalError("python", message(found));
}

function message(found: readonly string[]): string {
  const wanted = `the embedded AWS needs Python ${oldest.join(".")} or newer with its venv module`;
  if (found.length === 0)
    return `${wanted}; no Python was found on PATH: install one (Debian: apt install python3 python3-venv, macOS: brew install python) and run again`;
  const hint = found.some((one) => one.endsWith("without venv"))
    ? "on Debian and Ubuntu the module is a package of its own: apt install python3-venv"
    : "install a newer one beside it: it is found as python3.13, python3.12 …";
  return `${wanted}; found: ${found.join(", ")}; ${hint}`;
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** Modules are asked for one by one: Debian ships Python without ensurepip, and `venv` alone is not enough. */
const question = [
  "import sys, importlib.util as u",
  "print('.'.join(map(str, sys.version_info[:3])))",
  "print(all(u.find_spec(m) for m in ('venv', 'ensurepip')))",
].join("\n");

async function askPython(command: string): Promise<{ version: string; venv: boolean } | undefined> {
  try {
    const { stdout } = await promisify(execFile)(command, ["-I", "-c", question], { timeout: 20_000 });
    const [version = "", venv = ""] = stdout.trim().split(/\r?\n/);
    return /^\d+\.\d+\.\d+$/.test(version) ? { version, venv: venv === "True" } : undefined;
  } catch {
    // Not there, or a placeholder that only tells how to install it.
    return undefined;
  }
}
