/**
 * An authorization server for tests: certificate-bound JWT access tokens (RFC 8705, RFC 9068) for clients that
 * authenticate by mutual TLS, behind a reverse proxy that hands their certificates on. On loopback, keys of this run.
 *
 * Not for production: anybody on this machine who finds its inner port can say which certificate he has.
 */
import { generateKeyPairSync } from "node:crypto";
import { createServer, type Server as HttpServer, type IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Adapter, ClientMetadata, Configuration } from "oidc-provider";
import { parseCertificate } from "#pki/certificate.ts";
import { makeServerCertificate } from "../gateway/server-certificate.ts";
import { certificateHeader, createReverseProxy, verifyHeader } from "./reverse-proxy.ts";

export interface TokenClient {
  readonly id: string;
  /** Its certificate's subject, by attribute. */
  readonly subject: Readonly<Record<string, string>>;
  /** false: its tokens name no certificate. */
  readonly bound?: boolean;
  readonly validSeconds?: number;
}

export interface TokenServerOptions {
  readonly hostName: string;
  /** Tokens are for it when a request names no other (`resource`, RFC 8707). */
  readonly audience: string;
  readonly scope: string;
  readonly clients: readonly TokenClient[];
}

export interface TokenServer {
  readonly hostName: string;
  readonly port: number;
  readonly issuer: string;
  /** Public keys, by http on loopback. */
  readonly jwksUrl: string;
  /** PEM of whoever signed its certificate. */
  readonly authority: string;
  /** Whose clients it takes, PEM; nobody's before. */
  readonly trust: (truststore: string) => void;
  readonly close: () => Promise<void>;
}

export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { hostName } = options;
  const { authority, identities } = makeServerCertificate([hostName], new Date());
  const [identity] = identities;
  if (!identity) throw new Error("a certificate for one name has one identity");
  let inner = 0;
  const proxy = createReverseProxy(identity, () => inner);
  const port = await listen(proxy.server);
  const issuer = `https://${hostName}:${port}`;
  // Loaded for those who want tokens: it takes its time, and has opinions on Node's version.
  const { Provider } = await import("oidc-provider");
  const provider = new Provider(issuer, configuration(options));
  // Host and scheme are the proxy's.
  provider.proxy = true;
  const server = createServer(provider.callback());
  inner = await listen(server);
  return {
    ...{ hostName, port, issuer, authority, trust: proxy.trust },
    jwksUrl: `http://127.0.0.1:${inner}/jwks`,
    close: async () => {
      await close(proxy.server);
      await close(server);
    },
  };
}

const defaultSeconds = 300;

function configuration({ audience, scope, clients }: TokenServerOptions): Configuration {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = { ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "run" };
  return {
    adapter: () => nothingKept,
    clients: clients.map(metadata(scope)),
    clientAuthMethods: ["tls_client_auth"],
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    jwks: { keys: [key as never] },
    scopes: [scope],
    ttl: { ClientCredentials: (_context, token) => token.resourceServer?.accessTokenTTL ?? defaultSeconds },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        tlsClientAuth: true,
        getCertificate: ({ req }) => certificateOf(req)?.pem,
        certificateAuthorized: ({ req }) => req.headers[verifyHeader] === "SUCCESS",
        certificateSubjectMatches: ({ req }, property, expected) =>
          property === "tls_client_auth_subject_dn" && certificateOf(req)?.subject === expected,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: (_context, resource, client) => ({
          scope,
          audience: resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: clients.find(({ id }) => id === client.clientId)?.validSeconds ?? defaultSeconds,
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
  };
}

/** Tokens are JWTs and clients are configured: there is nothing to remember. */
const nothingKept: Adapter = {
  upsert: async () => undefined,
  find: async () => undefined,
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
};

const metadata =
  (scope: string) =>
  ({ id, subject, bound = true }: TokenClient): ClientMetadata => ({
    client_id: id,
    token_endpoint_auth_method: "tls_client_auth",
    tls_client_auth_subject_dn: written(Object.entries(subject)),
    tls_client_certificate_bound_access_tokens: bound,
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
    scope,
  });

function certificateOf(request: IncomingMessage): { pem: string; subject: string } | undefined {
  const header = request.headers[certificateHeader];
  if (typeof header !== "string") return undefined;
  const { subject } = parseCertificate(Buffer.from(header, "base64"));
  return {
    pem: `-----BEGIN CERTIFICATE-----\n${header}\n-----END CERTIFICATE-----\n`,
    subject: written(subject.attributes.map(({ type, value }) => [type, value])),
  };
}

/** All attributes, whatever their order in the certificate; for the plain values of this machine's clients. */
const written = (attributes: readonly (readonly [string, string])[]): string =>
  attributes
    .map(([type, value]) => `${type}=${value}`)
    .sort()
    .join(",");

async function listen(server: HttpServer | HttpsServer): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function close(server: HttpServer | HttpsServer): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
