/**
 * How access tokens are checked: part of the authorizer's policy.
 *
 * `answers`: what a refused token looks like to the caller. "exception" answers 401 (and 500 when the token service
 * fails) by throwing, with the one static challenge that AWS allows there; "policy" always answers with a policy,
 * that is 403, with the exact challenge. `bound`: a token without confirmation of its certificate (RFC 8705) is
 * refused; when false, a confirmation that is there still counts.
 */
import { boolean, fail, fields, list, object, oneOf, type Raw, seconds, string } from "./strict-json.ts";

interface Common {
  readonly answers: "exception" | "policy";
  readonly bound: boolean;
  readonly timeoutMilliseconds: number;
}

/** Where a secret is read at run time; never its value. */
export interface SecretReference {
  readonly store: "secrets-manager" | "parameter-store";
  /** ARN or name. */
  readonly id: string;
}

/** A public key as RFC 7517 writes it. */
export type PublicJwk = Readonly<Record<string, unknown>>;

/** JWT access tokens (RFC 9068). */
export interface JwtTokens extends Common {
  readonly kind: "jwt";
  readonly issuer: string;
  readonly audience: string;
  readonly keys: { readonly url: string } | { readonly static: readonly PublicJwk[] };
  readonly clockToleranceSeconds: number;
}

/** Token introspection (RFC 7662). */
export interface IntrospectionTokens extends Common {
  readonly kind: "introspection";
  readonly url: string;
  readonly issuer: string;
  readonly audience: string;
  readonly clockToleranceSeconds: number;
  /**
   * How we authenticate. secret: its text (RFC 6749 2.3.1). mtls: JSON `{"cert": PEM, "key": PEM}` (RFC 8705 2), with
   * `"ca": PEM` when the server's certificate is a private CA's.
   */
  readonly client: {
    readonly authentication: "secret" | "mtls";
    readonly id: string;
    readonly secret: SecretReference;
  };
}

/** Authlete's introspection. The secret is JSON: AUTHLETE_BASE_URL, AUTHLETE_SERVICE_APIKEY, AUTHLETE_SERVICE_APISECRET. */
export interface AuthleteTokens extends Common {
  readonly kind: "authlete";
  readonly version: 2 | 3;
  readonly secret: SecretReference;
  /** Also puts request, response and error of the introspection into the context, token and certificate left out. */
  readonly report: boolean;
}

export type TokenPolicy = JwtTokens | IntrospectionTokens | AuthleteTokens;

const common = ["kind", "answers", "bound", "timeoutMilliseconds"] as const;

export function parseTokenPolicy(value: unknown, path: string): TokenPolicy {
  const kind = oneOf((value as Raw | null)?.kind, `${path}.kind`, ["jwt", "introspection", "authlete"]);
  return parsers[kind](value, path);
}

const parsers: Readonly<Record<TokenPolicy["kind"], (value: unknown, path: string) => TokenPolicy>> = {
  jwt: (value, path) => {
    const raw = object(value, path, [...common, "issuer", "audience", "keys", "clockToleranceSeconds"]);
    return {
      kind: "jwt",
      ...parseCommon(raw, path),
      ...parseClaims(raw, path),
      keys: parseKeys(raw.keys, path),
    };
  },
  introspection: (value, path) => {
    const own = ["url", "issuer", "audience", "clockToleranceSeconds", "client"];
    const raw = object(value, path, [...common, ...own]);
    return {
      kind: "introspection",
      ...parseCommon(raw, path),
      ...parseClaims(raw, path),
      url: string(raw.url, `${path}.url`),
      client: parseClient(raw.client, `${path}.client`),
    };
  },
  authlete: (value, path) => {
    const raw = object(value, path, [...common, "version", "secret", "report"]);
    if (raw.version !== 2 && raw.version !== 3) return fail(`${path}.version`, String(raw.version), "2, 3");
    return {
      kind: "authlete",
      ...parseCommon(raw, path),
      version: raw.version,
      secret: parseSecret(raw.secret, `${path}.secret`),
      report: boolean(raw.report, `${path}.report`),
    };
  },
};

function parseCommon(raw: Raw, path: string): Common {
  return {
    answers: oneOf(raw.answers, `${path}.answers`, ["exception", "policy"]),
    bound: boolean(raw.bound, `${path}.bound`),
    timeoutMilliseconds: seconds(raw.timeoutMilliseconds, `${path}.timeoutMilliseconds`),
  };
}

function parseClaims(raw: Raw, path: string) {
  return {
    ...fields({ issuer: raw.issuer, audience: raw.audience }, path, ["issuer", "audience"] as const, string),
    clockToleranceSeconds: seconds(raw.clockToleranceSeconds, `${path}.clockToleranceSeconds`),
  };
}

function parseKeys(value: unknown, path: string): JwtTokens["keys"] {
  const raw = object(value, `${path}.keys`, [], ["url", "static"]);
  if (Object.keys(raw).length !== 1)
    return fail(`${path}.keys`, Object.keys(raw).join(", "), "url or static");
  if (raw.url !== undefined) return { url: string(raw.url, `${path}.keys.url`) };
  return { static: list(raw.static, `${path}.keys.static`, (one, at) => object(one, at)) };
}

function parseClient(value: unknown, path: string): IntrospectionTokens["client"] {
  const raw = object(value, path, ["authentication", "id", "secret"]);
  return {
    authentication: oneOf(raw.authentication, `${path}.authentication`, ["secret", "mtls"]),
    id: string(raw.id, `${path}.id`),
    secret: parseSecret(raw.secret, `${path}.secret`),
  };
}

function parseSecret(value: unknown, path: string): SecretReference {
  const raw = object(value, path, ["store", "id"]);
  return {
    store: oneOf(raw.store, `${path}.store`, ["secrets-manager", "parameter-store"]),
    id: string(raw.id, `${path}.id`),
  };
}
