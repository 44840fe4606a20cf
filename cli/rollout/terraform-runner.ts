/** The real runner: Terraform in this project's folder, AWS as the environment's deploy and plan roles. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asRole, assumeRole } from "#aws/assume-role.ts";
import { stateLock } from "#aws/terraform-state.ts";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { foundationAccounts, workingRoles } from "#config/foundation-accounts.ts";
import { roleArn, roleNames, stackNames, stateKey } from "#contract/names.ts";
import type { TerraformSurroundings } from "#deploy/run-command.ts";
import { synthesize } from "#deploy/synthesize.ts";
import { apply, planStack } from "#deploy/terraform.ts";
import type { Examined } from "../doctor/check.ts";
import { foundation } from "../doctor/checks/foundation.ts";
import { examine } from "../doctor/examine.ts";
import { operatorConnection, planReaders } from "../doctor/readers.ts";
import { findLocalSystem, localTerraform, runsHere } from "../local-system.ts";
import { CommandError } from "../terminal.ts";
import { shell, terraformSurroundings } from "../terraform-surroundings.ts";
import { fromWhereTyped } from "../where-typed.ts";
import { generationProblem, isCaDeployed } from "./generation-problem.ts";
import type { Runner } from "./rollout.ts";

export interface RunnerOptions {
  /** As the read-only role, without a lock; else as the deploy role. */
  readonly planOnly: boolean;
  /** Where STACK.json goes. */
  readonly planFolder?: string;
}

export function terraformRunner(environments: readonly Environment[], options: RunnerOptions): Runner {
  const terraform = surroundings(environments);
  const examined = async (environment: Environment): Promise<Examined> => ({
    ...{ environment, now: new Date() },
    reader: await planReaders(environment),
  });
  return {
    refuseWrongAccounts: (environment) => refuseWrongAccounts(environment, options),
    lock,
    generationProblem: async (environment) => generationProblem(await examined(environment)),
    isCaDeployed: async (environment) => isCaDeployed(await examined(environment)),
    synthesize: () => synthesize(terraform),
    foundationProblems: async (environment) =>
      (await examine(await examined(environment), [foundation]))
        .filter((one) => one.verdict !== "ok")
        .map((one) => `${one.code} ${one.subject}: ${one.what}\n  ${one.todo}`),
    plan: (stack) => planOne(terraform, stack, options),
    deploy: (stack, progress) => apply(terraform, stack, progress),
    doctor: async (environment) =>
      (await examine(await examined(environment)))
        .filter((one) => one.verdict === "fail")
        .map((one) => `${one.code} ${one.subject}: ${one.what}`),
  };
}

async function planOne(
  terraform: TerraformSurroundings,
  stack: string,
  { planOnly, planFolder }: RunnerOptions,
): Promise<number> {
  const { changes, json } = await planStack(terraform, stack, planOnly ? "plan" : "deploy");
  if (planFolder !== undefined) {
    const folder = fromWhereTyped(planFolder);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${stack}.json`), json);
  }
  return changes.length;
}

/** On AWS as the person's shell is; on this machine as the running system says. */
function surroundings(environments: readonly Environment[]): TerraformSurroundings {
  const here = environments.find(({ name }) => runsHere(name))?.name;
  if (here !== undefined && environments.length > 1)
    throw new CommandError("usage", `${here} runs on this machine: roll it out alone`);
  const own = here === undefined ? shell() : localTerraform(findLocalSystem(here));
  return terraformSurroundings("rollout", own);
}

/** Of every account, a zone's too: the role that reads and, but for a plan, the roles that apply. */
async function refuseWrongAccounts(environment: Environment, { planOnly }: RunnerOptions): Promise<void> {
  await planReaders(environment);
  if (planOnly) return;
  const operator = operatorConnection(environment);
  const roles = foundationAccounts(environment).flatMap((at) => workingRoles(environment.name, at, "deploy"));
  for (const role of roles)
    await assumeRole(operator, role).catch((error: Error) => {
      throw new CommandError(
        "wrong-account",
        `these credentials may plan ${environment.name} but not deploy it (${role}): ${error.message}`,
      );
    });
}

async function lock(environment: Environment, stack: string) {
  const { account, state } = placeOf(environment, stack);
  const connection = asRole(
    { ...operatorConnection(environment), region: state.region },
    roleArn(account, roleNames.plan(environment.name)),
  );
  return stateLock(connection, state.bucket, stateKey(stack));
}

/** Account and state of a stack of the environment. */
function placeOf({ name, ca, apis }: Environment, stack: string): Environment["ca"] | ApiEnvironment {
  return apis.find((api) => stackNames.api(name, api.name) === stack) ?? ca;
}
