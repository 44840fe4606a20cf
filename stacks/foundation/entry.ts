/**
 * How the pipeline gets in: GitHub Actions' token for exactly one environment of exactly one repository, for an hour.
 * `NAME` (with its reviewers) enters to deploy, `NAME-plan` to read. From there it goes on by assuming the deploy or
 * the plan roles of the environment's accounts; the entry itself may do nothing else.
 */
import type { Environment } from "#config/environment.ts";
import { foundationAccounts, workingRoles } from "#config/foundation-accounts.ts";
import { type Access, githubHost, githubProviderArn, roleArn, roleNames } from "#contract/names.ts";
import { allow, type Statement, type TrustStatement } from "./statements.ts";

export const githubAudience = "sts.amazonaws.com";

/** The environment of GitHub whose jobs enter. */
const githubEnvironment = (name: string, access: Access): string =>
  access === "deploy" ? name : `${name}-plan`;

export function entryTrust({ name, ca }: Environment, repository: string, access: Access): TrustStatement {
  return {
    ...{ Sid: "GitHubEnvironment", Effect: "Allow", Action: "sts:AssumeRoleWithWebIdentity" },
    Principal: { Federated: [githubProviderArn(ca.account)] },
    Condition: {
      StringEquals: {
        [`${githubHost}:aud`]: githubAudience,
        [`${githubHost}:sub`]: `repo:${repository}:environment:${githubEnvironment(name, access)}`,
      },
    },
  };
}

/** Who deploys also plans, and asks doctor. */
export function entryStatements(environment: Environment, access: Access): Statement[] {
  const { name, ca, apis } = environment;
  const accesses: readonly Access[] = access === "deploy" ? ["deploy", "plan"] : ["plan"];
  return [
    allow(
      "GoOn",
      ["sts:AssumeRole"],
      [
        ...foundationAccounts(environment).flatMap((at) =>
          accesses.flatMap((one) => workingRoles(name, at, one)),
        ),
        ...(apis.length > 0 ? [roleArn(ca.account, roleNames.stateReader(name))] : []),
      ],
    ),
  ];
}
