/** Checks 54 and 57 to 60: what happens to the private edge while it runs, what an instance may do, and its second port. */
import { randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { attempts } from "#aws/attempts.ts";
import { roleAttempts } from "#aws/role-attempts.ts";
import { SecretTools } from "#aws/secret-tools.ts";
import { policyKey } from "#contract/authorizer-policy.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import {
  apiFunctionName,
  caFunctionName,
  edgeSecretName,
  ledgerName,
  policyBucketName,
  roleArn,
  roleNames,
  stackNames,
  stateKey,
} from "#contract/names.ts";
import { edgeHeaders, edgeProgramKey } from "#contract/private-edge.ts";
import { introspector, tokenClients, tokenSecret } from "../../start/tokens.ts";
import { bearer, otherPartner, timeAnswer, tokenOf } from "../access-token.ts";
import { atEdge, type EdgeContext, escaped, judged, past, through } from "../at-edge.ts";
import { bucketOf, callSeconds, eventually } from "../context.ts";
import { curl, type Server } from "../curl.ts";
import { currentSecret } from "./private-edge.ts";

export const edgeRevocation = atEdge(54, "revocation inside the network", async (context) => {
  const { at, edge } = context;
  const client = await at.issue("to-be-revoked-inside");
  const call = async () => judged(context, await through(context, client));
  at.report.row(54, "a certificate before its revocation", /^200 /, await call());
  await at.operate(
    ...["revoke", "--env", "local", "--serial", `0x${client.serial}`, "--reason", "keyCompromise", "--yes"],
  );
  const promised = at.api.authorizer.refreshSeconds;
  let got = "";
  await eventually(async () => {
    got = await call();
    return got.startsWith("403") || undefined;
  }, promised + callSeconds);
  // NGINX's own timer may have come in between.
  const first = /^403 (revocation\/revoked|revoked by NGINX)/;
  at.report.row(54, `… refused within ${promised} s of its publication, whatever NGINX knows`, first, got);
  const { event } = await edge.instance.refresh();
  at.report.row(54, "… and by NGINX itself after a refresh", "403 revoked by NGINX", await call());
  at.report.row(54, "… which went well", "refreshed", event);
  const visitor = await at.issue("visitor-revocation", { organizationalUnit: "Visitors" });
  const noRule = await judged(context, await through(context, visitor));
  at.report.row(54, "another OU: NGINX knows no rules, the authorizer does", "403 rules/no-rule", noRule);
  at.report.row(54, "another client goes on", /^200 /, (await through(context, at.good)).summary);
});

export const edgeBrokenCrl = atEdge(57, "a broken CRL in the bucket", async (context) => {
  const { at, edge } = context;
  const key = externalKeys.issuingCrl(at.good.generation);
  const before = readlinkSync(edge.instance.material);
  const publisher = caFunctionName(at.environment.name, "ca-publish");
  await at.ca.withoutSchedule(publisher, async () => {
    const list = await at.ca.read(bucketOf(at), key);
    for (const [what, body, problem] of [
      ["garbage", Buffer.from("no list of anything"), /^refresh-failed: crl\/.*-issuing\.crl: /],
      ["a list that is cut", list.subarray(0, -1), /^refresh-failed: crl\/.*-issuing\.crl: /],
    ] as const) {
      await at.ca.withoutBucketPolicy(bucketOf(at), () => at.ca.write(bucketOf(at), key, body));
      const result = await edge.instance.refresh();
      const told = result.event === "refresh-failed" ? `${result.event}: ${result.problem}` : result.event;
      at.report.row(57, `${what} instead of the issuing CRL: told`, problem, told);
      const kept = readlinkSync(edge.instance.material) === before ? "the old files" : "others";
      at.report.row(57, "… NGINX keeps what it had", "the old files", kept);
    }
    const seconds = at.api.authorizer.refreshSeconds + callSeconds;
    const expected = "403 revocation/revocation-unknown (issuing CRL: malformed)";
    const got = await until(context, (one) => one.startsWith("403"), seconds);
    at.report.row(57, "… and lets on, to an authorizer that refuses at once", expected, got);
  });
  await at.operate("publish", "--env", "local", "--yes");
  const result = await edge.instance.refresh();
  at.report.row(57, "published again: refreshed", "refreshed", result.event);
  const got = await until(context, (one) => one.startsWith("200"), callSeconds);
  at.report.row(57, "… and allowed", /^200 /, got);
});

