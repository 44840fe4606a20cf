/** Check 30: the firewall stands before the authorizer. The list of local admits 127.0.0.1 and nobody else. */
import { stackNames } from "#contract/names.ts";
import { accessLine } from "../access-line.ts";
import { type CheckContext, callAs, gatewayReason } from "../context.ts";

export async function firewall(at: CheckContext): Promise<void> {
  const inside = await callAs(at, at.good);
  at.report.row(30, "an address of the list", /^200 /, inside.summary);
  at.report.row(30, "… in the access log", "WAF_ALLOW", await wafResponse(at, inside.requestId));
  const before = await decisions(at);
  const outside = await callAs(at, at.good, { from: "127.0.0.2" });
  at.report.row(
    30,
    "another address, with a good certificate",
    `403 {"message":"Forbidden","code":"firewall","requestId":"${outside.requestId}"}`,
    outside.summary,
  );
  at.report.row(30, "… by the firewall", "403 firewall", gatewayReason(at, outside));
  at.report.row(30, "… in the access log", "WAF_BLOCK", await wafResponse(at, outside.requestId));
  const long = await callAs(at, at.good, { body: "x".repeat(9_000) });
  at.report.row(30, "a body over 8 KB", "403 firewall", gatewayReason(at, long));
  const again = await callAs(at, at.good);
  at.report.row(30, "an address of the list, again", /^200 /, again.summary);
  const ids = (await decisions(at)).filter((id) => !before.includes(id));
  const refused = [outside, long].filter(({ requestId }) => ids.includes(requestId));
  at.report.row(30, "decisions of the authorizer on what was blocked", "0", String(refused.length));
}

const wafResponse = async (at: CheckContext, requestId: string): Promise<string> =>
  (await accessLine(at, requestId))?.waf.response ?? "no line";

/** The requests on which the authorizer has decided. */
async function decisions({ apiAccount, environment, api }: CheckContext): Promise<string[]> {
  const name = `${stackNames.api(environment.name, api.name)}-authorizer`;
  const messages = await apiAccount.logMessages(`/aws/lambda/${name}`);
  return messages.flatMap((one) => /"requestId":"([^"]+)"/.exec(one)?.[1] ?? []);
}
