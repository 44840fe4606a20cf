/**
 * Everything that NGINX needs now, fetched and checked, as files: configuration, CA certificates, CRLs, the server's
 * certificate and key, the edge's secret. One thing that cannot be had or is not right is an error; nothing is written
 * here.
 */
import { createHash } from "node:crypto";
import type { SignedGet } from "#aws/signed-get.ts";
import { type EdgeSettings, edgeHeaders, edgeSecretPattern } from "#contract/private-edge.ts";
import { encodePem } from "#pki/pem.ts";
import { type PinnedIssuer, pinnedIssuers } from "#pki/pinned-issuers.ts";
import { materialFiles, type NginxInputs, nginxConfiguration } from "../nginx-configuration.ts";
import { freshness, type List, readLists } from "./lists.ts";
import { readServerCertificate } from "./server-certificate.ts";

export interface Sources {
  readonly get: SignedGet;
  /** The current value of a secret, by ARN. */
  readonly secret: (id: string) => Promise<string>;
  /** Addresses of a name. */
  readonly resolve: (name: string) => Promise<readonly string[]>;
}

export interface Material {
  readonly lists: readonly List[];
  readonly listsFresh: NginxInputs["listsFresh"];
  readonly serverCertificateEnds: Date;
  /** Of all that the files are made from. */
  readonly digest: string;
  /** Names → contents, for a folder. */
  readonly files: (directory: string) => Readonly<Record<string, string>>;
}

export type NginxPlaces = Omit<
  NginxInputs,
  "settings" | "directory" | "listsFresh" | "addresses" | "tokenAddresses"
>;

export async function gather(
  settings: EdgeSettings,
  places: NginxPlaces,
  { get, secret, resolve }: Sources,
  now: Date,
): Promise<Material> {
  const { tokenEndpoint, upstream } = settings;
  const [trusted, server, edgeSecret, addresses, tokenAddresses] = await Promise.all([
    trust(settings, get, now),
    secret(settings.serverCertificateSecretArn).then((text) =>
      readServerCertificate(text, settings.serverNames),
    ),
    secret(settings.edgeSecretArn).then(checkedSecret),
    sorted(resolve(upstream.address)),
    tokenEndpoint ? sorted(resolve(tokenEndpoint.upstream.address)) : undefined,
  ]);
  const { issuers, lists } = trusted;
  const listsFresh = freshness(lists, settings);
  const files = (directory: string) => ({
    [materialFiles.configuration]: nginxConfiguration({
      ...{ settings, directory, listsFresh, addresses, ...places },
      ...(tokenAddresses ? { tokenAddresses } : {}),
    }),
    [materialFiles.serverCertificate]: server.chainPem,
    [materialFiles.serverKey]: server.keyPem,
    [materialFiles.clients]: issuers
      .flatMap(({ issuing, root }) => [issuing, root])
      .map(({ der }) => encodePem("CERTIFICATE", der))
      .join(""),
    [materialFiles.crls]: lists.map(({ crl }) => encodePem("X509 CRL", crl.der)).join(""),
    [materialFiles.secret]: `proxy_set_header ${edgeHeaders.secret} "${edgeSecret}";\n`,
  });
  return {
    lists,
    listsFresh,
    serverCertificateEnds: server.notAfter,
    digest: createHash("sha256")
      .update(JSON.stringify(files("/")))
      .digest("hex"),
    files,
  };
}

async function trust(
  settings: EdgeSettings,
  get: SignedGet,
  now: Date,
): Promise<{ readonly issuers: readonly PinnedIssuer[]; readonly lists: readonly List[] }> {
  const { bucket, region, key, version: versionId, sha256 } = settings.truststore;
  const answer = await get({ bucket, region, key, versionId, maxBytes: 1_048_576 });
  if (answer.kind !== "found")
    throw new Error(`truststore: ${"reason" in answer ? answer.reason : answer.kind}`);
  const got = createHash("sha256").update(answer.body).digest("hex");
  if (got !== sha256) throw new Error(`truststore: SHA-256 is ${got}, pinned is ${sha256}`);
  const issuers = pinnedIssuers(settings.issuers, answer.body.toString("latin1"));
  return { issuers, lists: await readLists(issuers, settings, get, now) };
}

function checkedSecret(text: string): string {
  if (!edgeSecretPattern.test(text))
    throw new Error("the edge's secret is no random text of 32 to 128 characters");
  return text;
}

async function sorted(addresses: Promise<readonly string[]>): Promise<readonly string[]> {
  return [...(await addresses)].sort();
}
