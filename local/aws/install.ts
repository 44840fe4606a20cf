/**
 * Installs the embedded AWS into a virtual environment of the project's own, once for every set of requirements
 * and Python. Packages are pinned by hash; nothing outside `.local/` is touched.
 *
 * Safe with two at once and with a run that is killed in the middle: an environment is made aside and appears
 * whole under its name, or not at all.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { isAlive } from "#local/start/is-alive.ts";
import { LocalError } from "#local/start/local-error.ts";
import { findPython, type Python } from "./python.ts";

export interface Installation {
  /** The environment's own interpreter. */
  readonly python: string;
  /** False when it was there already. */
  readonly isNew: boolean;
}

export interface InstallOptions {
  /** The project's folder. */
  readonly project?: string;
  /** Where environments are kept; `.local/aws` of the project when left out. */
  readonly folder?: string;
}

/** Requirements of the embedded AWS, relative to the project. */
const requirementsFile = join("local", "aws", "requirements.txt");

/** Tells apart what one process makes at once. */
let made = 0;

export function installEmbeddedAws(options: InstallOptions = {}): Promise<Installation> {
  const project = options.project ?? process.cwd();
  return installRequirements({
    what: "the embedded AWS",
    requirements: join(project, requirementsFile),
    folder: options.folder ?? join(project, ".local", "aws"),
  });
}

export interface Requirements {
  /** For messages. */
  readonly what: string;
  /** File of pinned packages with their hashes. */
  readonly requirements: string;
  /** Where environments are kept. */
  readonly folder: string;
}

export async function installRequirements({
  what,
  requirements,
  folder,
}: Requirements): Promise<Installation> {
  const interpreter = await findPython();
  const name = environmentName(readFileSync(requirements), interpreter);
  const environment = join(folder, name);
  const python = join(environment, "bin", "python");
  if (existsSync(python)) return { python, isNew: false };

  mkdirSync(folder, { recursive: true });
  removeAbandoned(folder);
  made += 1;
  const aside = join(folder, `${name}.${process.pid}.${made}`);
  rmSync(aside, { recursive: true, force: true });
  try {
    await run(what, interpreter.command, ["-I", "-m", "venv", aside], folder);
    await run(
      what,
      join(aside, "bin", "python"),
      [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "--no-input",
        "--disable-pip-version-check",
        "-r",
        requirements,
      ],
      folder,
    );
    publish(aside, environment);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return { python, isNew: true };
}

/** Other requirements or another Python are another environment. */
export function environmentName(requirements: Buffer, { version }: Python): string {
  const hash = createHash("sha256").update(requirements).update(version).digest("hex");
  return `venv-${hash.slice(0, 16)}`;
}

/** Environments whose maker has died before they were whole. */
function removeAbandoned(folder: string): void {
  for (const entry of readdirSync(folder)) {
    const maker = /^venv-[0-9a-f]{16}\.(\d+)\.\d+$/.exec(entry)?.[1];
    if (maker && !isAlive(Number(maker))) rmSync(join(folder, entry), { recursive: true, force: true });
  }
}

function publish(aside: string, environment: string): void {
  try {
    renameSync(aside, environment);
  } catch (error) {
    // Another run was faster: the same requirements, the same environment.
    if (!existsSync(join(environment, "bin", "python"))) throw error;
  }
}

async function run(what: string, command: string, args: readonly string[], cwd: string): Promise<void> {
  // The reader's own settings of pip (mirror, certificate) count; what would lead out of the environment does not.
  const { PYTHONHOME: _home, PYTHONPATH: _path, PIP_USER: _user, PIP_TARGET: _target, ...env } = process.env;
  try {
    await promisify(execFile)(command, args, {
      cwd,
      env: { ...env, PIP_REQUIRE_VIRTUALENV: "0" },
      maxBuffer: 16 * 1024 * 1024,
    });
  } catch (error) {
    const { stderr = "", stdout = "" } = error as { stderr?: string; stdout?: string };
    const lines = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "");
    throw new LocalError(
      "install",
      `${what} could not be installed (${command} ${args.slice(0, 3).join(" ")}):\n${lines.slice(-12).join("\n")}\ncheck the network and pip's settings (PIP_INDEX_URL, PIP_CERT), and the space on the disk, then run again`,
      { cause: error },
    );
  }
}
