/**
 * The real `cdktf` and Terraform, run as an operator runs them, in a folder of the run, with a log.
 *
 * A child has a process group of its own: on Ctrl-C it gets one SIGINT and may finish its step, because a
 * Terraform that is killed hard leaves a lock and provider processes behind.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Access, accessVariable } from "#contract/names.ts";
import { DeployError } from "./deploy-error.ts";

export interface TerraformSurroundings {
  readonly project: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Folder for logs. */
  readonly logs: string;
}

export interface PlannedChange {
  readonly address: string;
  /** Its `name`, or what stands for one. */
  readonly name: string;
  readonly actions: readonly string[];
  /** Top-level attributes that differ. */
  readonly attributes: readonly string[];
}

const running = new Set<ChildProcess>();

/** Asks every running child to finish, and waits for it. */
export async function endTerraform(): Promise<void> {
  await Promise.all(
    [...running].map(
      (child) =>
        new Promise<void>((resolve) => {
          child.once("close", () => resolve());
          if (child.pid !== undefined) signal(child.pid, "SIGINT");
        }),
    ),
  );
}

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

/** Stacks that depend on none of each other, at the same time. */
export function destroyTogether(at: TerraformSurroundings, stacks: readonly string[]): Promise<void> {
  return cdktf(at, ["destroy", ...stacks, ...always, unordered]);
}

/** Nobody is there to approve; providers are found without a registry. */
const always = ["--auto-approve", "--skip-provider-lock"];

/** Then cdktf asks for no dependency, and keeps no order either. */
const unordered = "--ignore-missing-stack-dependencies";
/** A stack whose dependency is deployed already may be named alone; of several, cdktf must keep the order. */
const alone = (stacks: readonly string[]): string[] => (stacks.length === 1 ? [unordered] : []);

type Progress = (word: string) => void;

async function cdktf(at: TerraformSurroundings, args: readonly string[], progress?: Progress): Promise<void> {
  let done = 0;
  await run(at, join("node_modules", ".bin", "cdktf"), args, at.project, `cdktf-${args[0]}`, (line) => {
    const match = /^\s*(\S+)\s+.*\b(?:Creation|Modifications|Destruction) complete/.exec(plain(line));
    if (match) progress?.(`${match[1]}: ${++done} resources`);
  });
}

/**
 * Plans one stack of the synthesized folder: what would change now, in nobody's words but Terraform's. With the plan
 * role, which reads only, and without a lock, which it could not take.
 */
export async function plan(at: TerraformSurroundings, stack: string): Promise<readonly PlannedChange[]> {
  const folder = folderOf(at, stack);
  const name = `plan-${stack}`;
  // Apart from the folder that knows the deploy role's backend.
  const own = { ...at, environment: { ...at.environment, TF_DATA_DIR: ".terraform-plan" } };
  const role = `assume_role={role_arn="${roleOf(folder, "plan")}"}`;
  await run(own, "terraform", ["init", ...quiet, `-backend-config=${role}`], folder, name);
  const access = ["-lock=false", "-var", `${accessVariable}=plan`];
  await run(own, "terraform", ["plan", ...quiet, ...access, "-out=plan"], folder, name);
  const json = await run(own, "terraform", ["show", "-json", "plan"], folder, `show-${stack}`);
  return changes(JSON.parse(json));
}

const quiet = ["-input=false", "-no-color"];
const folderOf = (at: TerraformSurroundings, stack: string) => join(at.project, "terraform", "stacks", stack);

/** The role by which a stack's provider works, as it is synthesized. */
function roleOf(folder: string, access: Access): string {
  const { provider } = JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8"));
  const written: unknown = provider?.aws?.[0]?.assume_role?.[0]?.role_arn;
  if (typeof written !== "string" || !written.includes(`\${var.${accessVariable}}`))
    throw new DeployError(`${folder}: its provider's role does not depend on var.${accessVariable}`);
  return written.replace(`\${var.${accessVariable}}`, access);
}

/** The outputs of a deployed stack, by name. */
export async function outputs(
  at: TerraformSurroundings,
  stack: string,
): Promise<Readonly<Record<string, unknown>>> {
  const folder = folderOf(at, stack);
  await run(at, "terraform", ["init", ...quiet], folder, `plan-${stack}`);
  const json = await run(at, "terraform", ["output", "-json"], folder, `output-${stack}`);
  const found = JSON.parse(json) as Record<string, { readonly value: unknown }>;
  return Object.fromEntries(Object.entries(found).map(([name, { value }]) => [name, value]));
}

/** Writes `terraform/` from the configuration. */
export async function synthesize(at: TerraformSurroundings): Promise<void> {
  await run(at, "node", [join("scripts", "synth.mjs")], at.project, "synth");
}

