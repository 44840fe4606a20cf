/** Checks 15 and 17: no private key anywhere, and nobody may do more than is theirs. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AccountTools } from "#aws/account-tools.ts";
import { attempts } from "#aws/attempts.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { caFunctionName, roleArn, roleNames } from "#contract/names.ts";
import { privateKeysIn } from "#pki/private-keys-in.ts";
import { bucketOf, type CheckContext } from "../context.ts";

export async function noPrivateKey(at: CheckContext): Promise<void> {
  const places: [string, () => Promise<readonly [string, string][]>][] = [
    [
      "terraform/ and Terraform's logs",
      async () => filesBelow(join(at.project.folder, "terraform"), at.terraform.logs),
    ],
    ["NGINX's logs and what its instances are told", async () => edgeTexts(at)],
    ["buckets of the CA account (its state among them)", () => objects(at.ca)],
    ["buckets of the API account (its state among them)", () => objects(at.apiAccount)],
    ["logs of the CA account", () => logs(at.ca)],
    ["logs of the API account", () => logs(at.apiAccount)],
  ];
  for (const [what, read] of places) {
    const texts = await read();
    const found = texts.filter(([, text]) => privateKeysIn(text).length > 0).map(([name]) => name);
    at.report.row(
      15,
      `no private key in ${what}`,
      "none, something was read",
      found.length > 0
        ? found.join(", ")
        : texts.length > 0
          ? "none, something was read"
          : "nothing was read",
    );
  }
  const key = readFileSync(at.good.key, "utf8");
  at.report.row(
    15,
    "… and the search finds one where there is one",
    "found",
    privateKeysIn(`x${key}y`).length > 0 ? "found" : "overlooked",
  );
}

export async function leastPrivilege(at: CheckContext): Promise<void> {
  const { environment, api } = at;
  const bucket = bucketOf(at);
  const leaf = externalKeys.leafCertificate(at.good.generation, at.good.serial);
  const reader = await at.operator.assume(roleArn(api.account, roleNames.deploy(environment.name)));
  const crl = externalKeys.issuingCrl(at.good.generation);
  const table: Attempt[] = [
    [
      "the other account reads the truststore",
      reader,
      attempts.getObject(bucket, externalKeys.truststore),
      "allowed",
    ],
    ["the other account reads another object", reader, attempts.getObject(bucket, leaf), "denied"],
    ["the other account writes the CRL", reader, attempts.putObject(bucket, crl), "denied"],
    [
      "the other account writes the truststore",
      reader,
      attempts.putObject(bucket, externalKeys.truststore),
      "denied",
    ],
    ...(await ofFunctions(at, bucket, leaf, crl)),
  ];
  for (const [what, connection, attempt, expected] of table)
    at.report.row(17, what, expected, await attempt(connection));
}

type Attempt = readonly [
  string,
  Parameters<ReturnType<typeof attempts.getObject>>[0],
  ReturnType<typeof attempts.getObject>,
  "allowed" | "denied",
];

async function ofFunctions(at: CheckContext, bucket: string, leaf: string, crl: string): Promise<Attempt[]> {
  const { environment, api, ca } = at;
  const role = (slug: Parameters<typeof caFunctionName>[1]) =>
    ca.assumeFunctionRole(environment.ca.account, caFunctionName(environment.name, slug));
  const [publish, issue, revoke, reconcile] = await Promise.all([
    role("ca-publish"),
    role("ca-issue"),
    role("ca-revoke"),
    role("ca-reconcile"),
  ]);
  const authorizer = await at.apiAccount.assumeFunctionRole(
    api.account,
    roleNames.authorizer(environment.name, api.name),
  );
  const key = (which: "root" | "issuing") =>
    ca.signingKey(`alias/${environment.name}-ca-${at.good.generation}-${which}`);
  const signers = { root: await key("root"), issuing: await key("issuing") };
  const sign = (which: "root" | "issuing", type: "DIGEST" | "RAW") => attempts.sign(signers[which], type);
  return [
    ["ca-issue signs with the issuing key", issue, sign("issuing", "DIGEST"), "allowed"],
    ["ca-issue signs a message instead of a digest", issue, sign("issuing", "RAW"), "denied"],
    ["ca-issue signs with the root key", issue, sign("root", "DIGEST"), "denied"],
    ["ca-issue writes a CRL", issue, attempts.putObject(bucket, crl), "denied"],
    ["ca-publish signs with the root key", publish, sign("root", "DIGEST"), "denied"],
    [
      "ca-publish writes the truststore",
      publish,
      attempts.putObject(bucket, externalKeys.truststore),
      "denied",
    ],
    ["ca-publish writes a certificate", publish, attempts.putObject(bucket, leaf), "denied"],
    ["ca-revoke signs with the issuing key", revoke, sign("issuing", "DIGEST"), "denied"],
    ["ca-revoke writes a CRL", revoke, attempts.putObject(bucket, crl), "denied"],
    ["ca-reconcile signs with the issuing key", reconcile, sign("issuing", "DIGEST"), "denied"],
    ["ca-reconcile writes an issuing CRL", reconcile, attempts.putObject(bucket, crl), "denied"],
    ["the account's root signs with the root key", ca.connection, sign("root", "DIGEST"), "denied"],
    ["the other account's authorizer reads the CRL", authorizer, attempts.getObject(bucket, crl), "allowed"],
    ["the authorizer reads another object", authorizer, attempts.getObject(bucket, leaf), "denied"],
    ["the authorizer writes the CRL", authorizer, attempts.putObject(bucket, crl), "denied"],
    ["the authorizer lists functions", authorizer, attempts.listFunctions(), "denied"],
  ];
}

/** Not its material: the server's key must be there. Without NGINX the logs of Terraform stand for it. */
function edgeTexts({ edge, terraform }: CheckContext): [string, string][] {
  if (!edge) return filesBelow(terraform.logs);
  const { told, settings, userData } = edge.instance;
  return [...filesBelow(edge.logs), ["user data", userData], ["settings", JSON.stringify([told, settings])]];
}

function filesBelow(...folders: readonly string[]): [string, string][] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes(".terraform"))
      .map((entry): [string, string] => {
        const path = join(entry.parentPath, entry.name);
        return [path, readFileSync(path, "latin1")];
      }),
  );
}

async function objects(account: AccountTools): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (const bucket of await account.buckets())
    for (const { key, version } of await account.versions(bucket))
      found.push([`${bucket}/${key}`, (await account.read(bucket, key, version)).toString("latin1")]);
  return found;
}

async function logs(account: AccountTools): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (const group of await account.logGroups())
    for (const message of await account.logMessages(group)) found.push([group, message]);
  return found;
}
