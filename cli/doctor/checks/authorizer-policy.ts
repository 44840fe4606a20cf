/** The authorizer's policy is the version and bytes it pins, and pins the same truststore as the domain. */
import { createHash } from "node:crypto";
import { roleNames } from "#contract/names.ts";
import { apiReader, caState, fail, forEachApi, ok } from "../check.ts";

export const authorizerPolicy = forEachApi("authorizer-policy", async (at, api, stack) => {
  const name = roleNames.authorizer(at.environment.name, api.name);
  const reader = apiReader(at, api);
  const variables = await reader.functionEnvironment(name);
  if (!variables) return [fail("authorizer-missing", name, "there is no such function", `deploy ${stack}`)];
  const { POLICY_BUCKET = "", POLICY_KEY = "", POLICY_VERSION, POLICY_SHA256 } = variables;
  const policy = POLICY_VERSION && (await reader.object(POLICY_BUCKET, POLICY_KEY, POLICY_VERSION));
  if (!policy || createHash("sha256").update(policy.body).digest("hex") !== POLICY_SHA256)
    return [
      fail(
        "authorizer-policy-wrong",
        name,
        "the pinned policy is missing, or not the bytes whose hash is pinned: everybody is refused",
        `deploy ${stack}`,
      ),
    ];
  const { truststore } = JSON.parse(policy.body.toString("utf8")) as { truststore?: { version?: string } };
  const { truststoreVersion } = await caState(at);
  return truststore?.version === truststoreVersion
    ? [ok("authorizer-policy", name, `version ${POLICY_VERSION}, truststore ${truststoreVersion}`)]
    : [
        fail(
          "authorizer-policy-behind",
          name,
          `pins truststore ${truststore?.version ?? "none"}, the CA published ${truststoreVersion}`,
          `deploy ${stack}`,
        ),
      ];
});
