/**
 * What must be in an environment's accounts before its stacks come, and outlives them: buckets for Terraform's
 * states, the deploy and plan roles, the role by which API Gateway writes logs. `bootstrap` makes it on AWS, `npm
 * start` on this machine, from this one definition.
 */
import type { PolicyDocument } from "#aws/account-seed.ts";
import type { Environment } from "#config/environment.ts";
import { roleNames } from "#contract/names.ts";
import { deployPermissions } from "./deploy-permissions.ts";
import { planPermissions } from "./plan-permissions.ts";
import { allow, document } from "./statements.ts";

export interface FoundationRole {
  readonly name: string;
  readonly description: string;
  readonly trust: PolicyDocument;
  readonly permissions: PolicyDocument;
}

export interface AccountFoundation {
  readonly account: string;
  /** Where its roles are made from; IAM itself has no region. */
  readonly region: string;
  readonly buckets: readonly { readonly name: string; readonly region: string }[];
  readonly roles: readonly FoundationRole[];
  /** Regions in which the account's API Gateway needs its logging role. */
  readonly apiRegions: readonly string[];
}

/** API Gateway's own role: one an account and region, shared by every API there. */
export const loggingRole: FoundationRole = {
  name: "mtls-api-gateway-logging",
  description: "API Gateway writes execution logs with it",
  trust: document({
    Effect: "Allow",
    Action: "sts:AssumeRole",
    Principal: { Service: "apigateway.amazonaws.com" },
  }),
  // The names of its groups and streams are API Gateway's.
  permissions: document(
    allow(
      "WriteLogs",
      [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:FilterLogEvents",
        "logs:GetLogEvents",
        "logs:PutLogEvents",
      ],
      ["*"],
    ),
  ),
};

/** One entry an account, whatever it is for. */
export function foundationOf(environment: Environment): readonly AccountFoundation[] {
  const places = [environment.ca, ...environment.apis];
  return [...new Set(places.map((place) => place.account))].map((account) => {
    const own = places.filter((place) => place.account === account);
    const states = new Map(own.map(({ state }) => [state.bucket, state.region]));
    return {
      account,
      region: (own[0] ?? environment.ca).region,
      buckets: [...states].map(([name, region]) => ({ name, region })),
      roles: rolesOf(environment, account),
      apiRegions: [
        ...new Set(environment.apis.filter((api) => api.account === account).map((api) => api.region)),
      ],
    };
  });
}

function rolesOf(environment: Environment, account: string): FoundationRole[] {
  const { name, operators } = environment;
  const trust = document({ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: operators } });
  return [
    {
      name: roleNames.deploy(name),
      description: `Terraform applies ${name} with it`,
      trust,
      permissions: deployPermissions(environment, account),
    },
    {
      name: roleNames.plan(name),
      description: `Terraform plans ${name} with it, doctor examines; it reads only`,
      trust,
      permissions: planPermissions(environment, account),
    },
  ];
}
