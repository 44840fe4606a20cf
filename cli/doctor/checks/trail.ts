/**
 * The rules that watch keys and code see what a trail of the CA account logs: management events, read-only ones (Sign)
 * and those of KMS among them. Without one they are silent, and nothing else tells. A warning: a trail is the account's
 * or the organisation's, not this environment's.
 */
import type { TrailReading } from "#aws/account-trails.ts";
import { type Check, caReader, type Finding, ok, warn } from "../check.ts";

const todo = "have a trail log management events, read and write, KMS included: docs/operations.md";

export const trail: Check = {
  code: "trail",
  run: async (at) => {
    const { engine, account, region } = at.environment.ca;
    // Only there are keys and rules on them.
    if (engine.kind !== "kms") return [];
    const subject = `CloudTrail of ${account}, ${region}`;
    const all = await caReader(at)
      .trails()
      .catch((error: Error) => error);
    return [all instanceof Error ? unknown(subject, `cannot be read: ${all.message}`) : judge(subject, all)];
  },
};

const unknown = (subject: string, what: string): Finding => warn("trail-unknown", subject, what, todo);

function judge(subject: string, all: readonly TrailReading[]): Finding {
  const logging = all.filter((one) => one.logging);
  const whole = logging.find((one) => one.leavesOut.length === 0);
  if (whole) return ok("trail", subject, `${whole.name} logs management events`);
  if (all.length === 0)
    return warn("trail-missing", subject, "there is none: the rules on keys and code see nothing", todo);
  if (logging.length === 0)
    return warn("trail-stopped", subject, `${all.map((one) => one.name).join(", ")}: not logging`, todo);
  const said = logging.map((one) => `${one.name} leaves out ${one.leavesOut.join(", ")}`).join("; ");
  return logging.some((one) => one.leavesOut.includes("unknown"))
    ? unknown(subject, `what it logs is not told: ${said}`)
    : warn("trail-incomplete", subject, said, todo);
}
