/**
 * The token server of the local API: started before the deployment, because the configuration names its addresses,
 * and made to trust the CA's clients after it, when there is a CA. The run's own copy of the configuration is edited.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AccountTools } from "#aws/account-tools.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { externalBucketName } from "#contract/names.ts";
import type { Server } from "../check/curl.ts";
import { startTokenServer, type TokenClient } from "../token-server/token-server.ts";
import { api, environment } from "./local-environment.ts";
import { LocalError } from "./local-error.ts";
import type { ProjectCopy } from "./project-copy.ts";

export interface LocalTokens {
  /** As curl calls it. */
  readonly server: Server;
  readonly trustClients: (ca: AccountTools) => Promise<void>;
  readonly close: () => Promise<void>;
}

export const tokenAudience = `https://${api.domain}`;
export const tokenScope = "time:query";

const partner = (name: string) => ({ CN: name, O: environment.ca.organization, OU: "Partners" });
/** By the certificate with which each must come. */
export const tokenClients = {
  own: { id: "partner-a", subject: partner("partner-a") },
  unbound: { id: "partner-a-unbound", subject: partner("partner-a"), bound: false },
  brief: { id: "partner-a-brief", subject: partner("partner-a"), validSeconds: 1 },
  other: { id: "partner-t", subject: partner("partner-t") },
} as const satisfies Record<string, TokenClient>;

export async function startLocalTokens(folder: string, project: ProjectCopy): Promise<LocalTokens> {
  if (environment.name !== "local")
    throw new LocalError("tokens", `--with-tokens is for the environment local, got ${environment.name}`);
  const server = await startTokenServer({
    hostName: "tokens.local.example.com",
    ...{ audience: tokenAudience, scope: tokenScope, clients: Object.values(tokenClients) },
  });
  const caFile = join(folder, "token-server-ca.pem");
  writeFileSync(caFile, server.authority);
  configure(project, server.issuer, server.jwksUrl);
  return {
    server: { domain: server.hostName, port: server.port, caFile },
    trustClients: async (ca) => {
      const bucket = externalBucketName(environment.name, environment.ca.account);
      server.trust((await ca.read(bucket, externalKeys.truststore)).toString("utf8"));
    },
    close: server.close,
  };
}

/** No tolerance, so that a token of a second expires after one. */
function configure(project: ProjectCopy, issuer: string, jwksUrl: string): void {
  const anchor = "      authorizer: {\n";
  const tokens = [
    "        tokens: {",
    '          kind: "jwt",',
    `          issuer: "${issuer}",`,
    `          audience: "${tokenAudience}",`,
    `          keys: { url: "${jwksUrl}" },`,
    "          clockToleranceSeconds: 0,",
    "        },\n",
  ];
  project.edit("config/environments/local/index.ts", anchor, `${anchor}${tokens.join("\n")}`);
}
