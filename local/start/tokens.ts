/**
 * The token server of the local API: started before the deployment, because the configuration names its addresses,
 * and made to trust the CA's clients after it, when there is a CA. The run's own copy of the configuration is edited.
 */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AccountTools } from "#aws/account-tools.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { externalBucketName } from "#contract/names.ts";
import type { IntrospectionTokens, JwtTokens, TokenPolicy } from "#contract/token-policy.ts";
import type { Server } from "../check/curl.ts";
import type { Introspector, TokenClient } from "../token-server/provider-configuration.ts";
import { startTokenServer, type TokenServer } from "../token-server/token-server.ts";
import { api, environment } from "./local-environment.ts";
import { LocalError } from "./local-error.ts";
import type { ProjectCopy } from "./project-copy.ts";

export interface LocalTokens {
  /** As curl calls it. */
  readonly server: Server;
  /** As the authorizer asks it. */
  readonly service: TokenServer;
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
  opaque: { id: "partner-a-opaque", subject: partner("partner-a"), opaque: true },
  opaqueUnbound: {
    ...{ id: "partner-a-opaque-unbound", subject: partner("partner-a"), bound: false, opaque: true },
  },
  opaqueBrief: {
    ...{ id: "partner-a-opaque-brief", subject: partner("partner-a"), validSeconds: 1, opaque: true },
  },
} as const satisfies Record<string, TokenClient>;

/** Who introspects for the API, with a secret of this run or a certificate of the CA. */
export const introspector: Introspector = {
  id: "api",
  secret: randomBytes(24).toString("base64url"),
  mtlsId: "api-mtls",
  subject: partner("introspection"),
};

/** JWT: `--with-tokens`. Introspection: what a check deploys, which asks the most of a deployment. */
export type LocalTokenKind = "jwt" | "introspection";

export async function startLocalTokens(
  folder: string,
  project: ProjectCopy,
  kind: LocalTokenKind,
): Promise<LocalTokens> {
  if (environment.name !== "local")
    throw new LocalError("tokens", `--with-tokens is for the environment local, got ${environment.name}`);
  const service = await startTokenServer({
    hostName: "tokens.local.example.com",
    ...{ audience: tokenAudience, scope: tokenScope, clients: Object.values(tokenClients), introspector },
  });
  const caFile = join(folder, "token-server-ca.pem");
  writeFileSync(caFile, service.authority);
  configure(project, kind === "jwt" ? jwtTokens(service) : introspectionTokens(service));
  return {
    server: { domain: service.hostName, port: service.port, caFile },
    service,
    trustClients: async (ca) => {
      const bucket = externalBucketName(environment.name, environment.ca.account);
      service.trust((await ca.read(bucket, externalKeys.truststore)).toString("utf8"));
    },
    close: service.close,
  };
}

const common = { answers: "exception", bound: true, timeoutMilliseconds: 1_500 } as const;
/** No tolerance, so that a token of a second expires after one. */
const claims = ({ issuer }: TokenServer) => ({
  ...{ issuer, audience: tokenAudience, clockToleranceSeconds: 0 },
});

export const jwtTokens = (service: TokenServer): JwtTokens => ({
  ...{ kind: "jwt", ...common, ...claims(service), keys: { url: service.jwksUrl } },
});

/** The one secret that the deployed authorizer may read. */
export const tokenSecret = { store: "secrets-manager", id: "tokens/client" } as const;

export const introspectionTokens = (service: TokenServer): IntrospectionTokens => ({
  ...{ kind: "introspection", ...common, ...claims(service), url: service.introspectionUrl },
  client: { authentication: "secret", id: introspector.id, secret: tokenSecret },
});

function configure(project: ProjectCopy, tokens: TokenPolicy): void {
  const anchor = "      authorizer: {\n";
  const text = `${anchor}        tokens: ${JSON.stringify(tokens)},\n`;
  project.edit("config/environments/local/index.ts", anchor, text);
}
