/** Writes `terraform/` and the functions' archives from the configuration, as `npm run synth` does. */
import { join } from "node:path";
import { runCommand, type TerraformSurroundings } from "./run-command.ts";

export async function synthesize(at: TerraformSurroundings): Promise<void> {
  await runCommand(at, {
    ...{ program: "node", args: [join("scripts", "synth.mjs")], folder: at.project, log: "synth" },
  });
}
