/**
 * The roles that must be in an environment's accounts before its stacks come, and that outlive them: who may assume
 * each, and what it may do. The stack makes them from this one definition.
 */
import type { Environment } from "#config/environment.ts";
import type { FoundationAccount } from "#config/foundation-accounts.ts";
import { type Access, accesses, roleArn, roleNames } from "#contract/names.ts";
import { deployPermissions } from "./deploy-permissions.ts";
import { entryStatements, entryTrust } from "./entry.ts";
import { planPermissions } from "./plan-permissions.ts";
import { edgeDeployPermissions, edgePlanPermissions } from "./private-edge-permissions.ts";
import { readZones, recordStatements } from "./records.ts";
import { allow, type Statement, type TrustStatement, trustInRoles } from "./statements.ts";

export interface FoundationRole {
  /** Its construct's id. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly trust: TrustStatement;
  readonly permissions: readonly Statement[];
  /** A managed policy of its own, where inline ones would be too long. */
  readonly attached?: { readonly name: string; readonly permissions: readonly Statement[] };
}

/** Everything that a role may do. */
export const permissionsOf = ({ permissions, attached }: FoundationRole): readonly Statement[] => [
  ...permissions,
  ...(attached?.permissions ?? []),
];

export function foundationRoles(environment: Environment, at: FoundationAccount): readonly FoundationRole[] {
  return [
    ...(at.hasStacks ? workers(environment, at) : []),
    ...(at.isCa ? entries(environment) : []),
    ...(at.domains.length > 0 ? zoneRoles(environment, at) : []),
    ...(at.loggingRegions.length > 0 ? [gatewayLogging(environment)] : []),
  ];
}

/** People, and the pipeline: who works with this access. Whoever deploys plans as well. */
export function trusted({ name, ca, operators, delivery }: Environment, access: Access): readonly string[] {
  const entering: readonly Access[] = access === "deploy" ? ["deploy"] : ["deploy", "plan"];
  return [
    ...operators,
    ...(delivery ? entering.map((one) => roleArn(ca.account, roleNames.entry(name, one))) : []),
  ];
}

function workers(environment: Environment, { account }: FoundationAccount): FoundationRole[] {
  const { name } = environment;
  return [
    {
      ...{ id: "deploy", name: roleNames.deploy(name) },
      description: `Terraform applies ${name} with it`,
      trust: trustInRoles(trusted(environment, "deploy")),
      permissions: deployPermissions(environment, account),
      ...attached(`${roleNames.deploy(name)}-edge`, edgeDeployPermissions(environment, account)),
    },
    {
      ...{ id: "plan", name: roleNames.plan(name) },
      description: `Terraform plans ${name} with it, doctor examines; it reads only`,
      trust: trustInRoles(trusted(environment, "plan")),
      permissions: [...planPermissions(environment, account), ...edgePlanPermissions(environment, account)],
    },
  ];
}

const attached = (name: string, permissions: readonly Statement[]) =>
  permissions.length > 0 ? { attached: { name, permissions } } : {};

function entries(environment: Environment): FoundationRole[] {
  const { name, delivery } = environment;
  if (!delivery) return [];
  const { repository } = delivery.github;
  return accesses.map((access) => ({
    ...{ id: `entry-${access}`, name: roleNames.entry(name, access) },
    description: `GitHub Actions of ${repository} enters with it to ${access} ${name}`,
    trust: entryTrust(environment, repository, access),
    permissions: entryStatements(environment, access),
  }));
}

/** For a zone in another account than its API: the deploy and plan roles there may do nothing but this. */
function zoneRoles(environment: Environment, { account, domains }: FoundationAccount): FoundationRole[] {
  const { name } = environment;
  const own = accesses.map((access) => roleArn(account, roleNames.zone(name, access)));
  const words = { deploy: "writes", plan: "reads" } as const;
  return accesses.map((access) => ({
    ...{ id: `zone-${access}`, name: roleNames.zone(name, access) },
    description: `Terraform ${words[access]} the records of ${name}'s domains with it`,
    trust: trustInRoles([
      ...trusted(environment, access),
      ...domains.map(({ apiAccount }) => roleArn(apiAccount, roleNames[access](name))),
    ]),
    permissions: [
      readZones,
      // doctor and rollout see with it whether the account's foundation is behind.
      allow("ReadThemselves", readRoles, own),
      ...(access === "deploy" ? recordStatements(domains.map(({ domain }) => domain)) : []),
    ],
  }));
}

const readRoles = ["GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies"].map(
  (one) => `iam:${one}`,
);

/** API Gateway's own: one an account and region, shared by every API there. */
function gatewayLogging({ name }: Environment): FoundationRole {
  return {
    ...{ id: "gateway-logging", name: roleNames.gatewayLogging(name) },
    description: "API Gateway writes execution logs with it",
    trust: {
      ...{ Sid: "ApiGateway", Effect: "Allow", Action: "sts:AssumeRole" },
      Principal: { Service: ["apigateway.amazonaws.com"] },
    },
    permissions: [
      // The names of its groups and streams are API Gateway's.
      allow(
        "WriteLogs",
        [
          ...["CreateLogGroup", "CreateLogStream", "DescribeLogGroups", "DescribeLogStreams"],
          ...["FilterLogEvents", "GetLogEvents", "PutLogEvents"],
        ].map((one) => `logs:${one}`),
        ["*"],
      ),
    ],
  };
}
