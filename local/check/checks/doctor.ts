/** Check 40: doctor finds a healthy system well, and a fault that somebody has put in. */
import { roleNames, stackNames } from "#contract/names.ts";
import { type CheckContext, eventually } from "../context.ts";

interface Finding {
  readonly verdict: string;
  readonly code: string;
  readonly subject: string;
  readonly what: string;
}

export async function doctor(at: CheckContext): Promise<void> {
  const client = ["--probe", "--client-cert", at.good.certificate, "--client-key", at.good.key];
  // A CRL that was just restored is as old as it is until the schedule's next minute.
  const well = await eventually(async () => {
    const found = await failures(at, client);
    return found === "0" ? found : undefined;
  }, 90);
  at.report.row(40, "doctor on the deployed system, with calls", "0", well ?? (await failures(at, client)));
  const { apiId } = at.deployedApi();
  await at.apiAccount.withOpenExecuteApi(apiId, async () => {
    at.report.row(
      40,
      "doctor when somebody has enabled the execute-api address",
      /^1 execute-api-open local-api \(\w+\): /,
      await failures(at, []),
    );
  });
  at.report.row(40, "doctor when it is disabled again", "0", await failures(at, []));
  const role = roleNames.deploy(at.environment.name);
  await at.ca.withoutStatement(role, "Keys", async () => {
    at.report.row(
      40,
      "doctor when the deploy role is older than the code",
      `1 foundation-behind ${stackNames.foundation(at.environment.name, at.environment.ca.account)}: role ${role} may do something else than committed (Keys)`,
      await failures(at, []),
    );
  });
  at.report.row(40, "doctor when it is bootstrapped again", "0", await failures(at, []));
}

/** The exit code, and what failed. */
export async function failures(at: CheckContext, more: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await at.examine("--env", at.environment.name, "--json", ...more);
  const { findings } = JSON.parse(stdout || "{}") as { findings?: readonly Finding[] };
  if (!findings) return `${code} ${stderr}${stdout}`;
  const failed = findings.filter((one) => one.verdict === "fail");
  return [code, ...failed.map((one) => `${one.code} ${one.subject}: ${one.what}`)].join(" ");
}
