/**
 * What the roles of the foundation are tried with: each refusal has a twin that is allowed. The same table stands
 * before the deployed system (check 45) and before the documents alone (test/unit/foundation/enforced.test.ts).
 */
import type { AccountTools } from "#aws/account-tools.ts";
import { assumeRole } from "#aws/assume-role.ts";
import { type Attempt, attempts } from "#aws/attempts.ts";
import type { Connection } from "#aws/connection.ts";
import { roleAttempts as tries } from "#aws/role-attempts.ts";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import {
  boundaryArn,
  caFunctionName,
  externalBucketName,
  ledgerName,
  roleArn,
  roleNames,
  stackNames,
  stateKey,
} from "#contract/names.ts";

export interface Tried {
  readonly what: string;
  readonly by: Connection;
  readonly attempt: Attempt;
  readonly expected: "allowed" | "denied";
}

export interface FoundationPlace {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
  readonly operator: AccountTools;
}

/** In this order: later ones use what earlier ones have made. */
export async function foundationAttempts(at: FoundationPlace): Promise<readonly Tried[]> {
  const { environment, api, operator } = at;
  const { name, ca } = environment;
  const as = (account: string, access: "deploy" | "plan") =>
    operator.assume(roleArn(account, roleNames.worker(name, access)));
  const table = (
    who: string,
    by: Connection,
    expected: Tried["expected"],
    all: Readonly<Record<string, Attempt>>,
  ) =>
    Object.entries(all).map(([what, attempt]): Tried => ({ what: `${who} ${what}`, by, attempt, expected }));
  const caPlan = await as(ca.account, "plan");
  const caDeploy = await as(ca.account, "deploy");
  const apiDeploy = await as(api.account, "deploy");
  return [
    ...table("the plan role", caPlan, "allowed", { "reads configuration": attempts.listFunctions() }),
    ...table("the plan role", caPlan, "denied", writesInCa(environment)),
    ...table("the API account's plan role", await as(api.account, "plan"), "denied", writesInApi(name)),
    ...table("the deploy role", caDeploy, "allowed", {
      "makes a role within the boundary": tries.createRole(
        // It will be entered by an operator.
        ...[`${name}-attempt`, boundaryArn(ca.account, name), environment.operators[0] ?? ""],
      ),
      "gives it everything": tries.giveEverything(`${name}-attempt`),
    }),
    ...table("the deploy role", caDeploy, "denied", escapes(environment)),
    ...table("the API account's deploy role", apiDeploy, "allowed", {
      "makes an API": tries.makeAndRemoveRestApi(`${name}-attempt`),
    }),
    ...table("the API account's deploy role", apiDeploy, "denied", {
      "exchanges API Gateway's logging role": tries.setLoggingRole(roleArn(api.account, `${name}-attempt`)),
      "reads the foundation's state": attempts.getObject(...foundationState(environment, api.account)),
    }),
  ];
}

/** What a role can do that was given everything within the boundary; the last attempt takes it away again. */
export async function boundedAttempts({ environment, operator }: FoundationPlace) {
  const { name, ca } = environment;
  const deploy = await operator.assume(roleArn(ca.account, roleNames.deploy(name)));
  const role = `${name}-attempt`;
  const made: Tried[] = [];
  const by: Connection = {
    ...deploy,
    credentials: await assumeRole(operator.connection, roleArn(ca.account, role)),
  };
  for (const [what, attempt] of Object.entries({
    "makes a user": tries.createUser("attempt"),
    "makes a role": tries.createRole(`${name}-another`, undefined, roleArn(ca.account, role)),
    "takes off its boundary": tries.takeOffBoundary(role),
    "assumes the deploy role": tries.assume(roleArn(ca.account, roleNames.deploy(name))),
    "lists functions": attempts.listFunctions(),
    "makes a key": tries.createKey(),
    "reads the foundation's state": attempts.getObject(...foundationState(environment, ca.account)),
  }))
    made.push({
      what: `a role with every permission, within the boundary, ${what}`,
      by,
      attempt,
      expected: "denied",
    });
  made.push({
    ...{ what: "the deploy role removes its role", by: deploy, expected: "allowed" },
    attempt: tries.removeRole(role),
  });
  return made;
}

