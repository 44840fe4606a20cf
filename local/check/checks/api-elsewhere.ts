/**
 * Check 37: an API in another account and region is added to the running environment, by the steps of
 * docs/how-to/several-apis.md, and taken out again. A client is revoked once, and both refuse it.
 */
import { AccountSeed } from "#aws/account-seed.ts";
import { AccountTools } from "#aws/account-tools.ts";
import { asRole } from "#aws/assume-role.ts";
import { attempts } from "#aws/attempts.ts";
import type { Connection } from "#aws/connection.ts";
import { inventory } from "#aws/inventory.ts";
import type { ApiEnvironment } from "#config/environment.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { roleArn, roleNames, stackNames } from "#contract/names.ts";
import { applyAsCaller, asLocalRoot, destroyAsCaller } from "#deploy/as-caller.ts";
import { deploy, destroy } from "#deploy/cdktf.ts";
import { synthesize } from "#deploy/synthesize.ts";
import { startReadingGateway } from "../../start/gateway.ts";
import { bucketOf, type CheckContext, callAs, callSeconds, callUntil, type Deployed } from "../context.ts";
import { ours, plansAreEmpty } from "./deployment.ts";
import { failures } from "./doctor.ts";

const configuration = "config/environments/local/index.ts";
const end = "\n  ],\n});";

export async function apiElsewhere(at: CheckContext): Promise<void> {
  const other = entry(at.api);
  const { ca } = ours(at);
  const stack = stackNames.api(at.environment.name, other.name);
  const foundations = foundationAccounts({
    ...at.environment,
    apis: [...at.environment.apis, other],
  });
  const written = `\n${JSON.stringify(other)},${end}`;

  at.project.edit(configuration, end, written);
  await seed(at, other);
  await synthesize(at.terraform);
  await Promise.all(
    foundations.map((one) => applyAsCaller(asLocalRoot(at.terraform, one.account), one.stack)),
  );
  const readsTruststore = await deployRoleReads(at, other);
  at.report.row(
    37,
    "an account that the CA does not know yet reads its truststore",
    "denied",
    await readsTruststore(),
  );
  await deploy(at.terraform, [ca, stack]);
  at.report.row(37, "… and once it does", "allowed", await readsTruststore());

  await bothAnswer(at, other);
  await plansAreEmpty(at, "beside an API in another account", 37, [stack]);
  at.report.row(37, "doctor on all three accounts", "0", await failures(at, []));

  await destroy(at.terraform, [stack]);
  const account = new AccountTools(rootOf(at, other)).connection;
  const left = async (withFoundation: boolean) =>
    (await inventory(account, { withFoundation })).join(", ") || "nothing";
  at.report.row(37, "destroyed: nothing is left in its account", "nothing", await left(false));
  const own = foundations.find((one) => one.account === other.account);
  if (own) await destroyAsCaller(asLocalRoot(at.terraform, own.account), own.stack);
  at.report.row(37, "… nor of its foundation", "nothing", await left(true));
  // The CA goes on admitting roles that are gone; its next deployment, check 20's, knows them no more.
  at.project.edit(configuration, written, end);
}

/** As the environment's API, elsewhere and with nothing that may be left out. */
function entry({ stage, throttle, logs, authorizer }: ApiEnvironment): ApiEnvironment {
  const account = "555555555555";
  const region = "eu-west-1";
  return {
    ...{ name: "elsewhere", account, region, stage, throttle, logs },
    state: { bucket: `mtls-api-local-state-${account}`, region },
    domain: "api.elsewhere.example.com",
    zone: { name: "elsewhere.example.com" },
    authorizer: {
      ...authorizer,
      rules: [{ name: "partners", routes: "all", subject: { OU: { equals: "Partners" } } }],
    },
  };
}

/** As the root of its account. */
const rootOf = (at: Deployed, { account, region }: ApiEnvironment): Connection => ({
  ...at.ca.connection,
  region,
  credentials: { accessKeyId: account, secretAccessKey: "test" },
});

/** What Terraform does not make: its state's bucket, and the zone. */
async function seed(at: Deployed, other: ApiEnvironment): Promise<void> {
  const account = new AccountSeed(rootOf(at, other));
  await account.stateBucket(other.state.bucket);
  await account.hostedZone(other.zone.name);
}

/** In the bucket's region, as every connection below that asks S3. */
async function deployRoleReads(at: CheckContext, { account }: ApiEnvironment) {
  const role = roleArn(account, roleNames.deploy(at.environment.name));
  const connection = await at.operator.assume(role);
  const attempt = attempts.getObject(bucketOf(at), externalKeys.truststore);
  return () => attempt(connection);
}

async function bothAnswer(at: CheckContext, other: ApiEnvironment): Promise<void> {
  const root = rootOf(at, other);
  const deployRole = roleArn(other.account, roleNames.deploy(at.environment.name));
  const gateway = await startReadingGateway({
    domains: [
      {
        ...{ domainName: other.domain, region: other.region, connection: root },
        domainOwner: asRole({ ...at.operator.connection, region: other.region }, deployRole),
      },
    ],
    ...{ backends: {}, folder: `${at.folder}-elsewhere`, port: 0 },
  });
  try {
    const { port, caFile } = gateway;
    const there = {
      ...at,
      api: other,
      apiAccount: new AccountTools(root),
      server: { domain: other.domain, port, caFile },
    };
    const client = await at.issue("of-two-apis");
    at.report.row(37, "a client at the first API", /^200 /, (await callAs(at, client)).summary);
    at.report.row(37, "… and at the one in another account", /^200 /, (await callAs(there, client)).summary);
    await authorizerReadsNoMore(there);
    await at.operate(
      ...["revoke", "--env", "local", "--serial", `0x${client.serial}`, "--reason", "keyCompromise", "--yes"],
    );
    const seconds = at.api.authorizer.refreshSeconds + callSeconds;
    for (const [where, which] of [
      ["the first", at],
      ["the one in another account", there],
    ] as const) {
      const { got } = await callUntil(which, client, "403", seconds);
      at.report.row(37, `revoked once: refused by ${where}`, "403 revocation/revoked", got);
      at.report.row(37, "… which answers others", /^200 /, (await callAs(which, at.good)).summary);
    }
  } finally {
    await gateway.close();
  }
}

async function authorizerReadsNoMore(there: CheckContext): Promise<void> {
  const { environment, api, good, report } = there;
  const role = roleNames.authorizer(environment.name, api.name);
  const { region } = environment.ca;
  const authorizer = { ...(await there.apiAccount.assumeFunctionRole(api.account, role)), region };
  const reads = (key: string) => attempts.getObject(bucketOf(there), key)(authorizer);
  report.row(
    37,
    "its authorizer reads the CRL",
    "allowed",
    await reads(externalKeys.issuingCrl(good.generation)),
  );
  const leaf = externalKeys.leafCertificate(good.generation, good.serial);
  report.row(37, "… and no other object of the CA", "denied", await reads(leaf));
}
