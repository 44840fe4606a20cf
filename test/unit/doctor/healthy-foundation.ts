/** The foundation of each account as IAM holds it when it is what the code says. */
import type { RoleReading } from "#aws/deployed-roles.ts";
import type { Environment } from "#config/environment.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { boundaryArn, githubProviderArn } from "#contract/names.ts";
import { boundaryStatements } from "#stacks/foundation/boundary.ts";
import { githubAudience } from "#stacks/foundation/entry.ts";
import { foundationRoles } from "#stacks/foundation/roles.ts";
import type { Statement } from "#stacks/foundation/statements.ts";

export interface DeployedFoundation {
  /** By account and name. */
  roles: Record<string, RoleReading | undefined>;
  /** By ARN. */
  managedPolicies: Record<string, string | undefined>;
  oidcAudiences: Record<string, readonly string[] | undefined>;
}

export const document = (statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

export function healthyFoundation(environment: Environment): DeployedFoundation {
  const accounts = foundationAccounts(environment);
  const roles = accounts.flatMap((at) =>
    foundationRoles(environment, at).map(({ name, trust, permissions, attached }): [string, RoleReading] => {
      const policies = { [name]: document(permissions.map(asHeld)) };
      return [
        `${at.account} ${name}`,
        {
          ...{ trust: document([trust]), policies },
          attached: attached ? [policyArn(at.account, attached.name)] : [],
        },
      ];
    }),
  );
  const managed = accounts.flatMap((at) =>
    foundationRoles(environment, at).flatMap(({ attached }): [string, string][] =>
      attached ? [[policyArn(at.account, attached.name), document(attached.permissions.map(asHeld))]] : [],
    ),
  );
  const boundaries = accounts.map(({ account }): [string, string] => [
    boundaryArn(account, environment.name),
    document(boundaryStatements(environment, account).map(asHeld)),
  ]);
  return {
    roles: Object.fromEntries(roles),
    managedPolicies: Object.fromEntries([...boundaries, ...managed]),
    oidcAudiences: { [githubProviderArn(environment.ca.account)]: [githubAudience] },
  };
}

const policyArn = (account: string, name: string) => `arn:aws:iam::${account}:policy/${name}`;

/** One value is no list there, and the order is Terraform's. */
function asHeld(statement: Statement): object {
  const held = (values: readonly string[]) => (values.length === 1 ? values[0] : [...values].reverse());
  return { ...statement, Action: held(statement.Action), Resource: held(statement.Resource) };
}
