/**
 * Check 45: the roles that deploy, plan and enter, on the deployed system with policies enforced. What a plan by the
 * plan role says is in check 14.
 */
import type { CheckContext } from "../context.ts";
import { boundedAttempts, entryAttempts, foundationAttempts, type Tried } from "../foundation-attempts.ts";

export async function foundation(at: CheckContext): Promise<void> {
  await tryAll(at, await foundationAttempts(at));
  await tryAll(at, await boundedAttempts(at));
  await tryAll(at, entryAttempts(at));
}

async function tryAll({ report }: CheckContext, all: readonly Tried[]): Promise<void> {
  for (const { what, by, attempt, expected } of all) report.row(45, what, expected, await attempt(by));
}
