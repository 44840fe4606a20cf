/**
 * The checks of an environment on engine "tls": the certificates that Terraform made open the API as configured,
 * revocation is off and said to be, and the price is seen: private keys in the state.
 */
import { stackNames, stateKey } from "#contract/names.ts";
import { privateKeysIn } from "#pki/private-keys-in.ts";
import type { Client } from "../../start/client.ts";
import {
  type AtApi,
  auditLine,
  type CheckContext,
  call,
  callAs,
  gatewayReason,
  verdict,
} from "../context.ts";
import type { Answer } from "../curl.ts";
import { selfSigned } from "../strangers.ts";
import { plansAreEmpty } from "./deployment.ts";
import { failures } from "./doctor.ts";

export async function calls(at: CheckContext): Promise<void> {
  const good = await callAs(at, at.good);
  at.report.row(1, "the client that Terraform made is answered", /^200 /, good.summary);
  const line = await auditLine(at, good.requestId);
  at.report.row(
    1,
    "its audit line says that revocation is off",
    "allow off",
    `${line?.decision} ${line?.revocation}`,
  );
  at.report.row(
    2,
    "without a certificate the connection is closed",
    /^closed \(curl \d+\)$/,
    (await call(at, {})).summary,
  );
  const own = await call(at, selfSigned(at.folder));
  at.report.row(3, "a self-signed certificate is refused", /^403 /, own.summary);
  const stranger = await at.issue("stranger");
  at.report.row(
    7,
    "a certificate that no rule names is refused",
    "403 rules/no-rule",
    await verdict(at, await callAs(at, stranger)),
  );
}

/** A second entry in `apis`: a stack of its own in another region, beside the first, under the same CA. */
export async function secondApi(at: CheckContext): Promise<void> {
  const [other] = at.others;
  if (!other) throw new Error("config/environments/tls has one API only");
  const there = { environment: at.environment, ...other };
  const stranger = await at.issue("stranger");
  const own = { method: "GET", path: "/cust-info/v1/data" };
  const rows: readonly (readonly [string, RegExp | string, () => Promise<string>])[] = [
    ["a client that both let in, at the first", /^200 /, () => summary(callAs(at, at.good, own))],
    ["… and at the second", /^200 /, () => summary(callAs(there, at.good, own))],
    ["what only the first allows it, at the second", "403 rules/no-rule", () => verdictOf(there, at.good)],
    ["a client that only the second lets in, there", /^200 /, () => summary(callAs(there, stranger))],
    ["… and at the first", "403 rules/no-rule", () => verdictOf(at, stranger)],
    ["no certificate, at the second", /^closed \(curl \d+\)$/, () => summary(call(there, {}))],
    ["a self-signed one, at the second", /^403 /, () => summary(call(there, selfSigned(at.folder)))],
  ];
  for (const [what, expected, got] of rows) at.report.row(35, what, expected, await got());
  const crossed = await callAs(at, at.good, { host: other.api.domain });
  at.report.row(
    35,
    "connected to the first, Host of the second",
    "403 wrong-host",
    gatewayReason(at, crossed),
  );
  const allow = await callAs(there, at.good, own);
  const line = await auditLine(there, allow.requestId);
  at.report.row(
    35,
    "the second's authorizer decided, in its own region",
    "allow",
    line?.decision ?? "nobody",
  );
  at.report.row(35, "doctor on both, with calls to both", "0", await failures(at, ["--probe"]));
}

const summary = async (answer: Promise<Answer>): Promise<string> => (await answer).summary;
const verdictOf = async (at: AtApi & Pick<CheckContext, "server">, client: Client): Promise<string> =>
  verdict(at, await callAs(at, client));

export async function empty(at: CheckContext): Promise<void> {
  await plansAreEmpty(at, "after the deployment", 14);
}

/** Invariant I8 excepts this engine; that is why it is for sandboxes of one account only. */
export async function keysInTheState(at: CheckContext): Promise<void> {
  const { name, ca } = at.environment;
  const read = async (key: string) => (await at.ca.read(ca.state.bucket, key)).toString("utf8");
  const found = async (stack: string) =>
    privateKeysIn(await read(stateKey(stack))).length > 0 ? "found" : "none";
  at.report.row(15, "private keys in the CA's state", "found", await found(stackNames.ca(name)));
  for (const api of at.environment.apis)
    at.report.row(
      15,
      `private keys in the state of ${api.name}`,
      "none",
      await found(stackNames.api(name, api.name)),
    );
}
