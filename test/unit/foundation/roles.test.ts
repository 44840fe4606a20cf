// The roles that bootstrap makes: whom they are for, and what they cannot do.
import { environments } from "#config/environments.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { boundaryStatements } from "#stacks/foundation/boundary.ts";
import { type FoundationRole, foundationRoles, permissionsOf } from "#stacks/foundation/roles.ts";
import { changed } from "../config/sample.ts";

const all = environments.flatMap((environment) =>
  foundationAccounts(environment).flatMap((at) =>
    foundationRoles(environment, at).map((role) => ({ environment, at, role })),
  ),
);
type Made = (typeof all)[number];
const of = (...ids: readonly string[]): [string, Made][] =>
  all
    .filter(({ role }) => ids.includes(role.id))
    .map((one) => [`${one.role.name} in ${one.at.account}`, one]);
const actionsOf = (role: FoundationRole) => permissionsOf(role).flatMap(({ Action }) => Action);

/** Whether one of them allows it. */
const allows = (role: FoundationRole, action: string): boolean =>
  actionsOf(role).some((pattern) => matches(pattern, action));
function matches(pattern: string, action: string): boolean {
  return new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i").test(action);
}

test("every account has the roles that it needs, and no others", () => {
  const ids = (name: string) =>
    foundationAccounts(environments.find((one) => one.name === name) as Made["environment"]).map((at) =>
      all
        .filter(({ environment, at: { account } }) => environment.name === name && account === at.account)
        .map(({ role }) => role.id),
    );
  expect(ids("staging")).toEqual([
    ["deploy", "plan", "entry-deploy", "entry-plan"],
    ["deploy", "plan", "gateway-logging"],
    ["zone-deploy", "zone-plan"],
  ]);
  // One account, no pipeline.
  expect(ids("tls")).toEqual([["deploy", "plan", "gateway-logging"]]);
});

test.each(all.map((one) => [`${one.role.name} in ${one.at.account}`, one] as const))(
  "%s fits into IAM",
  (_, { role }) => {
    // 10,240 characters of inline policies a role, white space not counted; 64 of a name.
    expect(JSON.stringify({ Version: "2012-10-17", Statement: role.permissions }).length).toBeLessThan(
      10_240,
    );
    expect(role.name.length).toBeLessThanOrEqual(64);
    // 6,144 of a managed policy.
    const { permissions: attached = [] } = role.attached ?? {};
    expect(JSON.stringify({ Version: "2012-10-17", Statement: attached }).length).toBeLessThan(6_144);
    const sids = permissionsOf(role).map(({ Sid }) => Sid);
    expect(new Set(sids).size).toBe(sids.length);
  },
);

describe("who may assume them", () => {
  test.each(of("deploy", "plan", "zone-deploy", "zone-plan"))(
    "%s: roles by name, as a condition on their accounts",
    (_, { role }) => {
      const { Action, Principal, Condition } = role.trust;
      expect(Action).toBe("sts:AssumeRole");
      const named = Condition?.ArnEquals?.["aws:PrincipalArn"] as readonly string[];
      expect(named.length).toBeGreaterThan(0);
      expect(named.filter((arn) => /[*?]/.test(arn))).toEqual([]);
      expect(new Set(Principal.AWS)).toEqual(
        new Set(named.map((arn) => `arn:aws:iam::${arn.split(":")[4]}:root`)),
      );
    },
  );

  test.each(of("deploy", "zone-deploy"))("%s: nobody who came in to read", (_, { role }) => {
    const named = role.trust.Condition?.ArnEquals?.["aws:PrincipalArn"] as readonly string[];
    expect(named.filter((arn) => arn.endsWith("-plan"))).toEqual([]);
  });

  test.each(of("entry-deploy", "entry-plan"))(
    "%s: one environment of one repository, for AWS, word for word",
    (_, { role, environment, at }) => {
      const suffix = role.id === "entry-plan" ? "-plan" : "";
      expect(role.trust).toEqual({
        Sid: "GitHubEnvironment",
        Effect: "Allow",
        Action: "sts:AssumeRoleWithWebIdentity",
        Principal: {
          Federated: [`arn:aws:iam::${at.account}:oidc-provider/token.actions.githubusercontent.com`],
        },
        Condition: {
          StringEquals: {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": `repo:${environment.delivery?.github.repository}:environment:${environment.name}${suffix}`,
          },
        },
      });
    },
  );

  test("without a pipeline there is no entry, and nobody trusts one", () => {
    const { environment, at } = all.find((one) => one.environment.name === "tls") as Made;
    expect(JSON.stringify(foundationRoles(environment, at))).not.toContain("entry");
  });
});

test.each(of("entry-deploy", "entry-plan"))("%s goes on, and does nothing itself", (_, { role }) => {
  expect(new Set(actionsOf(role))).toEqual(new Set(["sts:AssumeRole"]));
  const onward = permissionsOf(role).flatMap(({ Resource }) => Resource);
  expect(onward.filter((arn) => arn.includes("*"))).toEqual([]);
  if (role.id === "entry-plan") expect(onward.filter((arn) => arn.endsWith("-deploy"))).toEqual([]);
});

