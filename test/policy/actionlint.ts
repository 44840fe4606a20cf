/**
 * The linter of workflows: on PATH, or installed once by Go into the project's own folder. Neither: undefined, and
 * the test says that it was skipped.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

const version = "v1.7.7";

export function findActionlint(project: string): string | undefined {
  if (spawnSync("actionlint", ["-version"]).status === 0) return "actionlint";
  const folder = join(project, ".local", "tools", `actionlint-${version}`);
  const program = join(folder, "actionlint");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  // The checksum database of Go's modules holds its hash. Go writes the program whole, or not at all.
  const { status } = spawnSync("go", ["install", `github.com/rhysd/actionlint/cmd/actionlint@${version}`], {
    cwd: folder,
    env: { ...process.env, GOBIN: folder, GOFLAGS: "" },
    timeout: 300_000,
    stdio: ["ignore", "ignore", "inherit"],
  });
  return status === 0 && existsSync(program) ? program : undefined;
}