/** Calls until it is as wished, for so many seconds; the last verdict. */
async function until(
  context: EdgeContext,
  wished: (got: string) => boolean,
  seconds: number,
): Promise<string> {
  let got = "";
  await eventually(async () => {
    got = await judged(context, await through(context, context.at.good));
    return wished(got) || undefined;
  }, seconds);
  return got;
}

/** An authorizer that has just met an unknown value asks no sooner again. */
const floorSeconds = 5;

export const edgeRotation = atEdge(58, "the edge's secret rotated", async (context) => {
  const { at, edge } = context;
  const first = currentSecret(context);
  const one = await rotate(context);
  at.report.row(58, "a rotation, calls all the while: none refused", /^none of \d+ refused$/, one);
  const second = currentSecret(context);
  at.report.row(58, "… NGINX sends another value", "another", first === second ? "the same" : "another");
  const headers = (value: string) => ({
    [edgeHeaders.certificate]: escaped(at.good),
    [edgeHeaders.secret]: value,
  });
  const old = async () => judged(context, await past(context, headers(first)));
  at.report.row(58, "… the one before is still good", /^200 /, await old());
  await wait(floorSeconds * 1000);
  at.report.row(58, "a second rotation", /^none of \d+ refused$/, await rotate(context));
  at.report.row(58, "… the first value is refused", "403 place/not-through-edge (secret)", await old());
  const last = judged(context, await past(context, headers(currentSecret(context))));
  at.report.row(58, "… the present one is good", /^200 /, await last);
  const { event } = await edge.instance.refresh();
  at.report.row(58, "… and a refresh has nothing to do", "refreshed", event);
});

/** As docs/private-edge.md says; the value is of this moment. */
async function rotate(context: EdgeContext): Promise<string> {
  const { at, edge } = context;
  const value = randomBytes(48).toString("base64url");
  let done = false;
  const calls = (async () => {
    const refused: string[] = [];
    let count = 0;
    while (!done) {
      const got = await judged(context, await through(context, at.good));
      count += 1;
      if (!got.startsWith("200")) refused.push(got);
    }
    return refused.length === 0 ? `none of ${count} refused` : refused.join(", ");
  })();
  try {
    const name = edgeSecretName(at.environment.name, at.api.name);
    await new SecretTools(at.apiAccount.connection).put(name, value);
    const { event } = await edge.instance.refresh();
    if (event !== "refreshed") return event;
    // One call at least with the new value.
    await through(context, at.good);
  } finally {
    done = true;
  }
  return await calls;
}

export const edgeInstance = atEdge(59, "an instance", async (context) => {
  await health(context);
  const { at, edge } = context;
  const { environment, api } = at;
  const bucket = bucketOf(at);
  const crl = externalKeys.issuingCrl(at.good.generation);
  const policies = policyBucketName(environment.name, api.name, api.account);
  const secret = edgeSecretName(environment.name, api.name);
  const certificate = api.privateEdge?.serverCertificate.secret ?? "";
  const table = [
    ["reads the truststore", attempts.getObject(bucket, externalKeys.truststore), "allowed"],
    ["reads the CRL", attempts.getObject(bucket, crl), "allowed"],
    ["reads its program", attempts.getObject(policies, edgeProgramKey), "allowed"],
    ["reads the edge's secret", attempts.readSecret(secret), "allowed"],
    ["reads the server's certificate and key", attempts.readSecret(certificate), "allowed"],
    ["reads another secret", attempts.readSecret(tokenSecret.id), "denied"],
    [
      "reads a certificate of the CA's",
      attempts.getObject(bucket, externalKeys.leafCertificate(at.good.generation, at.good.serial)),
      "denied",
    ],
    ["reads the authorizer's policy", attempts.getObject(policies, policyKey), "denied"],
    [
      "reads a state",
      attempts.getObject(api.state.bucket, stateKey(stackNames.api(environment.name, api.name))),
      "denied",
    ],
    ["writes the CRL", attempts.putObject(bucket, crl), "denied"],
    ["writes its program", attempts.putObject(policies, edgeProgramKey), "denied"],
    ["reads the ledger", roleAttempts.readItem(ledgerName(environment.name)), "denied"],
    [
      "calls the authorizer",
      roleAttempts.invoke(apiFunctionName(environment.name, api.name, "private-authorizer")),
      "denied",
    ],
    [
      "becomes the deploy role",
      roleAttempts.assume(roleArn(api.account, roleNames.deploy(environment.name))),
      "denied",
    ],
    ["lists functions", attempts.listFunctions(), "denied"],
  ] as const;
  for (const [what, attempt, expected] of table)
    at.report.row(59, `an instance ${what}`, expected, await attempt(edge.instance.connection));
  const authorizer = await at.apiAccount.assumeFunctionRole(
    api.account,
    roleNames.privateAuthorizer(environment.name, api.name),
  );
  const others = [
    ["the private authorizer reads the edge's secret", secret, authorizer, "allowed"],
    ["… and not the server's key", certificate, authorizer, "denied"],
    [
      "the public authorizer reads the edge's secret",
      secret,
      await at.apiAccount.assumeFunctionRole(api.account, roleNames.authorizer(environment.name, api.name)),
      "denied",
    ],
    ["the account's root reads it", secret, at.apiAccount.connection, "denied"],
  ] as const;
  for (const [what, id, connection, expected] of others)
    at.report.row(59, what, expected, await attempts.readSecret(id)(connection));
});

