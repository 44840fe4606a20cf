/**
 * What the private edge agrees on with the rest: header names, the secret between NGINX and the authorizer, what an
 * instance is told, and where things lie on it.
 *
 * The API stack writes `EdgeSettings` into user data (there is no secret in it) and pins the refresh program; the
 * program reads the settings by `parseEdgeSettings`, which refuses unknown keys, and whatever could be more than one
 * word of NGINX's configuration: these values end up in it.
 */
import type { CaIssuer } from "./ca-outputs.ts";
import { fail, fields, given, list, object, string } from "./strict-json.ts";

/** Only NGINX sets these; it drops a client's own. Lower case. */
export const edgeHeaders = {
  /** The client's certificate: PEM, URL-encoded (NGINX's `$ssl_client_escaped_cert`). */
  certificate: "x-client-certificate",
  /** Proof that NGINX speaks: the value of the secret's stage AWSCURRENT. */
  secret: "x-edge-secret",
  /** The client's certificate for an authorization server, by the token endpoint's proxy only; same form. */
  tokenCertificate: "x-ssl-cert",
} as const;

/**
 * For every HTTP_PROXY integration of a private API: API Gateway hands a request's headers on, and these two are not
 * the backend's business. A constant replaces them; a mapping cannot leave a header out.
 */
export const edgeHeaderRemovals = {
  [`integration.request.header.${edgeHeaders.certificate}`]: "'removed'",
  [`integration.request.header.${edgeHeaders.secret}`]: "'removed'",
} as const;

/**
 * One secret, two values during rotation: its stages AWSCURRENT and AWSPREVIOUS, which PutSecretValue moves. The value
 * is the plain text of a random string, no JSON. NGINX sends the first, the authorizer takes both.
 */
export const edgeSecretPattern = /^[A-Za-z0-9_-]{32,128}$/;

/** The server's certificate, in a secret of its own: JSON `{"certificate": PEM chain, "privateKey": PEM}`. */
export const serverCertificateKeys = ["certificate", "privateKey"] as const;

/** Where NGINX passes requests on to. */
export interface EdgeUpstream {
  /** What is looked up, at each refresh: the interface endpoint's DNS name, or the host of the configured `urlToProxy`. */
  readonly address: string;
  readonly port: number;
  /** `Host` and server name; its certificate must be for this: `<api id>.execute-api.<region>.amazonaws.com`. */
  readonly host: string;
  /** Goes before every path: the stage, `/dev`; "" for none. */
  readonly pathPrefix: string;
}

export interface EdgeSettings {
  /** Of the instance: endpoints and signatures. */
  readonly region: string;
  /** Names that the server's certificate is for; a handshake for any other is refused. Lower case. */
  readonly serverNames: readonly string[];
  readonly port: number;
  /** Answers `/health`, in clear, and nothing else. */
  readonly healthPort: number;
  /** As in the authorizer's policy. */
  readonly truststore: {
    readonly bucket: string;
    readonly region: string;
    readonly key: string;
    readonly version: string;
    readonly sha256: string;
  };
  /** As the CA's outputs name them; their CRLs lie in the truststore's bucket. Nobody else's clients get in. */
  readonly issuers: readonly CaIssuer[];
  /** Seconds since thisUpdate; an older CRL closes the door, whatever its nextUpdate says. */
  readonly maxAge: { readonly issuingSeconds: number; readonly rootSeconds: number };
  readonly serverCertificateSecretArn: string;
  readonly edgeSecretArn: string;
  readonly upstream: EdgeUpstream;
  readonly limits: EdgeLimits;
  /** Between two refreshes; the timer's too. */
  readonly refreshSeconds: number;
  /** Left out: there is none. */
  readonly tokenEndpoint?: TokenEndpoint;
}

export interface EdgeLimits {
  /** By certificate, and by address. */
  readonly requestsPerSecond: number;
  readonly burst: number;
  readonly connectionsPerAddress: number;
  readonly bodyBytes: number;
  /** For the whole head, for pauses within the body, and for pauses of whoever reads the answer. */
  readonly clientSeconds: number;
  /** As long as the upstream may think: API Gateway's 29 s and one. */
  readonly upstreamSeconds: number;
  /** A connection ends after so many requests, after so long idle, and after so long in all. */
  readonly keepAlive: {
    readonly requests: number;
    readonly idleSeconds: number;
    readonly totalSeconds: number;
  };
}

