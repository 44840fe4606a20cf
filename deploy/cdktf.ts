/** The real `cdktf`, run as an operator runs it: several stacks in the order that they need. */
import { join } from "node:path";
import { runCommand, type TerraformSurroundings } from "./run-command.ts";

type Progress = (word: string) => void;

export function deploy(
  at: TerraformSurroundings,
  stacks: readonly string[],
  progress?: Progress,
): Promise<void> {
  return cdktf(at, ["deploy", ...stacks, ...always, ...alone(stacks)], progress);
}

export function destroy(
  at: TerraformSurroundings,
  stacks: readonly string[],
  progress?: Progress,
): Promise<void> {
  return cdktf(at, ["destroy", ...stacks, ...always, ...alone(stacks)], progress);
}

/** Nobody is there to approve; providers are found without a registry. */
const always = ["--auto-approve", "--skip-provider-lock"];

/**
 * A stack whose dependency is deployed already may be named alone. Of several never: with this flag cdktf keeps no order,
 * and a `destroy` of two starts Terraform for the first of them again and again.
 */
const alone = (stacks: readonly string[]): string[] =>
  stacks.length === 1 ? ["--ignore-missing-stack-dependencies"] : [];

async function cdktf(at: TerraformSurroundings, args: readonly string[], progress?: Progress): Promise<void> {
  let done = 0;
  await runCommand(at, {
    program: join("node_modules", ".bin", "cdktf"),
    ...{ args, folder: at.project, log: `cdktf-${args[0]}` },
    onLine: (line) => {
      const match = /^\s*(\S+)\s+.*\b(?:Creation|Modifications|Destruction) complete/.exec(line);
      if (match) progress?.(`${match[1]}: ${++done} resources`);
    },
  });
}
