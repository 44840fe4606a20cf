/**
 * The folder of `--keep`: one run at a time uses it. Its state is written when a run ends; a run that was killed
 * has written nothing, or half of it, so what it leaves is thrown away and told.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onEnd } from "./interrupt.ts";
import { isAlive } from "./is-alive.ts";
import { LocalError } from "./local-error.ts";

export function keptFolder(): string {
  const folder = join(process.cwd(), ".local", "kept");
  const owner = join(folder, "owner");
  const whole = join(folder, "whole");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pid = existsSync(owner) ? Number(readFileSync(owner, "utf8")) : 0;
  if (isAlive(pid))
    throw new LocalError(
      "kept-in-use",
      `--keep: process ${pid} uses ${folder}; stop it first, or start without --keep (that uses a folder of its own)`,
    );
  if (!existsSync(whole) && existsSync(join(folder, "state"))) {
    process.stderr.write("--keep: the last run was killed before it saved its state; starting anew\n");
    rmSync(join(folder, "state"), { recursive: true, force: true });
  }
  rmSync(whole, { force: true });
  writeFileSync(owner, String(process.pid));
  // Remembered first, so it runs last: after the embedded AWS has saved its state.
  onEnd("the kept folder", () => {
    writeFileSync(whole, "");
    rmSync(owner, { force: true });
  });
  return folder;
}
