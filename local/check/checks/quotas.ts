/** Check 31: a client's rate and quota, each used up and back. The class "trial" of local is small on purpose. */
import { setTimeout as wait } from "node:timers/promises";
import { EdgeTools } from "#aws/edge-tools.ts";
import { stackNames } from "#contract/names.ts";
import { usagePlanName } from "#contract/usage.ts";
import { type CheckContext, callAs, gatewayReason } from "../context.ts";
import type { Answer } from "../curl.ts";

export async function quotas(at: CheckContext): Promise<void> {
  const { plans } = at.api.quotas ?? {};
  const trial = plans?.trial;
  if (!trial?.requests) throw new Error("local has a class trial with a quota");
  const client = await at.issue("trial", { organizationalUnit: "Trial" });
  const call = () => callAs(at, client);
  const limit = trial.requests.limit;

  const burst = await Promise.all(Array.from({ length: limit }, call));
  const admitted = (answers: readonly Answer[]) => answers.filter(({ status }) => status === 200).length;
  const throttled = burst.find(({ status }) => status === 429);
  at.report.row(
    31,
    `${limit} calls at once, ${trial.burst} are let through: 429`,
    `429 {"message":"Too many requests","code":"throttled","requestId":"${throttled?.requestId}"}`,
    throttled?.summary ?? `none of ${admitted(burst)} admitted was throttled`,
  );
  at.report.row(31, "… when to come again", "1", throttled?.headers["retry-after"] ?? "");

  let used = admitted(burst);
  let answer = burst[0] as Answer;
  for (let calls = 0; used <= limit && calls < 4 * limit; calls++) {
    // Slower than the rate.
    await wait(1100 / trial.ratePerSecond);
    answer = await call();
    if (calls === 0) at.report.row(31, "a second later: back", /^200 /, answer.summary);
    if (answer.status !== 200) break;
    used += 1;
  }
  at.report.row(31, "the quota of the day", String(limit), String(used));
  at.report.row(31, "… used up: 429", "429 quota-exceeded", gatewayReason(at, answer));
  at.report.row(31, "… when to come again", "3600", answer.headers["retry-after"] ?? "");
  at.report.row(31, "another client meanwhile", /^200 /, (await callAs(at, at.good)).summary);

  const plan = usagePlanName(stackNames.api(at.environment.name, at.api.name), "trial");
  await new EdgeTools(at.apiAccount.connection).withQuota(plan, limit + 1, async () => {
    await at.reloadGateway();
    at.report.row(31, "with a higher quota: back", /^200 /, (await call()).summary);
  });
  await at.reloadGateway();
}