/**
 * Plans a stack that has no role of its own (the foundation) with the caller's credentials. Without a state it plans
 * as for an account in which nothing is yet.
 */
export async function planAsCaller(
  at: TerraformSurroundings,
  stack: string,
  { withoutState = false }: { readonly withoutState?: boolean } = {},
): Promise<readonly PlannedChange[]> {
  const folder = withoutState ? withoutBackend(at, stack) : folderOf(at, stack);
  const name = `plan-${stack}`;
  await run(at, "terraform", ["init", ...quiet], folder, name);
  await run(at, "terraform", ["plan", ...quiet, "-out=plan"], folder, name);
  return changes(JSON.parse(await run(at, "terraform", ["show", "-json", "plan"], folder, `show-${stack}`)));
}

/** Plans and applies in one, for accounts that nobody else works in. */
export async function applyAsCaller(at: TerraformSurroundings, stack: string): Promise<void> {
  await run(at, "terraform", ["init", ...quiet], folderOf(at, stack), `apply-${stack}`);
  await run(at, "terraform", ["apply", ...quiet, "-auto-approve"], folderOf(at, stack), `apply-${stack}`);
}

/** Applies what `planAsCaller` has planned, and nothing else. */
export async function applyPlanned(at: TerraformSurroundings, stack: string): Promise<void> {
  await run(at, "terraform", ["apply", ...quiet, "plan"], folderOf(at, stack), `apply-${stack}`);
}

function withoutBackend(at: TerraformSurroundings, stack: string): string {
  const folder = join(at.logs, stack);
  const { terraform, ...rest } = JSON.parse(readFileSync(join(folderOf(at, stack), "cdk.tf.json"), "utf8"));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const written = { ...rest, terraform: { ...terraform, backend: { local: {} } } };
  writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify(written));
  return folder;
}

interface PlanJson {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly before: Record<string, unknown> | null;
      readonly after: Record<string, unknown> | null;
    };
  }[];
  readonly output_changes?: Readonly<Record<string, { readonly actions: readonly string[] }>>;
}

function changes(json: PlanJson): PlannedChange[] {
  const quiet = (actions: readonly string[]) => actions.every((one) => one === "no-op" || one === "read");
  const resources = (json.resource_changes ?? [])
    .filter(({ change }) => !quiet(change.actions))
    .map(({ address, change: { actions, before, after } }) => ({
      address,
      name: String(after?.name ?? before?.name ?? address.split(".").at(-1)),
      actions,
      attributes: Object.keys({ ...before, ...after }).filter(
        (key) => JSON.stringify(before?.[key]) !== JSON.stringify(after?.[key]),
      ),
    }));
  const outputs = Object.entries(json.output_changes ?? {})
    .filter(([, { actions }]) => !quiet(actions))
    .map(([name, { actions }]) => ({ address: `output.${name}`, name, actions, attributes: [] }));
  return [...resources, ...outputs];
}

/** Runs a command with the run's environment; its output goes to a log and, for the caller, comes back. */
function run(
  at: TerraformSurroundings,
  command: string,
  args: readonly string[],
  cwd: string,
  log: string,
  onLine?: (line: string) => void,
): Promise<string> {
  const file = join(at.logs, `${log}.log`);
  return new Promise((resolve, reject) => {
    const sink = createWriteStream(file, { flags: "a" });
    const child = spawn(command.includes("/") ? join(at.project, command) : command, args, {
      cwd,
      env: at.environment,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      sink.write(text);
      for (const line of text.split("\n")) onLine?.(line);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => sink.write(text));
    child.on("error", (error) => {
      running.delete(child);
      reject(new DeployError(`${command} could not be started: ${error.message}`, { cause: error }));
    });
    child.on("close", (code, killed) => {
      running.delete(child);
      sink.end(() => {
        if (code === 0) resolve(stdout);
        else
          reject(
            new DeployError(
              `${command} ${args[0]} ended with ${killed ?? code}:\n${reason(file)}\nthe whole log: ${file}`,
            ),
          );
      });
    });
  });
}

/** What a log says of the reason: Terraform's error boxes, or the end of it. */
function reason(file: string): string {
  const text = plain(readFileSync(file, "utf8")).replace(/\n\s*\n/g, "\n");
  const errors = text.match(/╷[^╵]*\bError\b[^╵]*╵/g) ?? [];
  return errors.length > 0 ? errors.slice(0, 5).join("\n") : text.trimEnd().split("\n").slice(-15).join("\n");
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // It has ended by itself.
  }
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours begin with ESC
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}
