/** How commands run Terraform: in this project's folder, asking nobody, with a folder of logs for each command. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { TerraformSurroundings } from "#deploy/run-command.ts";

/** `own`: with which credentials, and whatever else the person's shell or the local system says. */
export function terraformSurroundings(
  command: "bootstrap" | "rollout",
  own: Readonly<Record<string, string>>,
): TerraformSurroundings {
  const logs = join(process.cwd(), ".local", command);
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const quiet = { CI: "true", CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", TF_INPUT: "0" };
  return { project: process.cwd(), logs, environment: { ...own, ...quiet } };
}

/** As the person's shell is. */
export const shell = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
