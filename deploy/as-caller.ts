/**
 * Terraform over a stack that has no role of its own (the foundation, which makes the roles), with the caller's
 * credentials.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PlannedChange, plannedChanges } from "./planned-changes.ts";
import { runCommand, type TerraformSurroundings } from "./run-command.ts";
import { quiet, stackFolder } from "./terraform.ts";

/**
 * Leaves the plan for `applyPlanned`, to be forgotten when nobody applies it. Without a state it plans as for an account
 * in which nothing is yet, which cannot be applied.
 */
export async function planAsCaller(
  at: TerraformSurroundings,
  stack: string,
  { withoutState = false }: { readonly withoutState?: boolean } = {},
): Promise<readonly PlannedChange[]> {
  const folder = withoutState ? withoutBackend(at, stack) : stackFolder(at, stack);
  try {
    await terraform(at, stack, folder, ["init", ...quiet]);
    await terraform(at, stack, folder, ["plan", ...quiet, `-out=${planFile}`]);
    return plannedChanges(await terraform(at, stack, folder, ["show", "-json", planFile]));
  } finally {
    if (withoutState) rmSync(folder, { recursive: true, force: true });
  }
}

/** A plan holds what the state holds. */
export const forgetPlan = (at: TerraformSurroundings, stack: string): void =>
  rmSync(join(stackFolder(at, stack), planFile), { force: true });

/** This run's own: another's is not applied. */
const planFile = `plan.${process.pid}`;

/** Plans and applies in one, for accounts that nobody else works in. */
export async function applyAsCaller(at: TerraformSurroundings, stack: string): Promise<void> {
  await terraform(at, stack, stackFolder(at, stack), ["init", ...quiet]);
  await terraform(at, stack, stackFolder(at, stack), ["apply", ...quiet, "-auto-approve"]);
}

/** Takes away what `applyAsCaller` made. */
export async function destroyAsCaller(at: TerraformSurroundings, stack: string): Promise<void> {
  await terraform(at, stack, stackFolder(at, stack), ["init", ...quiet]);
  await terraform(at, stack, stackFolder(at, stack), ["destroy", ...quiet, "-auto-approve"]);
}

/** The same surroundings with the root of an account of the embedded AWS, whose access key is the account's id. */
export const asLocalRoot = (at: TerraformSurroundings, account: string): TerraformSurroundings => ({
  ...at,
  environment: { ...at.environment, AWS_ACCESS_KEY_ID: account },
});

/** Applies what `planAsCaller` has planned, and nothing else. */
export async function applyPlanned(at: TerraformSurroundings, stack: string): Promise<void> {
  await terraform(at, stack, stackFolder(at, stack), ["apply", ...quiet, planFile]);
}

const terraform = (at: TerraformSurroundings, stack: string, folder: string, args: readonly string[]) =>
  runCommand(at, { program: "terraform", args, folder, log: `${args[0]}-${stack}` });

function withoutBackend(at: TerraformSurroundings, stack: string): string {
  const folder = mkdtempSync(join(at.logs, `${stack}-`));
  const { terraform: own, ...rest } = JSON.parse(
    readFileSync(join(stackFolder(at, stack), "cdk.tf.json"), "utf8"),
  );
  const written = { ...rest, terraform: { ...own, backend: { local: {} } } };
  writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify(written));
  return folder;
}
