/**
 * The token by which a backend knows that a request came through authorizer and API: a JWT of at most a minute, signed
 * (ES256) with a KMS key of the API account, its public half in a JWKS that the configured principals read.
 *
 * It says who calls (`sub`, and the certificate's thumbprint in a claim of our own: `cnf` would speak of the
 * connection on which the backend gets it), and for what: method and path. It does not cover query and body, and
 * within `keptSeconds` the same caller's same request carries the same token: a backend cannot tell a replay by it.
 */
import { fields, string } from "./strict-json.ts";

/** A request that brings it itself is denied; the integration sets it. */
export const backendTokenHeader = "X-Backend-Token";

/** Under this key the authorizer hands it to the integration. */
export const backendTokenKey = "backendToken";

export const backendTokenTimes = {
  validSeconds: 60,
  /** So that KMS is not asked for every call: its quota is 1,000 ECC signatures a second, account and region. */
  keptSeconds: 30,
} as const;

export const jwksKey = "jwks.json";

export interface BackendClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
  /** RFC 7515 x5t#S256 of the client's certificate. */
  readonly client_certificate_sha256: string;
  readonly method: string;
  /** As the backend gets it. */
  readonly path: string;
  /** On routes that ask for scopes: those of the client's own token. */
  readonly scope?: string;
}

/** What the authorizer must know to sign: part of its policy. */
export interface BackendPolicy {
  readonly keyArn: string;
  /** `kid` of the JWKS. */
  readonly keyId: string;
  readonly issuer: string;
  readonly audience: string;
}

export const parseBackendPolicy = (value: unknown, path: string): BackendPolicy =>
  fields(value, path, ["keyArn", "keyId", "issuer", "audience"] as const, string);
