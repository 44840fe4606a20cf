/**
 * Terraform over one stack of the synthesized folder, as it is committed.
 *
 * A plan is made in one of two ways. As the deploy role it takes the lock, and what it has planned is what `apply`
 * then does: Terraform refuses a plan when the state has moved since. As the read-only role it reads the state, takes
 * no lock and can change nothing; the committed file stays as it is. The two keep their backends apart
 * (TF_DATA_DIR), because Terraform remembers by which role it read a state.
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Access, accessVariable } from "#contract/names.ts";
import { DeployError } from "./deploy-error.ts";
import { type PlannedChange, plannedChanges } from "./planned-changes.ts";
import { runCommand, type TerraformSurroundings } from "./run-command.ts";

export interface StackPlan {
  readonly changes: readonly PlannedChange[];
  /** As `terraform show -json` writes it. */
  readonly json: string;
}

/** What would change now, in nobody's words but Terraform's. */
export async function planStack(
  at: TerraformSurroundings,
  stack: string,
  access: Access,
): Promise<StackPlan> {
  const reading = access === "plan" ? readOnly(at, stack) : undefined;
  const run = (...args: string[]) => terraform(at, stack, args, reading?.dataFolder);
  try {
    await run("init", ...quiet, ...(reading ? ["-reconfigure", ...reading.init] : []));
    await run("plan", ...quiet, `-out=${planFile}`, ...(reading ? reading.plan : []));
    const json = await run("show", "-json", planFile);
    return { changes: plannedChanges(json), json };
  } finally {
    if (reading) forget(at, stack);
  }
}

/** The changes alone, as the read-only role sees them. */
export async function plan(at: TerraformSurroundings, stack: string): Promise<readonly PlannedChange[]> {
  return (await planStack(at, stack, "plan")).changes;
}

/** Does what the last plan as deploy role said, and nothing else. */
export async function apply(
  at: TerraformSurroundings,
  stack: string,
  progress?: (word: string) => void,
): Promise<void> {
  let done = 0;
  const finished = (line: string) => {
    if (/\b(?:Creation|Modifications|Destruction) complete/.test(line))
      progress?.(`${stack}: ${++done} resources`);
  };
  try {
    await terraform(at, stack, ["apply", ...quiet, planFile], undefined, finished);
  } finally {
    forget(at, stack);
  }
}

/** The outputs of a deployed stack, by name. */
export async function outputs(
  at: TerraformSurroundings,
  stack: string,
): Promise<Readonly<Record<string, unknown>>> {
  await terraform(at, stack, ["init", ...quiet]);
  const json = await terraform(at, stack, ["output", "-json"]);
  const found = JSON.parse(json) as Record<string, { readonly value: unknown }>;
  return Object.fromEntries(Object.entries(found).map(([name, { value }]) => [name, value]));
}

/** Asks nothing, and writes what can be read in a log. */
export const quiet = ["-input=false", "-no-color"];

/** In the stack's folder; ignored by git. */
const planFile = "plan";

/** A plan holds what the state holds. */
const forget = (at: TerraformSurroundings, stack: string): void =>
  rmSync(join(stackFolder(at, stack), planFile), { force: true });

function terraform(
  at: TerraformSurroundings,
  stack: string,
  args: readonly string[],
  dataFolder?: string,
  onLine?: (line: string) => void,
): Promise<string> {
  return runCommand(at, {
    ...{ program: "terraform", args, folder: stackFolder(at, stack), log: `${args[0]}-${stack}` },
    ...(dataFolder ? { environment: { TF_DATA_DIR: dataFolder } } : {}),
    ...(onLine ? { onLine } : {}),
  });
}

export const stackFolder = ({ project }: TerraformSurroundings, stack: string): string =>
  join(project, "terraform", "stacks", stack);

/** For the state by the backend's configuration, for the providers by the stack's own variable; without a lock. */
function readOnly(at: TerraformSurroundings, stack: string) {
  const folder = stackFolder(at, stack);
  const { provider } = JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8"));
  const written: unknown = provider?.aws?.[0]?.assume_role?.[0]?.role_arn;
  const variable = `\${var.${accessVariable}}`;
  if (typeof written !== "string" || !written.includes(variable))
    throw new DeployError(`${stack}: its provider's role does not depend on var.${accessVariable}`);
  const dataFolder = join(folder, ".terraform", "read-only");
  mkdirSync(dataFolder, { recursive: true });
  return {
    dataFolder,
    init: [`-backend-config=assume_role={role_arn="${written.replace(variable, "plan")}"}`],
    plan: ["-lock=false", `-var=${accessVariable}=plan`],
  };
}
