/**
 * The foundation's documents before an IAM that enforces them: the roles of the environment `local`, made as the stack
 * makes them, and the table of attempts that `npm start -- --check` goes through on the deployed system.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AttachRolePolicyCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  IAMClient,
} from "@aws-sdk/client-iam";
import { AccountSeed } from "#aws/account-seed.ts";
import { AccountTools } from "#aws/account-tools.ts";
import { asRole } from "#aws/assume-role.ts";
import { clientConfiguration } from "#aws/connection.ts";
import { DeploymentReader } from "#aws/deployment-reader.ts";
import type { Examined } from "#cli/doctor/check.ts";
import { foundation } from "#cli/doctor/checks/foundation.ts";
import { examine } from "#cli/doctor/examine.ts";
import { local } from "#config/environments/local/index.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { boundaryName, externalBucketName, githubHost, roleArn, roleNames } from "#contract/names.ts";
import { installEmbeddedAws } from "#local/aws/install.ts";
import { accountRoot, operatorAccount, seedAccounts } from "#local/aws/seed.ts";
import { type EmbeddedAws, startEmbeddedAws } from "#local/aws/start.ts";
import {
  boundedAttempts,
  entryAttempts,
  type FoundationPlace,
  foundationAttempts,
  type Tried,
} from "#local/check/foundation-attempts.ts";
import { boundaryStatements } from "#stacks/foundation/boundary.ts";
import { githubAudience } from "#stacks/foundation/entry.ts";
import { foundationRoles } from "#stacks/foundation/roles.ts";

const region = "eu-west-2";
const document = (statements: readonly object[]) => ({
  Version: "2012-10-17" as const,
  Statement: [...statements],
});
let folder: string;
let aws: EmbeddedAws;
let place: FoundationPlace;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "foundation-"));
  const { python } = await installEmbeddedAws();
  aws = await startEmbeddedAws({ python, folder, region });
  await seedAccounts(local, aws);
  const { ca } = local;
  const external = externalBucketName(local.name, ca.account);
  await new AccountSeed(accountRoot(aws, ca.account, region)).stateBucket(external);
  for (const at of foundationAccounts(local)) {
    const root = accountRoot(aws, at.account, region);
    const iam = new IAMClient(clientConfiguration(root));
    const PolicyDocument = JSON.stringify(document(boundaryStatements(local, at.account)));
    await iam.send(new CreatePolicyCommand({ PolicyName: boundaryName(local.name), PolicyDocument }));
    if (at.isCa)
      await iam.send(
        new CreateOpenIDConnectProviderCommand({
          ...{ Url: `https://${githubHost}`, ClientIDList: [githubAudience] },
        }),
      );
    for (const { name, description, trust, permissions, attached } of foundationRoles(local, at)) {
      await new AccountSeed(root).role({
        ...{ name, description, trust: document([trust]), permissions: document(permissions) },
      });
      if (!attached) continue;
      const made = await iam.send(
        new CreatePolicyCommand({
          PolicyName: attached.name,
          PolicyDocument: JSON.stringify(document(attached.permissions)),
        }),
      );
      await iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn: made.Policy?.Arn }));
    }
  }
  const [api] = local.apis;
  if (!api) throw new Error("local has no API");
  const operator = new AccountTools(accountRoot(aws, operatorAccount, region));
  place = { environment: local, api, operator };
}, 180_000);

afterAll(async () => {
  await aws?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function outcomes(all: readonly Tried[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const { what, by, attempt } of all) lines.push(`${what}: ${await attempt(by)}`);
  return lines;
}
const expected = (all: readonly Tried[]) => all.map(({ what, expected: how }) => `${what}: ${how}`);

test("whoever plans changes nothing, whoever deploys does not get out, nor does what it makes", async () => {
  const all = await foundationAttempts(place);
  expect(all.length).toBeGreaterThan(30);
  expect(await outcomes(all)).toEqual(expected(all));
  const bounded = await boundedAttempts(place);
  expect(await outcomes(bounded)).toEqual(expected(bounded));
}, 60_000);

test("whoever plans sees that the foundation is as committed, and when it is not", async () => {
  const reader: Examined["reader"] = (account, where) =>
    new DeploymentReader(
      asRole({ ...place.operator.connection, region: where }, roleArn(account, roleNames.plan(local.name))),
    );
  const found = async () => {
    const findings = await examine({ environment: local, now: new Date(), reader }, [foundation]);
    return findings.map(({ code, subject, what }) => `${code} ${subject}: ${what}`);
  };
  const [ca, api] = foundationAccounts(local);
  const well = [ca, api].map((one) => `foundation ${one?.stack}: as committed`);
  expect(await found()).toEqual(well);
  const plan = foundationRoles(local, ca).find(({ id }) => id === "plan");
  if (!plan) throw new Error("no plan role");
  const put = (permissions: readonly object[]) =>
    new AccountSeed(accountRoot(aws, ca.account, region)).role({
      ...plan,
      trust: document([plan.trust]),
      permissions: document(permissions),
    });
  await put(plan.permissions.filter(({ Sid }) => Sid !== "ReadPublished"));
  expect(await found()).toEqual([
    `foundation-behind ${ca.stack}: role ${plan.name} may do something else than committed (ReadPublished)`,
    well[1],
  ]);
  // So old that it may not even look.
  await put(plan.permissions.filter(({ Sid }) => Sid !== "ReadConfiguration"));
  expect((await found())[0]).toMatch(/^foundation-behind \S+: its roles may not be read: /);
  await put(plan.permissions);
  expect(await found()).toEqual(well);
}, 60_000);

test("GitHub enters by one environment of one repository, and nobody else does", async () => {
  const all = entryAttempts(place);
  expect(all.length).toBeGreaterThan(10);
  expect(await outcomes(all)).toEqual(expected(all));
}, 60_000);
