/** Runs every check; one that cannot be made is a failed finding, and the next one still runs. */
import type { Check, Examined, Finding } from "./check.ts";
import { fail, NotDeployed } from "./check.ts";
import { checks } from "./checks/index.ts";

export async function examine(at: Examined, all: readonly Check[] = checks): Promise<readonly Finding[]> {
  return (await Promise.all(all.map((check) => runOne(check, at)))).flat();
}

async function runOne(check: Check, at: Examined): Promise<readonly Finding[]> {
  try {
    return await check.run(at);
  } catch (error) {
    const { name, message } = error as Error;
    return [
      error instanceof NotDeployed
        ? fail("not-deployed", check.code, message, `npm run rollout -- ${at.environment.name}`)
        : fail(
            "unreadable",
            check.code,
            `${name}: ${message}`,
            "see that the plan role may read it, then again",
          ),
    ];
  }
}
