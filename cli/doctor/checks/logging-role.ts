/** API Gateway has a role to write execution logs with: without it a stage that logs cannot be deployed. */
import { apiReader, fail, forEachApi, ok } from "../check.ts";

export const loggingRole = forEachApi("logging-role", async (at, api) => {
  const subject = `API Gateway of ${api.account}, ${api.region}`;
  const role = await apiReader(at, api).loggingRole();
  return role
    ? [ok("logging-role", subject, role)]
    : [
        fail(
          "logging-role-missing",
          subject,
          "no role to write execution logs with",
          `npm run bootstrap -- --env ${at.environment.name} --yes`,
        ),
      ];
});
