/**
 * What rings, of every stack of the environment: no alarm of CloudWatch can say it of several accounts
 * (docs/decisions/0017-a-composite-alarm-per-stack.md).
 */
import { stackNames } from "#contract/names.ts";
import { apiReader, type Check, caReader, type Finding, fail, ok, type Reader, warn } from "../check.ts";

export const alarms: Check = {
  code: "alarms",
  run: ({ environment, ...at }) => {
    const examined = { environment, ...at };
    const { name, ca, apis } = environment;
    // Engine "tls" runs nothing that could ring; an API may go without alarms.
    const ofCa = ca.engine.kind === "tls" ? [] : [examine(caReader(examined), stackNames.ca(name))];
    const ofApis = apis
      .filter((api) => api.alarms)
      .map((api) => examine(apiReader(examined, api), stackNames.api(name, api.name)));
    return Promise.all([...ofCa, ...ofApis]);
  },
};

async function examine(reader: Reader, stack: string): Promise<Finding> {
  const found = await reader.alarms(stack);
  if (!found) return fail("alarm-missing", stack, `there is no composite alarm ${stack}`, `deploy ${stack}`);
  const { ringing } = found;
  return ringing.length === 0
    ? ok("alarms", stack, "nothing rings")
    : warn(
        "alarm-rings",
        stack,
        ringing.join(", "),
        "docs/operations.md and docs/edge.md say what each means",
      );
}