/** GitHub's token; on AWS its signature counts too. */
export function entryAttempts({ environment, operator }: FoundationPlace): readonly Tried[] {
  const { name, ca, delivery } = environment;
  if (!delivery) return [];
  const { repository } = delivery.github;
  const token = (
    sub: string,
    aud = "sts.amazonaws.com",
    iss = "https://token.actions.githubusercontent.com",
  ) => ({
    ...{ iss, aud, sub, exp: 4_102_444_800 },
  });
  const of = (access: "deploy" | "plan") => roleArn(ca.account, roleNames.entry(name, access));
  const own = (suffix = "") => `repo:${repository}:environment:${name}${suffix}`;
  const row = (
    what: string,
    access: "deploy" | "plan",
    claims: object,
    expected: Tried["expected"],
  ): Tried => ({
    ...{ what: `GitHub enters to ${access}: ${what}`, by: operator.connection, expected },
    attempt: tries.enter(of(access), claims),
  });
  return [
    row("its environment", "deploy", token(own()), "allowed"),
    row("its environment", "plan", token(own("-plan")), "allowed"),
    row("by the environment that plans", "deploy", token(own("-plan")), "denied"),
    row("by another environment", "deploy", token(`${own()}-two`), "denied"),
    row("by a pull request", "deploy", token(`repo:${repository}:pull_request`), "denied"),
    row("by a pull request", "plan", token(`repo:${repository}:pull_request`), "denied"),
    row("by a branch", "deploy", token(`repo:${repository}:ref:refs/heads/main`), "denied"),
    row("by another repository", "deploy", token(`repo:${repository}-fork:environment:${name}`), "denied"),
    row("for another audience", "deploy", token(own(), "https://example.com"), "denied"),
    row("by another issuer", "deploy", token(own(), undefined, "https://example.com"), "denied"),
    ...(["deploy", "plan"] as const).map(
      (access): Tried => ({
        ...{
          what: `an operator assumes the entry to ${access}`,
          by: operator.connection,
          expected: "denied",
        },
        attempt: tries.assume(of(access)),
      }),
    ),
  ];
}

function writesInCa({ name, ca }: Environment): Readonly<Record<string, Attempt>> {
  const external = externalBucketName(name, ca.account);
  const state = stateKey(stackNames.ca(name));
  return {
    "writes its state": attempts.putObject(ca.state.bucket, state),
    "takes the lock": attempts.putObject(ca.state.bucket, `${state}.tflock`),
    "writes the truststore": attempts.putObject(external, externalKeys.truststore),
    "removes a bucket's policy": tries.removeBucketPolicy(external),
    "reads the ledger": tries.readItem(ledgerName(name)),
    "writes the ledger": tries.writeItem(ledgerName(name)),
    "invokes ca-reconcile": tries.invoke(caFunctionName(name, "ca-reconcile")),
    "publishes a function": tries.publishVersion(caFunctionName(name, "ca-issue")),
    "reads a log": tries.readLog(`/aws/lambda/${caFunctionName(name, "ca-issue")}`),
    "makes a log group": tries.createLogGroup(`/mtls-api/${name}-attempt`),
    "makes a key": tries.createKey(),
    "makes a rule": tries.putRule(`${name}-attempt`),
    "makes a dashboard": tries.putDashboard(`${name}-attempt`),
    "makes a role": tries.createRole(
      ...[`${name}-attempt`, boundaryArn(ca.account, name), roleArn(ca.account, roleNames.plan(name))],
    ),
    "gives itself everything": tries.giveEverything(roleNames.plan(name)),
    "assumes the deploy role": tries.assume(roleArn(ca.account, roleNames.deploy(name))),
  };
}

const writesInApi = (name: string): Readonly<Record<string, Attempt>> => ({
  "makes an API": tries.createRestApi(`${name}-attempt`),
  "requests a certificate": tries.requestCertificate("attempt.example.com"),
  "makes an address list": tries.createIpSet(`${name}-attempt`),
  "writes a record": tries.changeRecord("ZATTEMPT", "attempt.example.com"),
});

function escapes(environment: Environment): Readonly<Record<string, Attempt>> {
  const { name, ca } = environment;
  const own = roleArn(ca.account, roleNames.deploy(name));
  const boundary = boundaryArn(ca.account, name);
  return {
    "makes a role without the boundary": tries.createRole(`${name}-free`, undefined, own),
    "makes a role within another boundary": tries.createRole(
      ...[`${name}-free`, "arn:aws:iam::aws:policy/AdministratorAccess", own],
    ),
    "makes a role of another name": tries.createRole("attempt", boundary, own),
    "takes the boundary off": tries.takeOffBoundary(`${name}-attempt`),
    "exchanges the boundary": tries.exchangeBoundary(
      ...[`${name}-attempt`, "arn:aws:iam::aws:policy/AdministratorAccess"],
    ),
    "widens the boundary": tries.widenPolicy(boundary),
    "gives itself everything": tries.giveEverything(roleNames.deploy(name)),
    "gives the plan role everything": tries.giveEverything(roleNames.plan(name)),
    "opens the pipeline's entry": tries.trust(roleNames.entry(name, "deploy"), own),
    "makes a user": tries.createUser("attempt"),
    "reads the ledger": tries.readItem(ledgerName(name)),
    "invokes ca-issue": tries.invoke(caFunctionName(name, "ca-issue")),
    "reads the foundation's state": attempts.getObject(...foundationState(environment, ca.account)),
    "writes the foundation's state": attempts.putObject(...foundationState(environment, ca.account)),
    "opens the state bucket": tries.removeBucketPolicy(ca.state.bucket),
  };
}

function foundationState(environment: Environment, account: string): [bucket: string, key: string] {
  const at = foundationAccounts(environment).find((one) => one.account === account);
  if (!at) throw new Error(`no foundation in ${account}`);
  return [at.buckets[0].name, stateKey(at.stack)];
}