describe("the deploy role", () => {
  test.each(of("deploy"))(
    "%s signs nothing, reads no ledger item, no secret, and calls no function but the one that a deployment runs",
    (_, { role }) => {
      expect(actionsOf(role).filter((one) => one === "*" || /^\w+:\*$/.test(one))).toEqual([]);
      for (const action of [
        ...["kms:Sign", "kms:CreateGrant", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"],
        ...["secretsmanager:GetSecretValue", "logs:GetLogEvents", "logs:FilterLogEvents"],
      ])
        expect([action, allows(role, action)]).toEqual([action, false]);
      for (const { Action, Resource } of permissionsOf(role))
        if (Action.some((one) => matches(one, "lambda:InvokeFunction")))
          for (const one of Resource) expect(one).toMatch(/:function:[a-z-]+-ca-(reconcile|mirror)(:\*)?$/);
    },
  );

  test.each(of("deploy"))("%s changes what bears the environment's name", (_, { role, environment }) => {
    const sids = "Functions Roles RolesOfFunctions LogGroups Buckets Topics Ledger Rules Secrets".split(" ");
    const named = permissionsOf(role).filter(({ Sid }) => sids.includes(Sid));
    expect(named.length).toBeGreaterThan(5);
    for (const { Resource } of named)
      for (const one of Resource) expect(one).toMatch(new RegExp(`[:/]([a-z-]+-logs-)?${environment.name}-`));
  });

  test.each(of("deploy"))("%s passes roles to Lambda alone, and NGINX's to its instances", (_, made) => {
    const { role, environment, at } = made;
    const edges = environment.apis.filter((one) => one.account === at.account && one.privateEdge);
    const pass = permissionsOf(role).filter((one) => one.Action.includes("iam:PassRole"));
    expect(pass.map((one) => one.Condition)).toEqual([
      { StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" } },
      ...(edges.length > 0 ? [{ StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } }] : []),
    ]);
    expect(pass[1]?.Resource).toEqual(
      edges.length > 0
        ? edges.map(({ name }) => `arn:aws:iam::${at.account}:role/${environment.name}-${name}-edge`)
        : undefined,
    );
  });

  test.each(of("deploy"))(
    "%s gives permissions to roles within the boundary only, and cannot take it off or change it",
    (_, { role, environment, at }) => {
      const boundary = `arn:aws:iam::${at.account}:policy/mtls-api-${environment.name}-boundary`;
      for (const action of ["CreateRole", "PutRolePolicy", "DeleteRolePolicy", "PutRolePermissionsBoundary"])
        for (const { Condition } of permissionsOf(role).filter(({ Action }) =>
          Action.some((one) => matches(one, `iam:${action}`)),
        ))
          expect(Condition).toEqual({ StringEquals: { "iam:PermissionsBoundary": boundary } });
      for (const action of [
        ...[
          "DeleteRolePermissionsBoundary",
          "AttachRolePolicy",
          "CreatePolicyVersion",
          "DeletePolicyVersion",
        ],
        ...["SetDefaultPolicyVersion", "DeletePolicy", "CreateUser", "CreateAccessKey"],
        ...["CreateOpenIDConnectProvider", "UpdateOpenIDConnectProviderThumbprint"],
      ])
        expect([action, allows(role, `iam:${action}`)]).toEqual([action, false]);
    },
  );

  test.each(of("deploy"))("%s cannot reach the foundation: its roles, its state, its bucket", (_, one) => {
    const { role, at, environment } = one;
    const [{ name: bucket }] = at.buckets;
    const own = foundationRoles(environment, at).map(({ name }) => `arn:aws:iam::${at.account}:role/${name}`);
    const targets = [...own, `arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/${at.stack}.tfstate`];
    const changing = permissionsOf(role).filter(({ Action }) =>
      Action.some((action) => /^(iam|s3):(?!Get|List)/.test(action)),
    );
    for (const target of targets)
      expect(changing.filter(({ Resource }) => Resource.some((pattern) => matches(pattern, target)))).toEqual(
        [],
      );
  });
});

describe("the plan role", () => {
  test.each(of("plan", "zone-plan"))("%s reads, and changes and calls nothing", (_, { role }) => {
    expect(
      actionsOf(role).filter(
        (one) => !/^[\w-]+:(Get|List|Describe)|^apigateway:GET$|^sts:AssumeRole$/.test(one),
      ),
    ).toEqual([]);
    for (const action of [
      ...["dynamodb:GetItem", "secretsmanager:GetSecretValue", "logs:GetLogEvents", "logs:FilterLogEvents"],
    ])
      expect([action, allows(role, action)]).toEqual([action, false]);
    for (const { Action, Resource } of permissionsOf(role))
      if (Action.includes("s3:GetObject")) expect(Resource).not.toContain("*");
  });

  test.each(of("plan"))(
    "%s reads no state but its environment's, and assumes the CA's reader alone",
    (_, { role, environment }) => {
      const state = permissionsOf(role).find((one) => one.Sid === "ReadStates");
      for (const one of state?.Resource ?? []) expect(one).toContain(`/${environment.name}-`);
      const assumed = permissionsOf(role).filter((one) => one.Action.includes("sts:AssumeRole"));
      for (const { Resource } of assumed)
        expect(Resource).toEqual([
          `arn:aws:iam::${environment.ca.account}:role/${environment.name}-ca-state-reader`,
        ]);
    },
  );
});

describe("records", () => {
  const writers = all
    .flatMap(({ role, environment }) =>
      role.permissions
        .filter(({ Action }) => Action.some((one) => matches(one, "route53:ChangeResourceRecordSets")))
        .map((statement) => ({ role, environment, statement })),
    )
    .map((one) => [one.role.name, one] as const);

  test("somebody writes them", () => {
    expect(writers.map(([name]) => name)).toContain("mtls-api-staging-zone-deploy");
    // Its zone is elsewhere.
    expect(writers.map(([name]) => name)).not.toContain("mtls-api-staging-deploy");
  });

  test.each(writers)("%s: CNAMEs of the environment's domains and of what validates them", (_, one) => {
    const key = "route53:ChangeResourceRecordSets";
    const domains = one.environment.apis.map(({ domain }) => domain);
    expect(one.statement.Condition).toEqual({
      "ForAllValues:StringLike": {
        [`${key}NormalizedRecordNames`]: domains.flatMap((domain) => [domain, `_*.${domain}`]),
      },
      "ForAllValues:StringEquals": {
        [`${key}RecordTypes`]: ["CNAME"],
        [`${key}Actions`]: ["CREATE", "UPSERT", "DELETE"],
      },
      // Nothing to compare would be all that compares.
      Null: { [`${key}NormalizedRecordNames`]: "false" },
    });
  });
});

describe("the boundary", () => {
  const every = environments.flatMap((environment) =>
    foundationAccounts(environment)
      .filter(({ hasStacks }) => hasStacks)
      .map(({ account }) => ({ environment, account })),
  );
  test.each(every.map((one) => [`${one.environment.name} in ${one.account}`, one] as const))(
    "%s: fits into a managed policy, and lets nobody change what is deployed or become somebody else",
    (_, { environment, account }) => {
      const statements = boundaryStatements(environment, account);
      // IAM: 6,144 characters, white space not counted.
      expect(JSON.stringify({ Version: "2012-10-17", Statement: statements }).length).toBeLessThan(6_144);
      expect(new Set(statements.map(({ Sid }) => Sid)).size).toBe(statements.length);
      const actions = statements.flatMap(({ Action }) => Action);
      expect(actions.filter((one) => /[*?]/.test(one))).toEqual([]);
      expect(
        actions.filter((one) =>
          /^(iam|sts|organizations|ec2|cloudformation):|:(Create(?!LogStream|(Control|Data)Channel)|Delete(?!Item)|Update(?!Item|InstanceInformation)|Put(?!Item|Object$|LogEvents|Events|MetricData))/.test(
            one,
          ),
        ),
      ).toEqual([]);
      // AWS knows no resource for them: an instance's own measures, by namespace, and its session channels.
      expect(statements.filter(({ Resource }) => Resource.includes("*")).map(({ Sid }) => Sid)).toEqual(
        environment.apis.flatMap((api, index) =>
          api.account === account && api.privateEdge ? [`EdgeMeasures${index}`, `EdgeSessions${index}`] : [],
        ),
      );
    },
  );

  test.each(every.filter(({ environment, account }) => account === environment.ca.account))(
    "$environment.name: of states, the one that the state reader reads",
    ({ environment, account }) => {
      const states = boundaryStatements(environment, account)
        .flatMap(({ Resource }) => Resource)
        .filter((arn) => arn.startsWith(`arn:aws:s3:::${environment.ca.state.bucket}`));
      expect(states).toEqual([`arn:aws:s3:::${environment.ca.state.bucket}/${environment.name}-ca.tfstate`]);
    },
  );

  test("a token's secret is within it where there is one", () => {
    const environment = changed((input) => {
      input.apis[0].authorizer.tokens = {
        kind: "introspection",
        ...{ issuer: "https://tokens.test.example.com", audience: "https://api.test.example.com" },
        url: "https://tokens.test.example.com/introspect",
        client: {
          ...{ id: "api", authentication: "secret" },
          secret: {
            store: "secrets-manager",
            id: "test-api/tokens",
            kmsKeyArn: `arn:aws:kms:eu-west-2:222222222222:key/${"0".repeat(8)}-0000-4000-8000-${"0".repeat(12)}`,
          },
        },
      };
    });
    const statements = boundaryStatements(environment, "222222222222");
    expect(statements.find(({ Sid }) => Sid === "TokenSecret0")?.Resource).toEqual([
      "arn:aws:secretsmanager:eu-west-2:222222222222:secret:test-api/tokens-??????",
    ]);
    expect(statements.find(({ Sid }) => Sid === "TokenSecretKey0")?.Condition).toEqual({
      StringEquals: { "kms:ViaService": ["secretsmanager.eu-west-2.amazonaws.com"] },
    });
  });
});
