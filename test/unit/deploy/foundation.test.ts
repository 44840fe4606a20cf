// The roles that bootstrap makes: what they are for, and what they cannot do.
import { environments } from "#config/environments.ts";
import { type FoundationRole, foundationOf } from "#deploy/foundation/foundation.ts";

interface Statement {
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: object;
}
const all = environments.flatMap((environment) =>
  foundationOf(environment).flatMap((foundation) =>
    foundation.roles.map((role) => ({ environment, foundation, role, name: role.name })),
  ),
);
const statements = (role: FoundationRole) => role.permissions.Statement as readonly Statement[];
const of = (kind: "deploy" | "plan") =>
  all
    .filter(({ name }) => name.endsWith(`-${kind}`))
    .map((one) => [`${one.name} in ${one.foundation.account}`, one] as const);

test.each(of("deploy").concat(of("plan")))(
  "%s fits into a role and is trusted by operators alone",
  (_, one) => {
    // IAM: 10,240 characters of inline policies a role, white space not counted.
    expect(JSON.stringify(one.role.permissions).length).toBeLessThan(10_240);
    expect(one.role.trust.Statement).toEqual([
      { Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: one.environment.operators } },
    ]);
  },
);

test.each(of("deploy"))(
  "%s signs nothing, reads no ledger item, no secret, and calls no function but the one that a deployment runs",
  (_, { role }) => {
    const actions = statements(role).flatMap((one) => one.Action);
    expect(actions.filter((one) => one === "*" || /^\w+:\*$/.test(one))).toEqual([]);
    for (const action of [
      "kms:Sign",
      "kms:CreateGrant",
      "dynamodb:GetItem",
      "dynamodb:Query",
      "dynamodb:Scan",
      "secretsmanager:GetSecretValue",
      "iam:CreateUser",
      "iam:CreatePolicyVersion",
      "iam:AttachRolePolicy",
    ])
      expect(actions.filter((one) => matches(one, action))).toEqual([]);
    for (const { Action, Resource } of statements(role))
      if (Action.some((one) => matches(one, "lambda:InvokeFunction")))
        for (const one of Resource) expect(one).toMatch(/:function:[a-z-]+-ca-(reconcile|mirror)(:\*)?$/);
  },
);

test.each(of("deploy"))(
  "%s changes what bears the environment's name, and passes roles to Lambda alone",
  (_, { role, environment }) => {
    const named = statements(role).filter(({ Sid }) =>
      [
        "Functions",
        "Roles",
        "RolesOfFunctions",
        "LogGroups",
        "Buckets",
        "Topics",
        "Ledger",
        "Rules",
        "Secrets",
      ].includes(Sid),
    );
    expect(named.length).toBeGreaterThan(5);
    for (const { Resource } of named)
      for (const one of Resource) expect(one).toContain(`${environment.name}-`);
    const pass = statements(role).filter((one) => one.Action.includes("iam:PassRole"));
    expect(pass.map((one) => one.Condition)).toEqual([
      { StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" } },
    ]);
  },
);

test.each(of("plan"))("%s reads, and changes and calls nothing", (_, { role }) => {
  const actions = statements(role).flatMap((one) => one.Action);
  expect(
    actions.filter((one) => !/^[\w-]+:(Get|List|Describe)|^apigateway:GET$|^sts:AssumeRole$/.test(one)),
  ).toEqual([]);
  for (const action of [
    "dynamodb:GetItem",
    "secretsmanager:GetSecretValue",
    "logs:GetLogEvents",
    "logs:FilterLogEvents",
  ])
    expect(actions.filter((one) => matches(one, action))).toEqual([]);
  for (const { Action, Resource } of statements(role))
    if (Action.includes("s3:GetObject")) expect(Resource).not.toContain("*");
});

test.each(of("plan"))(
  "%s reads no state but its environment's, and assumes the CA's reader alone",
  (_, { role, environment }) => {
    const state = statements(role).find((one) => one.Sid === "ReadStates");
    for (const one of state?.Resource ?? []) expect(one).toContain(`/${environment.name}-`);
    const assumed = statements(role).filter((one) => one.Action.includes("sts:AssumeRole"));
    for (const { Resource } of assumed)
      expect(Resource).toEqual([
        `arn:aws:iam::${environment.ca.account}:role/${environment.name}-ca-state-reader`,
      ]);
  },
);

function matches(pattern: string, action: string): boolean {
  return new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i").test(action);
}
