/** What must run by itself does: ca-publish and ca-reconcile have an enabled schedule with their function as target. */
import { caFunctionName } from "#contract/names.ts";
import { type Check, caReader, type Examined, type Finding, fail, ok } from "../check.ts";

export const schedules: Check = {
  code: "schedules",
  run: (at) => Promise.all((["ca-publish", "ca-reconcile"] as const).map((slug) => examine(at, slug))),
};

async function examine(at: Examined, slug: "ca-publish" | "ca-reconcile"): Promise<Finding> {
  const name = caFunctionName(at.environment.name, slug);
  const found = await caReader(at).schedule(name);
  const wrong = (what: string) =>
    fail("schedule-dead", name, what, "deploy the CA stack; CRLs end and then everybody is refused");
  if (!found) return wrong("there is no such rule");
  if (!found.enabled) return wrong("disabled");
  if (!found.targets.some((arn) => arn.endsWith(`:function:${name}`)))
    return wrong(`does not call the function ${name}`);
  return ok("schedule", name, found.expression);
}
