/**
 * Installs the locked packages when they are missing or no longer those of package-lock.json, so that a fresh
 * clone needs no command before `npm start` or `npm test`. Knows nothing but Node itself.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** Written by npm: what it has installed. */
const installedList = join(root, "node_modules", ".package-lock.json");
const guard = join(root, ".local", "installing");
/** A guard older than this belongs to a run that was killed. */
const guardMinutes = 10;

/** Does nothing when the packages are those of the lock file. */
export function installPackages() {
  if (areInstalled()) return;
  enter();
  let status = 0;
  try {
    if (areInstalled()) return;
    process.stderr.write("installing packages (npm ci), once …\n");
    ({ status } = spawnSync(
      "npm",
      ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
      {
        cwd: root,
        stdio: ["ignore", process.stderr, "inherit"],
      },
    ));
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
  if (status !== 0) fail("npm ci failed: see its message above; check the network and run again");
}

/** Every package of the lock file, in its version; those for other machines are optional and may be missing. */
function areInstalled() {
  if (!existsSync(installedList)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const found = JSON.parse(readFileSync(installedList, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, one]) => path === "" || one.optional || found[path]?.version === one.version,
  );
}

/** Two commands in one fresh clone: the second waits for the first. */
function enter() {
  mkdirSync(join(root, ".local"), { recursive: true });
  for (;;) {
    try {
      mkdirSync(guard);
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (Date.now() - (statSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? 0) > guardMinutes * 60_000)
        rmSync(guard, { recursive: true, force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    }
  }
}

function fail(message) {
  process.stderr.write(`mtls-api: ${message}\n`);
  process.exit(1);
}
