/** oidc-provider as these tests need it: clients, what they get tokens for, and who may ask about tokens. */
import { generateKeyPairSync } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Adapter, AdapterPayload, ClientMetadata, Configuration } from "oidc-provider";
import { parseCertificate } from "#pki/certificate.ts";
import { certificateHeader, verifyHeader } from "./reverse-proxy.ts";

export interface TokenClient {
  readonly id: string;
  /** Its certificate's subject, by attribute. */
  readonly subject: Readonly<Record<string, string>>;
  /** false: its tokens name no certificate. */
  readonly bound?: boolean;
  readonly validSeconds?: number;
  /** Its tokens say nothing by themselves: they are introspected. Otherwise JWTs. */
  readonly opaque?: boolean;
}

/** Whom the server answers what a token is worth; two names, as a client authenticates in one way only. */
export interface Introspector {
  readonly id: string;
  readonly secret: string;
  readonly mtlsId: string;
  readonly subject: Readonly<Record<string, string>>;
}

export interface ProviderOptions {
  /** Tokens are for it when a request names no other (`resource`, RFC 8707). */
  readonly audience: string;
  readonly scope: string;
  readonly clients: readonly TokenClient[];
  readonly introspector?: Introspector;
}

const defaultSeconds = 300;

export function providerConfiguration(options: ProviderOptions): Configuration {
  const { audience, scope, clients, introspector } = options;
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = { ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "run" };
  return {
    adapter: () => new Kept(),
    clients: [...clients.map(metadata(scope)), ...(introspector ? introspectors(introspector) : [])],
    clientAuthMethods: ["tls_client_auth", "client_secret_basic"],
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
      introspection: {
        enabled: true,
        allowedPolicy: (_context, { clientId }) =>
          [introspector?.id, introspector?.mtlsId].includes(clientId),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: (_context, resource, client) => {
          const { validSeconds = defaultSeconds, opaque } =
            clients.find(({ id }) => id === client.clientId) ?? {};
          return {
            scope,
            audience: resource,
            accessTokenTTL: validSeconds,
            ...(opaque
              ? { accessTokenFormat: "opaque" }
              : { accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } } }),
          };
        },
      },
    },
  };
}

/** What the provider remembers of one kind: opaque tokens. JWTs and clients are not kept here. */
class Kept implements Adapter {
  readonly #all = new Map<string, AdapterPayload>();

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    this.#all.set(id, payload);
  }
  async find(id: string): Promise<AdapterPayload | undefined> {
    return this.#all.get(id);
  }
  async destroy(id: string): Promise<void> {
    this.#all.delete(id);
  }
  // Kinds of token that have these are not given out.
  async findByUserCode(): Promise<undefined> {}
  async findByUid(): Promise<undefined> {}
  async consume(): Promise<undefined> {}
  async revokeByGrantId(): Promise<undefined> {}
}

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

/** Who may introspect gets no tokens: the API, by a secret or by a certificate. */
const introspectors = ({ id, secret, mtlsId, subject }: Introspector): ClientMetadata[] => [
  { ...noGrants, client_id: id, token_endpoint_auth_method: "client_secret_basic", client_secret: secret },
  {
    ...{ ...noGrants, client_id: mtlsId, token_endpoint_auth_method: "tls_client_auth" },
    tls_client_auth_subject_dn: written(Object.entries(subject)),
  },
];

const noGrants = { grant_types: [], redirect_uris: [], response_types: [] };

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
