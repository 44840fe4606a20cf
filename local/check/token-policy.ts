/**
 * The deployed authorizer under another token policy than the deployed one, as a deployment would bring it: a new
 * version of its policy object, pinned by the function's environment. Everything else of the policy stays.
 */
import { createHash } from "node:crypto";
import { apiFunctionName } from "#contract/names.ts";
import { parseTokenPolicy, type TokenPolicy } from "#contract/token-policy.ts";
import type { Deployed } from "./context.ts";

export async function withTokenPolicy(
  deployed: Deployed,
  tokens: TokenPolicy,
  work: () => Promise<void>,
): Promise<void> {
  const { apiAccount, environment, api } = deployed;
  const name = apiFunctionName(environment.name, api.name, "authorizer");
  const { POLICY_BUCKET, POLICY_KEY, POLICY_VERSION } = await apiAccount.functionEnvironment(name);
  if (!POLICY_BUCKET || !POLICY_KEY || !POLICY_VERSION) throw new Error(`${name} has no pinned policy`);
  const policy = JSON.parse((await apiAccount.read(POLICY_BUCKET, POLICY_KEY, POLICY_VERSION)).toString());
  const text = JSON.stringify({ ...policy, tokens: parseTokenPolicy(tokens, "tokens") });
  const version = await apiAccount.write(POLICY_BUCKET, POLICY_KEY, text);
  if (!version) throw new Error(`${POLICY_BUCKET} keeps no versions`);
  const pinned = {
    POLICY_VERSION: version,
    POLICY_SHA256: createHash("sha256").update(text).digest("hex"),
  };
  try {
    await apiAccount.withFunctionEnvironment(name, pinned, work);
  } finally {
    // The bucket's latest is the deployed one again: a plan stays empty.
    await apiAccount.remove(POLICY_BUCKET, POLICY_KEY, version);
  }
}
