/**
 * An authorization server for tests: certificate-bound access tokens (RFC 8705), JWT (RFC 9068) or opaque, for clients
 * that authenticate by mutual TLS, and introspection (RFC 7662) for the API; behind a reverse proxy that hands
 * certificates on. On loopback, keys of this run.
 *
 * Not for production: anybody on this machine who finds its inner port can say which certificate he has.
 */
import { createServer } from "node:http";
import { makeServerCertificate } from "../gateway/server-certificate.ts";
import { close, listen } from "../loopback.ts";
import { type ProviderOptions, providerConfiguration } from "./provider-configuration.ts";
import { createEdgeBackend, createReverseProxy, type ServerIdentity } from "./reverse-proxy.ts";

export interface TokenServerOptions extends ProviderOptions {
  readonly hostName: string;
}

export interface TokenServer {
  readonly hostName: string;
  readonly port: number;
  /** Behind the private edge's token endpoint, which hands certificates on. */
  readonly edgePort: number;
  readonly issuer: string;
  /** Public keys, by http on loopback. */
  readonly jwksUrl: string;
  /** By http on loopback, for who has a secret. */
  readonly introspectionUrl: string;
  /** By mutual TLS, for who has a certificate. */
  readonly mtlsIntrospectionUrl: string;
  /** PEM of whoever signed its certificate. */
  readonly authority: string;
  /** Whose clients it takes, PEM; nobody's before. */
  readonly trust: (truststore: string) => void;
  readonly close: () => Promise<void>;
}

/** oidc-provider's own path. */
const introspection = "/token/introspection";

export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { hostName } = options;
  // Functions do not know the host's name; every machine knows its own.
  const { authority, identities } = makeServerCertificate([hostName, "localhost"], new Date());
  let inner = 0;
  const proxy = createReverseProxy(identities, () => inner);
  const port = await listen(proxy.server);
  const behindEdge = createEdgeBackend(identities[0] as ServerIdentity, () => inner);
  const edgePort = await listen(behindEdge.server);
  const issuer = `https://${hostName}:${port}`;
  const Provider = await loadProvider();
  const provider = new Provider(issuer, providerConfiguration(options));
  // Host and scheme are the proxy's.
  provider.proxy = true;
  const server = createServer(provider.callback());
  inner = await listen(server);
  return {
    ...{ hostName, port, edgePort, issuer, authority },
    trust: (truststore) => {
      proxy.trust(truststore);
      behindEdge.trust(truststore);
    },
    jwksUrl: `http://127.0.0.1:${inner}/jwks`,
    introspectionUrl: `http://127.0.0.1:${inner}${introspection}`,
    mtlsIntrospectionUrl: `https://localhost:${port}${introspection}`,
    close: async () => {
      await close(proxy.server);
      await close(behindEdge.server);
      await close(server);
    },
  };
}

/**
 * Loaded for those who want tokens: it takes its time. Below Node 22 it warns as it loads; what is used of it here works
 * on 20 too, as the tests show. Whatever else it says is heard.
 */
async function loadProvider(): Promise<typeof import("oidc-provider")["Provider"]> {
  const { warn } = console;
  console.warn = (...words: unknown[]) => {
    if (!/Unsupported runtime/.test(String(words[0]))) warn(...words);
  };
  try {
    return (await import("oidc-provider")).Provider;
  } finally {
    console.warn = warn;
  }
}
