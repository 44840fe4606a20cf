/** The real runner: Terraform and cdktf in this project, AWS as the environment's deploy and plan roles. */
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { asRole, assumeRole } from "#aws/assume-role.ts";
import { stateLock } from "#aws/terraform-state.ts";
import type { Environment } from "#config/environment.ts";
import { roleArn, roleNames, stackNames, stateKey } from "#contract/names.ts";
import { deploy, plan, type TerraformSurroundings } from "#deploy/cdktf.ts";
import { DeployError } from "#deploy/deploy-error.ts";
import type { Examined } from "../doctor/check.ts";
import { examine } from "../doctor/examine.ts";
import { operatorConnection, planReaders } from "../doctor/readers.ts";
import { findLocalSystem, localEnvironment } from "../local-system.ts";
import { CommandError } from "../terminal.ts";
import { generationProblem, isCaDeployed } from "./generation-problem.ts";
import type { Runner } from "./rollout.ts";

export function terraformRunner(environments: readonly Environment[]): Runner {
  const terraform = surroundings(environments);
  const examined = async (environment: Environment): Promise<Examined> => ({
    ...{ environment, now: new Date() },
    reader: await planReaders(environment),
  });
  return {
    refuseWrongAccounts,
    lock,
    generationProblem: async (environment) => generationProblem(await examined(environment)),
    isCaDeployed: async (environment) => isCaDeployed(await examined(environment)),
    synthesize: () => synthesize(terraform),
    plan: async (stack) => (await plan(terraform, stack)).length,
    deploy: (stack, progress) => deploy(terraform, [stack], progress),
    doctor: async (environment) =>
      (await examine(await examined(environment)))
        .filter((one) => one.verdict === "fail")
        .map((one) => `${one.code} ${one.subject}: ${one.what}`),
  };
}

/** On AWS as the person's shell is; on this machine as the running system says. */
function surroundings(environments: readonly Environment[]): TerraformSurroundings {
  const isLocal = environments.some((one) => one.name === localEnvironment);
  if (isLocal && environments.length > 1)
    throw new CommandError("usage", `${localEnvironment} runs on this machine: roll it out alone`);
  const own = isLocal ? findLocalSystem().terraform : (process.env as Record<string, string>);
  if (!own)
    throw new CommandError("no-local-system", "the local system is still starting: wait until it serves");
  const logs = join(process.cwd(), ".local", "rollout");
  mkdirSync(logs, { recursive: true });
  const quiet = { CI: "true", CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", TF_INPUT: "0" };
  return { project: process.cwd(), logs, environment: { ...own, ...quiet } };
}

/** Of every account: the role that applies and the role that reads. */
async function refuseWrongAccounts(environment: Environment): Promise<void> {
  await planReaders(environment);
  const operator = operatorConnection(environment);
  const accounts = new Set([environment.ca, ...environment.apis].map((place) => place.account));
  for (const account of accounts) {
    const role = roleArn(account, roleNames.deploy(environment.name));
    await assumeRole(operator, role).catch((error: Error) => {
      throw new CommandError(
        "wrong-account",
        `these credentials may plan ${environment.name} but not deploy it (${role}): ${error.message}`,
      );
    });
  }
}

async function lock(environment: Environment, stack: string) {
  const places = [
    { place: environment.ca, name: stackNames.ca(environment.name) },
    ...environment.apis.map((api) => ({ place: api, name: stackNames.api(environment.name, api.name) })),
  ];
  const place = places.find((one) => one.name === stack)?.place ?? environment.ca;
  const connection = asRole(
    { ...operatorConnection(environment), region: place.state.region },
    roleArn(place.account, roleNames.plan(environment.name)),
  );
  return stateLock(connection, place.state.bucket, stateKey(stack));
}

async function synthesize({ project, environment }: TerraformSurroundings): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, ["scripts/synth.mjs"], { cwd: project, env: environment });
  } catch (error) {
    throw new DeployError(`synthesis failed: ${(error as { stderr?: string }).stderr ?? String(error)}`);
  }
}
