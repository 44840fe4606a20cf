/**
 * The foundation of each account, planned and applied by Terraform with an administrator's credentials. Everything is
 * planned before anything is applied.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { FoundationReader } from "#aws/foundation-reader.ts";
import { stateKey } from "#contract/names.ts";
import { applyPlanned, planAsCaller } from "#deploy/as-caller.ts";
import type { PlannedChange } from "#deploy/planned-changes.ts";
import type { TerraformSurroundings } from "#deploy/run-command.ts";
import { synthesize } from "#deploy/synthesize.ts";
import { CommandError } from "../terminal.ts";
import type { Entered } from "./accounts.ts";
import { conflictsOf } from "./conflicts.ts";
import type { Item } from "./item.ts";

export async function planFoundations(
  environment: string,
  entered: readonly Entered[],
  hasState: (one: Entered) => boolean,
): Promise<readonly Item[]> {
  const [first] = entered;
  if (first) await synthesize(surroundings(first));
  const items: Item[] = [];
  const conflicts: string[] = [];
  for (const one of entered) {
    const reader = new FoundationReader(one.connection);
    if (hasState(one)) await refuseLocked(one, reader);
    const changes = await plan(one, !hasState(one));
    conflicts.push(...(await conflictsOf(one.at, environment, changes, reader)));
    items.push(item(one, changes));
  }
  if (conflicts.length > 0)
    throw new CommandError("conflict", `nothing was changed: ${conflicts.join("; ")}`);
  return items;
}

export async function applyFoundation(one: Entered): Promise<void> {
  await applyPlanned(surroundings(one), one.at.stack).catch(explained(one));
}

const plan = (one: Entered, withoutState: boolean): Promise<readonly PlannedChange[]> =>
  planAsCaller(surroundings(one), one.at.stack, { withoutState }).catch(explained(one));

function item({ at: { account, stack, region } }: Entered, changes: readonly PlannedChange[]): Item {
  const own = { account, kind: "foundation", name: stack, region } as const;
  if (changes.length === 0) return { ...own, state: "as it should be", what: "" };
  const isNew = changes.every(({ actions }) => actions.join() === "create");
  const what = changes.map(
    ({ address, actions, name }) => `${actions.join("+")} ${address.split(".")[0]} ${name}`,
  );
  return { ...own, state: isNew ? "missing" : "differs", what: what.join(", ") };
}

async function refuseLocked({ at }: Entered, reader: FoundationReader): Promise<void> {
  const [{ name, region }] = at.buckets;
  const lock = await reader.lock(name, region, stateKey(at.stack));
  if (lock)
    throw new CommandError(
      "locked",
      `the state of ${at.stack} is locked by ${lock.who} since ${lock.created} (${lock.operation}): wait for that run; if it is certain that it has died: terraform -chdir=terraform/stacks/${at.stack} force-unlock ${lock.id}`,
    );
}

/** A lock that was taken, or a state that was written, since it was looked for. */
const explained =
  ({ at }: Entered) =>
  (error: Error): never => {
    if (/Error acquiring the state lock|Saved plan is stale/.test(error.message))
      throw new CommandError(
        "locked",
        `somebody else is at work on ${at.stack}: wait for that run; ${error.message}`,
      );
    throw error;
  };

function surroundings({ variables }: Entered): TerraformSurroundings {
  const logs = join(process.cwd(), ".local", "bootstrap");
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const quiet = { CI: "true", CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", TF_INPUT: "0" };
  return { project: process.cwd(), logs, environment: { ...variables, ...quiet } };
}
