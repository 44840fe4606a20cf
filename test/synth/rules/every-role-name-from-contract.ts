/** Roles that the other account names, and those that policies name by ARN, are called as contract/names.ts says. */
import { foundationAccounts } from "#config/foundation-accounts.ts";
import {
  accesses,
  accessVariable,
  apiFunctionName,
  caFunctionName,
  caFunctionsOf,
  roleArn,
  roleNames,
} from "#contract/names.ts";
import { routesOf } from "#contract/routes.ts";
import { at, resources, type Synthesized } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

export const everyRoleNameFromContract: Rule = {
  name: "every role's name comes from the contract",
  check: (stack) => {
    const expected = expectedRoles(stack);
    const found = resources(stack.json, "aws_iam_role").map(({ attributes }) => String(attributes.name));
    const named = roleArns(stack).filter((arn) => !knownArns(stack).includes(arn));
    return [
      ...found.filter((name) => !expected.includes(name)).map((name) => `unexpected role ${name}`),
      ...expected.filter((name) => !found.includes(name)).map((name) => `role ${name} is missing`),
      ...found.filter((name) => name.length > 64).map((name) => `${name}: longer than 64 characters`),
      ...named.map((arn) => `${arn}: a role that nobody makes`),
    ];
  },
  controls: [
    {
      defect: "an entry for another environment",
      kind: "foundation",
      make: (json) => {
        at(json, "aws_iam_role", "entry-deploy").name = "mtls-api-dev-entry-deploy";
      },
    },
    {
      defect: "the authorizer under another name: the CA's bucket would refuse it",
      kind: "api",
      make: (json) => {
        at(json, "aws_iam_role", "authorizer/function/role").name = "authorizer";
      },
    },
    {
      defect: "a reader that nobody makes",
      kind: "ca",
      make: (json) => {
        const policy = at(json, "aws_iam_policy_document", "external/policy-document");
        policy.statement[1].condition[0].values.push("arn:aws:iam::222222222222:role/anybody");
      },
    },
  ],
};

function expectedRoles({ kind, environment, name }: Synthesized): string[] {
  if (kind === "foundation") {
    const place = foundationAccounts(environment).find(({ stack }) => stack === name);
    if (!place) throw new Error(`no account of ${name}`);
    return [
      ...(place.hasStacks ? accesses.map((one) => roleNames.worker(environment.name, one)) : []),
      ...(place.isCa && environment.delivery
        ? accesses.map((one) => roleNames.entry(environment.name, one))
        : []),
      ...(place.domains.length > 0 ? accesses.map((one) => roleNames.zone(environment.name, one)) : []),
      ...(place.loggingRegions.length > 0 ? [roleNames.gatewayLogging(environment.name)] : []),
    ];
  }
  if (kind === "ca")
    return [
      ...caFunctionsOf[environment.ca.engine.kind].map((slug) => caFunctionName(environment.name, slug)),
      ...(environment.apis.length > 0 ? [roleNames.stateReader(environment.name)] : []),
    ];
  const api = environment.apis.find((one) => `${environment.name}-${one.name}` === name);
  if (!api) throw new Error(`no API of ${name}`);
  return [
    roleNames.authorizer(environment.name, api.name),
    ...(api.alarms ? [roleNames.watch(environment.name, api.name)] : []),
    ...edgeRoles(environment.name, api),
    ...new Set(
      routesOf(api).flatMap((route) =>
        route.function === undefined ? [] : [apiFunctionName(environment.name, api.name, route.function)],
      ),
    ),
  ];
}

const serviceRoles = ["wafv2", "autoscaling", "elasticloadbalancing"].map(
  (service) => `aws-service-role/${service}.amazonaws.com/`,
);

/** NGINX's instances, and the authorizer of the private API, which there is unless a server is proxied. */
const edgeRoles = (environment: string, { name, privateEdge }: Synthesized["environment"]["apis"][number]) =>
  privateEdge
    ? [
        roleNames.edge(environment, name),
        ...(privateEdge.urlToProxy ? [] : [roleNames.privateAuthorizer(environment, name)]),
      ]
    : [];

/** A role that Terraform's variable completes is both of what it may become. */
const roleArns = ({ text, json }: Synthesized): string[] => [
  ...new Set(
    (
      (JSON.stringify(json) || text).match(/arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+(\$\{var\.access\})?/g) ??
      []
    ).flatMap((arn) =>
      arn.endsWith("}") ? accesses.map((one) => arn.replace(`\${var.${accessVariable}}`, one)) : [arn],
    ),
  ),
];

function knownArns({ environment, kind }: Synthesized): string[] {
  const { name, ca, apis, operators, delivery } = environment;
  return [
    ...operators,
    ...foundationAccounts(environment).flatMap(({ account, hasStacks, domains }) => [
      ...(hasStacks ? accesses.map((one) => roleArn(account, roleNames.worker(name, one))) : []),
      ...(domains.length > 0 ? accesses.map((one) => roleArn(account, roleNames.zone(name, one))) : []),
      // A statement ends these in a wildcard: the environment's own, and those that AWS makes.
      ...(kind === "foundation" ? [`${name}-`, ...serviceRoles].map((one) => roleArn(account, one)) : []),
    ]),
    ...(delivery ? accesses.map((one) => roleArn(ca.account, roleNames.entry(name, one))) : []),
    roleArn(ca.account, roleNames.stateReader(name)),
    ...caFunctionsOf[ca.engine.kind].map((slug) => roleArn(ca.account, caFunctionName(name, slug))),
    ...apis.flatMap((api) => [
      roleArn(api.account, roleNames.authorizer(name, api.name)),
      ...(api.alarms ? [roleArn(api.account, roleNames.watch(name, api.name))] : []),
      ...edgeRoles(name, api).map((role) => roleArn(api.account, role)),
      ...(api.backend?.readers ?? []),
    ]),
  ];
}