/** Hands any client's certificate to an authorization server in `x-ssl-cert`; verifies none (RFC 8705 3). */
export interface TokenEndpoint {
  readonly port: number;
  readonly upstream: EdgeUpstream;
}

export const defaultEdgeLimits: EdgeLimits = {
  requestsPerSecond: 50,
  burst: 100,
  connectionsPerAddress: 200,
  bodyBytes: 10 * 1024 * 1024,
  clientSeconds: 10,
  upstreamSeconds: 30,
  keepAlive: { requests: 1000, idleSeconds: 15, totalSeconds: 60 },
};

/** On the instance. What is secret lies in memory only (/run). */
export const edgePaths = {
  settings: "/etc/mtls-edge/settings.json",
  /** Fetches the program by version and hash. */
  installer: "/usr/local/lib/mtls-edge/install-program",
  /** The refresh program: build/edge/refresh.cjs, run by Node 22. */
  program: "/usr/local/lib/mtls-edge/refresh.cjs",
  /** One folder a state of things, and `current`, which points to the one in force. */
  runtime: "/run/mtls-edge",
  /** What must survive a restart: the highest CRL numbers seen. */
  state: "/var/lib/mtls-edge",
  log: "/var/log/mtls-edge",
  nginx: "/usr/sbin/nginx",
  /** Who signed the upstreams' certificates. */
  authorities: "/etc/pki/tls/certs/ca-bundle.crt",
  agent: "/opt/aws/amazon-cloudwatch-agent/etc/mtls-edge.json",
} as const;

/** On instances and the load balancer. */
export const edgePorts = { https: 443, health: 80 } as const;
/** Between two refreshes of an instance; a revocation counts at once with the authorizer, and with NGINX after it. */
export const edgeRefreshSeconds = 60;

/** Of the program, in the bucket of the API's policy: one object, pinned by version and hash. */
export const edgeProgramKey = "edge/refresh.cjs";

/** Files below `edgePaths.log`, and what follows the log groups' common name. JSON lines but for NGINX's own errors. */
export const edgeLogs = ["access", "error", "refresh"] as const;
export type EdgeLog = (typeof edgeLogs)[number];

/** `dev` + `api` + `access` → `/mtls-api/dev-api/edge/access`. */
export const edgeLogGroup = (environment: string, api: string, log: EdgeLog): string =>
  `/mtls-api/${environment}-${api}/edge/${log}`;

/**
 * Metrics by filters on the log groups (CloudWatch Logs filter patterns), without dimensions: the namespace is the
 * API's own. The agent adds `netstat_tcp_established` and memory to the same namespace, by instance.
 */
export const edgeMetricNamespace = (environment: string, api: string): string =>
  `mtls-api/edge/${environment}-${api}`;
export const edgeMetrics = {
  /** Seconds since thisUpdate of the oldest issuing CRL in force. */
  crlAge: { log: "refresh", name: "CrlAge", pattern: "{ $.crlAgeSeconds >= 0 }", value: "$.crlAgeSeconds" },
  /** Refreshes that failed: the old files stayed. */
  refreshFailures: {
    log: "refresh",
    name: "RefreshFailures",
    pattern: '{ $.event = "refresh-failed" }',
    value: "1",
  },
  serverErrors: { log: "access", name: "5XXError", pattern: "{ $.status >= 500 }", value: "1" },
  refusals: {
    log: "access",
    name: "Refusals",
    pattern: "{ $.status = 403 }",
    value: "1",
  },
  requests: { log: "access", name: "Requests", pattern: "{ $.status >= 100 }", value: "1" },
} as const satisfies Record<string, { log: EdgeLog; name: string; pattern: string; value: string }>;