/** NGINX's own page for a status without a text, which says nothing else. */
const ownPage =
  "<html> <head><title>404 Not Found</title></head> <body> <center><h1>404 Not Found</h1></center> <hr><center>nginx</center> </body> </html> ";

async function health({ at, edge }: EdgeContext): Promise<void> {
  const ask = async (path: string, method = "GET") => {
    const answer = await fetch(`http://127.0.0.1:${edge.instance.settings.healthPort}${path}`, { method });
    return `${answer.status} ${JSON.stringify((await answer.text()).replace(/\s+/g, " ").replace(ownPage, ""))}`;
  };
  at.report.row(
    59,
    "the health check answers on a port of its own, in clear",
    '200 ""',
    await ask("/health"),
  );
  for (const path of ["/", "/api", "/health/x", "/nginx_status"])
    at.report.row(59, `… and gives nothing else: ${path}`, '404 ""', await ask(path));
}

export const edgeTokens = atEdge(60, "the token endpoint", async (context) => {
  const { at, edge } = context;
  const { tokenServer } = edge;
  if (!tokenServer) throw new Error("local has a token endpoint");
  const secrets = new SecretTools(at.apiAccount.connection);
  await secrets.put(tokenSecret.id, introspector.secret);
  try {
    await tokensThrough(context, tokenServer);
  } finally {
    await secrets.remove(tokenSecret.id);
  }
});

async function tokensThrough(context: EdgeContext, tokenServer: Server): Promise<void> {
  const { at } = context;
  const other = await otherPartner(at);
  const time = { method: "GET", path: "/time" };
  const token = await tokenOf({ tokenServer }, at.good, tokenClients.opaque.id);
  const call = async (client: typeof other) =>
    judged(context, await through(context, client, { ...time, headers: bearer(token) }));
  at.report.row(60, "a token got through NGINX counts with its certificate", timeAnswer, await call(at.good));
  const expected = /^401 token\/token-of-another-certificate/;
  at.report.row(60, "… and with no other", expected, await call(other));
  const ask = (headers: Record<string, string>, client?: typeof other) => {
    const form = new URLSearchParams({ grant_type: "client_credentials", client_id: tokenClients.opaque.id });
    const files = client ? { certificate: client.certificate, key: client.key } : {};
    return { ...files, path: "/token", body: form.toString(), headers };
  };
  const forged = { [edgeHeaders.tokenCertificate]: escaped(at.good) };
  for (const [what, options] of [
    ["no certificate, and mine in the header that NGINX sets", ask(forged)],
    ["another client's certificate, and mine in that header", ask(forged, other)],
  ] as const) {
    const { status, body } = await curl(tokenServer, options);
    const { error } = JSON.parse(body) as { error?: string };
    at.report.row(60, what, /^40[01] invalid_client$/, `${status} ${error}`);
  }
}
