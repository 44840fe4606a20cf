/**
 * Rolls environments out one after another: the CA's stack, the APIs' stacks, then doctor; the first failure ends it,
 * and so does an interruption, after the step that is under way.
 *
 * What a stack already is, is not deployed again, so that the same command after a failure takes up where it stopped.
 * Nothing is planned before every account, lock and generation has been looked at.
 */
import type { StateLock } from "#aws/terraform-state.ts";
import type { Environment } from "#config/environment.ts";
import { stackNames } from "#contract/names.ts";
import { lockText } from "../lock-text.ts";

/** What a rollout does to the world; a test plays it. */
export interface Runner {
  /** Throws unless the credentials are an operator's of the environment: one who may plan, or deploy too. */
  refuseWrongAccounts(environment: Environment): Promise<void>;
  lock(environment: Environment, stack: string): Promise<StateLock | undefined>;
  /** Why a generation may not become active yet. */
  generationProblem(environment: Environment): Promise<string | undefined>;
  isCaDeployed(environment: Environment): Promise<boolean>;
  /** Writes terraform/ and the functions' archives. */
  synthesize(): Promise<void>;
  /** How the accounts' foundation differs from what was synthesized, and what to do, one line each. */
  foundationProblems(environment: Environment): Promise<readonly string[]>;
  /** How many resources and outputs would change. */
  plan(stack: string): Promise<number>;
  /** Does what was planned. */
  deploy(stack: string, progress: (word: string) => void): Promise<void>;
  /** What failed, one line each. */
  doctor(environment: Environment): Promise<readonly string[]>;
}

export type StepState =
  | "planned"
  | "deployed"
  | "unchanged"
  | "pending CA"
  | "well"
  | "failed"
  | "interrupted"
  | "not begun";

export interface Step {
  readonly environment: string;
  /** A stack, or `doctor`. */
  readonly step: string;
  readonly state: StepState;
  readonly seconds: number;
  readonly what: string;
}

export interface Rollout {
  readonly steps: readonly Step[];
  /** Of plans only: how the foundation differs; nothing else is begun on such a one. */
  readonly foundation: readonly string[];
  readonly failed: boolean;
  readonly interrupted: boolean;
}

export interface RolloutOptions {
  readonly planOnly: boolean;
  readonly say: (line: string) => void;
  /** Aborted: the step under way ends as it can, no other begins. */
  readonly signal?: AbortSignal;
}

/** Something to mend before a rollout can begin; nothing was changed. */
export class NotReady extends Error {
  override readonly name = "NotReady";
}

export const stacksOf = ({ name, apis }: Environment): string[] => [
  stackNames.ca(name),
  ...apis.map((api) => stackNames.api(name, api.name)),
];

export async function rollOut(
  environments: readonly Environment[],
  runner: Runner,
  options: RolloutOptions,
): Promise<Rollout> {
  await refuseUnready(environments, runner, options);
  await runner.synthesize();
  const foundation = await foundationProblems(environments, runner, options);
  const all = environments.flatMap((environment) => [
    ...stacksOf(environment).map((step) => ({ environment, step })),
    ...(options.planOnly ? [] : [{ environment, step: "doctor" }]),
  ]);
  const steps: Step[] = [];
  let failed = false;
  for (const { environment, step } of all) {
    const row = { environment: environment.name, step };
    if (failed || options.signal?.aborted) {
      steps.push({ ...row, state: "not begun", seconds: 0, what: "" });
      continue;
    }
    const begun = performance.now();
    options.say(`… ${environment.name}: ${step}`);
    const done = await oneStep(environment, step, runner, options);
    failed = done.state === "failed";
    steps.push({ ...row, ...done, seconds: (performance.now() - begun) / 1000 });
    options.say(`${isBad(done.state) ? "✗" : "✓"} ${environment.name}: ${step} ${done.state}`);
  }
  return { steps, foundation, failed, interrupted: options.signal?.aborted === true };
}

export const isBad = (state: StepState): boolean => state === "failed" || state === "interrupted";

/** All of it before anything is planned, for every environment: the last one's mistake must not be found last. */
async function refuseUnready(
  environments: readonly Environment[],
  runner: Runner,
  { planOnly }: RolloutOptions,
): Promise<void> {
  for (const environment of environments) await runner.refuseWrongAccounts(environment);
  if (planOnly) return;
  for (const environment of environments) {
    for (const stack of stacksOf(environment)) {
      const lock = await runner.lock(environment, stack);
      if (lock) throw new NotReady(lockText(stack, lock));
    }
    const problem = await runner.generationProblem(environment);
    if (problem) throw new NotReady(`${environment.name}: ${problem}`);
  }
}

/**
 * Roles that are older than the code would end a deployment in the middle. A plan goes on: a pull request that changes
 * the foundation is planned before somebody bootstraps it.
 */
async function foundationProblems(
  environments: readonly Environment[],
  runner: Runner,
  { planOnly, say }: RolloutOptions,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const environment of environments) problems.push(...(await runner.foundationProblems(environment)));
  if (problems.length > 0 && !planOnly)
    throw new NotReady(`the foundation is not as committed, nothing was begun:\n${problems.join("\n")}`);
  for (const one of problems) say(`! ${one}`);
  return problems;
}

type Done = Pick<Step, "state" | "what">;

async function oneStep(
  environment: Environment,
  step: string,
  runner: Runner,
  { planOnly, say, signal }: RolloutOptions,
): Promise<Done> {
  try {
    if (step === "doctor") return doctorStep(await runner.doctor(environment));
    const isApi = step !== stackNames.ca(environment.name);
    if (isApi && !(await runner.isCaDeployed(environment)))
      return { state: "pending CA", what: "its plan needs the outputs of the CA, which is not deployed yet" };
    const changes = await runner.plan(step);
    if (changes === 0) return { state: "unchanged", what: "" };
    const what = `${changes} ${changes === 1 ? "change" : "changes"}`;
    if (planOnly) return { state: "planned", what };
    if (signal?.aborted) return { state: "interrupted", what: `${what} planned, none made` };
    await runner.deploy(step, (word) => say(`  ${word}`));
    return { state: "deployed", what };
  } catch (error) {
    // What fails after an interruption fails for that reason; its words are still worth reading.
    return { state: signal?.aborted ? "interrupted" : "failed", what: (error as Error).message };
  }
}

function doctorStep(failures: readonly string[]): Done {
  return failures.length === 0
    ? { state: "well", what: "" }
    : { state: "failed", what: `doctor: ${failures.join("; ")}` };
}