/** The settings of a JSON text; throws with the path of the first thing that is missing, wrong or unknown. */
export function parseEdgeSettings(text: string): EdgeSettings {
  const at = "settings";
  const raw = object(JSON.parse(text), at, settingKeys, ["tokenEndpoint"]);
  const keys = [
    "generation",
    "issuingFingerprint",
    "issuingCrlKey",
    "rootFingerprint",
    "rootCrlKey",
  ] as const;
  const truststore = ["bucket", "region", "key", "version", "sha256"] as const;
  return {
    region: word(raw.region, `${at}.region`),
    serverNames: list(raw.serverNames, `${at}.serverNames`, hostName),
    port: integer(raw.port, `${at}.port`, 1, 65_535),
    healthPort: integer(raw.healthPort, `${at}.healthPort`, 1, 65_535),
    truststore: fields(raw.truststore, `${at}.truststore`, truststore, string),
    issuers: list(raw.issuers, `${at}.issuers`, (one, path) => fields(one, path, keys, string)),
    maxAge: fields(
      raw.maxAge,
      `${at}.maxAge`,
      ["issuingSeconds", "rootSeconds"] as const,
      upTo(10 * 365 * 86_400),
    ),
    serverCertificateSecretArn: string(raw.serverCertificateSecretArn, `${at}.serverCertificateSecretArn`),
    edgeSecretArn: string(raw.edgeSecretArn, `${at}.edgeSecretArn`),
    upstream: upstream(raw.upstream, `${at}.upstream`),
    limits: limits(raw.limits, `${at}.limits`),
    refreshSeconds: integer(raw.refreshSeconds, `${at}.refreshSeconds`, 1, 86_400),
    ...given(raw.tokenEndpoint, (it) => ({ tokenEndpoint: tokenEndpoint(it, `${at}.tokenEndpoint`) })),
  };
}

const settingKeys = [
  "region",
  "serverNames",
  "port",
  "healthPort",
  "truststore",
  "issuers",
  "maxAge",
  "serverCertificateSecretArn",
  "edgeSecretArn",
  "upstream",
  "limits",
  "refreshSeconds",
] as const;

function upstream(value: unknown, path: string): EdgeUpstream {
  const raw = object(value, path, ["address", "port", "host", "pathPrefix"]);
  const prefix = raw.pathPrefix;
  if (typeof prefix !== "string" || !/^(?:\/[A-Za-z0-9_][A-Za-z0-9._-]{0,127}){0,8}$/.test(prefix))
    return fail(`${path}.pathPrefix`, String(prefix), '"" or plain segments, each after a slash');
  return {
    address: hostName(raw.address, `${path}.address`),
    port: integer(raw.port, `${path}.port`, 1, 65_535),
    host: hostName(raw.host, `${path}.host`),
    pathPrefix: prefix,
  };
}

function limits(value: unknown, path: string): EdgeLimits {
  const numbers = [
    "requestsPerSecond",
    "burst",
    "connectionsPerAddress",
    "bodyBytes",
    "clientSeconds",
    "upstreamSeconds",
  ] as const;
  const raw = object(value, path, [...numbers, "keepAlive"]);
  const { keepAlive, ...rest } = raw;
  return {
    ...fields(rest, path, numbers, upTo(1_000_000_000)),
    keepAlive: fields(
      keepAlive,
      `${path}.keepAlive`,
      ["requests", "idleSeconds", "totalSeconds"] as const,
      upTo(1_000_000),
    ),
  };
}

function tokenEndpoint(value: unknown, path: string): TokenEndpoint {
  const raw = object(value, path, ["port", "upstream"]);
  return {
    port: integer(raw.port, `${path}.port`, 1, 65_535),
    upstream: upstream(raw.upstream, `${path}.upstream`),
  };
}

function hostName(value: unknown, path: string): string {
  const valid =
    typeof value === "string" &&
    value.length <= 253 &&
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(value);
  return valid ? value : fail(path, String(value), "a host name, lower case, without wildcard");
}

function word(value: unknown, path: string): string {
  return typeof value === "string" && /^[a-z0-9-]+$/.test(value)
    ? value
    : fail(path, String(value), "a word");
}

const upTo =
  (most: number) =>
  (value: unknown, path: string): number =>
    integer(value, path, 1, most);

function integer(value: unknown, path: string, least: number, most: number): number {
  return typeof value === "number" && Number.isInteger(value) && least <= value && value <= most
    ? value
    : fail(path, String(value), `a whole number from ${least} to ${most}`);
}
