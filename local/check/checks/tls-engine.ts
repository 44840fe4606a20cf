/**
 * The checks of an environment on engine "tls": the certificates that Terraform made open the API as configured,
 * revocation is off and said to be, and the price is seen: private keys in the state.
 */
import { stackNames, stateKey } from "#contract/names.ts";
import { privateKeysIn } from "#pki/private-keys-in.ts";
import { auditLine, type CheckContext, call, callAs, verdict } from "../context.ts";
import { selfSigned } from "../strangers.ts";
import { plansAreEmpty } from "./deployment.ts";

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
  at.report.row(
    15,
    "private keys in the API's state",
    "none",
    await found(stackNames.api(name, at.api.name)),
  );
}
