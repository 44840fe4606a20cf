/** What must run by itself does: each schedule of the CA's engine is enabled, with its function as target. */
import { caFunctionName } from "#contract/names.ts";
import { type Check, caReader, type Examined, type Finding, fail, ok } from "../check.ts";

/** By engine; "tls" has nothing that could go stale but certificates. */
const scheduled = {
  kms: ["ca-publish", "ca-reconcile"],
  tls: [],
  existing: ["ca-mirror"],
} as const;

type Scheduled = (typeof scheduled)[keyof typeof scheduled][number];

export const schedules: Check = {
  code: "schedules",
  run: (at) => Promise.all(scheduled[at.environment.ca.engine.kind].map((slug) => examine(at, slug))),
};

async function examine(at: Examined, slug: Scheduled): Promise<Finding> {
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
