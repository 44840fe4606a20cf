/**
 * Installs the locked packages when they are missing or no longer those of package-lock.json, so that a fresh
 * clone needs no command before `npm start` or `npm test`. Knows nothing but Node itself.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

const stamp = join(root, "node_modules", ".mtls-api-lock");
const guard = join(root, ".local", "installing");
/** A guard older than this belongs to a run that was killed. */
const guardMinutes = 10;

/** Does nothing when the packages are those of the lock file. */
export function installPackages() {
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const installed = () => existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (installed()) return;
  enter();
  let status = 0;
  try {
    if (installed()) return;
    process.stderr.write("installing packages (npm ci), once …\n");
    ({ status } = spawnSync(
      "npm",
      ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
      {
        cwd: root,
        stdio: ["ignore", process.stderr, "inherit"],
      },
    ));
    if (status === 0) writeFileSync(stamp, wanted);
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
  if (status !== 0) fail("npm ci failed: see its message above; check the network and run again");
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
