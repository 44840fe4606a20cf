/**
 * The foundation of each account, planned and applied by Terraform with an administrator's credentials. Everything is
 * planned before anything is applied.
 */
import { FoundationReader } from "#aws/foundation-reader.ts";
import { stateKey } from "#contract/names.ts";
import { applyPlanned, forgetPlan, planAsCaller } from "#deploy/as-caller.ts";
import type { PlannedChange } from "#deploy/planned-changes.ts";
import { synthesize } from "#deploy/synthesize.ts";
import { lockText } from "../lock-text.ts";
import { CommandError } from "../terminal.ts";
import { terraformSurroundings } from "../terraform-surroundings.ts";
import type { Entered } from "./accounts.ts";
import { conflictsOf } from "./conflicts.ts";
import type { Item } from "./item.ts";

/** Before the first plan. */
export const synthesizeFoundations = (one: Entered): Promise<void> => synthesize(surroundings(one));

export async function planFoundations(
  environment: string,
  entered: readonly Entered[],
  hasState: (one: Entered) => boolean,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  const conflicts: string[] = [];
  for (const one of entered) {
    const reader = new FoundationReader(one.connection);
    if (hasState(one)) await refuseLocked(one, reader);
    const changes = await plan(one, !hasState(one));
    const place = { at: one.at, environment, hasState: hasState(one) };
    conflicts.push(...(await conflictsOf(place, changes, reader)));
    items.push(item(one, changes));
  }
  if (conflicts.length > 0)
    throw new CommandError("conflict", `nothing was changed: ${conflicts.join("; ")}`);
  return items;
}

/** Those that nobody has applied. */
export function forgetPlans(entered: readonly Entered[]): void {
  for (const one of entered) forgetPlan(surroundings(one), one.at.stack);
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
  if (lock) throw new CommandError("locked", lockText(at.stack, lock));
}

/** A lock that was taken, or a state that was written, since it was looked for. */
const explained =
  ({ at }: Entered) =>
  (error: Error): never => {
    if (/Error acquiring the state lock|Saved plan (is stale|does not match)/.test(error.message))
      throw new CommandError(
        "locked",
        `somebody else is at work on ${at.stack}: wait for that run; ${error.message}`,
      );
    throw error;
  };

const surroundings = ({ variables }: Entered) => terraformSurroundings("bootstrap", variables);
