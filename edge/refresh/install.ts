/**
 * Puts files in force: into a new folder, tested by NGINX itself, then `current` points to it in one step, and NGINX
 * reads it. Whatever fails before that step leaves everything as it was; whoever is stopped after it, before NGINX was
 * told, leaves no digest, so that the next one installs again.
 */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { materialFiles } from "../nginx-configuration.ts";

export interface InstallPlaces {
  /** Folders of generations, and `current`. */
  readonly runtime: string;
  readonly nginx: string;
  readonly pidFile: string;
}

const digestFile = "digest";
const current = "current";
const generationPattern = /^g-[0-9a-f]{16}$/;

/** Of what NGINX was told last; undefined when that is not what lies there. */
export async function installedDigest(runtime: string): Promise<string | undefined> {
  return await readFile(join(runtime, current, digestFile), "utf8").catch(() => undefined);
}

/** Whether NGINX was running and was told. */
export async function install(
  material: {
    readonly digest: string;
    readonly files: (directory: string) => Readonly<Record<string, string>>;
  },
  places: InstallPlaces,
): Promise<"reloaded" | "not-running"> {
  const { runtime } = places;
  const directory = join(runtime, `g-${randomBytes(8).toString("hex")}`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // NGINX's workers look for their temporary files below it.
    await chmod(runtime, 0o711);
    await mkdir(join(runtime, "tmp"), { recursive: true, mode: 0o711 });
    for (const [name, content] of Object.entries(material.files(directory)))
      await writeFile(join(directory, name), content, { mode: 0o600 });
    await test(places.nginx, join(directory, materialFiles.configuration));
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  const before = await pointTo(runtime, directory);
  const told = await reload(places.pidFile);
  await writeFile(join(directory, digestFile), material.digest, { mode: 0o600 });
  await removeOthers(runtime, [basename(directory), before]);
  return told;
}

/** `-q`: only what is wrong is said. */
async function test(nginx: string, configuration: string): Promise<void> {
  try {
    await promisify(execFile)(nginx, ["-t", "-q", "-c", configuration], { timeout: 30_000 });
  } catch (error) {
    const { stderr = "", message } = error as { stderr?: string; message: string };
    throw new Error(`NGINX refuses the configuration: ${(stderr || message).trim().slice(0, 500)}`, {
      cause: error,
    });
  }
}

/** The folder that was in force. */
async function pointTo(runtime: string, directory: string): Promise<string | undefined> {
  const link = join(runtime, current);
  const before = await readlink(link).catch(() => undefined);
  const aside = `${link}.next`;
  await rm(aside, { force: true });
  await symlink(directory, aside);
  await rename(aside, link);
  return before === undefined ? undefined : basename(before);
}

async function reload(pidFile: string): Promise<"reloaded" | "not-running"> {
  const pid = Number(await readFile(pidFile, "utf8").catch(() => ""));
  if (!Number.isInteger(pid) || pid <= 1) return "not-running";
  try {
    process.kill(pid, "SIGHUP");
    return "reloaded";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "not-running";
    throw error;
  }
}

async function removeOthers(runtime: string, kept: readonly (string | undefined)[]): Promise<void> {
  const old = (await readdir(runtime)).filter((name) => generationPattern.test(name) && !kept.includes(name));
  await Promise.all(old.map((name) => rm(join(runtime, name), { recursive: true, force: true })));
}
