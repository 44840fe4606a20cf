/** All rules; rules.test.ts holds each against every committed stack and against its own controls. */
import { accountsAreTrustedByRole } from "./accounts-are-trusted-by-role.ts";
import { bucketsArePrivateVersionedEncryptedTlsOnly } from "./buckets-are-private-versioned-encrypted-tls-only.ts";
import { deploymentsWaitForWhatTheyNeed } from "./deployments-wait-for-what-they-need.ts";
import { everyLambdaPermissionHasASourceArn } from "./every-lambda-permission-has-a-source-arn.ts";
import { everyRoleNameFromContract } from "./every-role-name-from-contract.ts";
import { instancesAreHardened } from "./instances-are-hardened.ts";
import { kmsSignOnlyByFunctions } from "./kms-sign-only-by-functions.ts";
import { logGroupsHaveRetention } from "./log-groups-have-retention.ts";
import { networksAreClosed } from "./networks-are-closed.ts";
import { noPrivateKeyAnywhere } from "./no-private-key-anywhere.ts";
import { noWildcardWithoutReason } from "./no-wildcard-without-reason.ts";
import { nothingOfThisMachine } from "./nothing-of-this-machine.ts";
import { productionIsProtected } from "./production-is-protected.ts";
import { rolesAreLeastPrivilege } from "./roles-are-least-privilege.ts";
import { rolesStayWithinTheBoundary } from "./roles-stay-within-the-boundary.ts";
import type { Rule } from "./rule.ts";

export const rules: readonly Rule[] = [
  accountsAreTrustedByRole,
  bucketsArePrivateVersionedEncryptedTlsOnly,
  deploymentsWaitForWhatTheyNeed,
  everyLambdaPermissionHasASourceArn,
  everyRoleNameFromContract,
  instancesAreHardened,
  kmsSignOnlyByFunctions,
  networksAreClosed,
  logGroupsHaveRetention,
  noPrivateKeyAnywhere,
  nothingOfThisMachine,
  noWildcardWithoutReason,
  productionIsProtected,
  rolesAreLeastPrivilege,
  rolesStayWithinTheBoundary,
];
