/**
 * NGINX's whole configuration, from an instance's settings and what a refresh found.
 *
 * Guarantees of the text:
 * - A request reaches the API only with a certificate that NGINX verified in this very connection, while the CRLs are
 *   fresh: everything else is refused, because refusing is the maps' default.
 * - No session is ever resumed (a resumed one would skip the CRL), connections end, unknown names get no handshake.
 * - What the client sends under a name that speaks of identity or of the way here is dropped; the certificate and the
 *   secret are set by NGINX and nobody else.
 * - No secret is in the text: it lies in a file of its own that is included.
 * Not here: who may call what, which the authorizer decides; floods of handshakes, which no directive limits.
 */
import { type EdgeSettings, type EdgeUpstream, edgeHeaders } from "#contract/private-edge.ts";
import { nginxMaps } from "./nginx-maps.ts";
import { address, indent, path, word } from "./nginx-text.ts";

export interface NginxInputs {
  readonly settings: EdgeSettings;
  /** Folder of the files that a refresh wrote: see `materialFiles`. Absolute. */
  readonly directory: string;
  readonly pidFile: string;
  readonly logDirectory: string;
  /** PEM bundle of whoever may sign the upstreams' certificates. */
  readonly authorities: string;
  /** For bodies and answers that do not fit into memory. */
  readonly temporaryDirectory: string;
  /** Left out: all addresses. */
  readonly listen?: string;
  /** Of the workers; left out: NGINX's own choice. */
  readonly user?: string;
  /** While this lasts the CRLs may be believed; outside it nobody gets in. */
  readonly listsFresh: { readonly from: Date; readonly until: Date };
  /** As the upstreams' names resolved. */
  readonly addresses: readonly string[];
  readonly tokenAddresses?: readonly string[];
}

/** What a refresh writes beside the configuration. */
export const materialFiles = {
  configuration: "nginx.conf",
  serverCertificate: "server.crt",
  serverKey: "server.key",
  /** The CA certificates whose clients get in. */
  clients: "clients.pem",
  crls: "crls.pem",
  /** One directive: the secret's header. */
  secret: "secret.conf",
} as const;

export function nginxConfiguration(inputs: NginxInputs): string {
  const { settings, user } = inputs;
  const servers = [unknownNames(inputs, settings.port), edgeServer(inputs), healthServer(inputs)];
  if (settings.tokenEndpoint)
    servers.push(
      unknownNames(inputs, settings.tokenEndpoint.port),
      tokenServer(inputs, settings.tokenEndpoint),
    );
  return `# Written by the refresh program at every change; edits are lost.
${user === undefined ? "" : `user ${word(user)};\n`}worker_processes auto;
worker_rlimit_nofile 65536;
# After a reload old workers finish what they have begun, and no longer.
worker_shutdown_timeout ${settings.limits.upstreamSeconds + settings.limits.clientSeconds}s;
pid ${path(inputs.pidFile)};
error_log ${path(`${inputs.logDirectory}/error.log`)} error;

events {
  worker_connections 8192;
}

http {
${indent([protocol(inputs), nginxMaps(inputs.listsFresh), log(inputs), upstreams(inputs), ...servers].join("\n\n"))}
}
`;
}

function protocol({ settings, authorities, temporaryDirectory }: NginxInputs): string {
  const { limits } = settings;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (one) => `${one}_temp_path ${path(`${temporaryDirectory}/${one}`)};`,
  );
  return `server_tokens off;
default_type application/json;
${temporary.join("\n")}

ssl_protocols TLSv1.2 TLSv1.3;
ssl_ciphers ${ciphers.join(":")};
ssl_prefer_server_ciphers off;
# A resumed session is not verified again, so there is none. The default server's settings count: hence for all.
ssl_session_cache off;
ssl_session_tickets off;
ssl_early_data off;

client_header_timeout ${limits.clientSeconds}s;
client_body_timeout ${limits.clientSeconds}s;
send_timeout ${limits.clientSeconds}s;
client_max_body_size ${limits.bodyBytes};
client_header_buffer_size 2k;
large_client_header_buffers 4 8k;
# An open connection outlives the certificate's revocation by this at most.
keepalive_requests ${limits.keepAlive.requests};
keepalive_timeout ${limits.keepAlive.idleSeconds}s;
keepalive_time ${limits.keepAlive.totalSeconds}s;
reset_timedout_connection on;
# X_Client_Certificate is X-Client-Certificate for many who read it.
underscores_in_headers off;
ignore_invalid_headers on;

proxy_http_version 1.1;
proxy_connect_timeout 3s;
proxy_send_timeout ${limits.clientSeconds}s;
proxy_read_timeout ${limits.upstreamSeconds}s;
proxy_next_upstream error timeout;
proxy_next_upstream_tries 2;
proxy_request_buffering on;
proxy_ssl_protocols TLSv1.2 TLSv1.3;
proxy_ssl_server_name on;
proxy_ssl_verify on;
proxy_ssl_verify_depth 4;
proxy_ssl_trusted_certificate ${path(authorities)};

limit_req_zone $ssl_client_fingerprint zone=edge_certificate:10m rate=${limits.requestsPerSecond}r/s;
limit_req_zone $binary_remote_addr zone=edge_address:10m rate=${limits.requestsPerSecond}r/s;
limit_conn_zone $binary_remote_addr zone=edge_connections:10m;
limit_req_status 429;
limit_conn_status 429;
limit_req_log_level info;
limit_conn_log_level info;`;
}

/** Forward secrecy and authenticated encryption only; TLS 1.3 has nothing else. */
const ciphers = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
];

/** Facts of the certificate, never its PEM; no query, no header of the client's. */
const logFields = {
  time: "$time_iso8601",
  requestId: "$request_id",
  remoteAddress: "$remote_addr",
  serverName: "$ssl_server_name",
  host: "$host",
  tls: "$ssl_protocol",
  cipher: "$ssl_cipher",
  resumed: "$ssl_session_reused",
  connection: "$connection",
  connectionRequests: "$connection_requests",
  method: "$request_method",
  path: "$edge_path",
  refusal: "$edge_refusal",
  verify: "$ssl_client_verify",
  lists: "$edge_lists",
  clientFingerprint: "$ssl_client_fingerprint",
  clientSerial: "$ssl_client_serial",
  clientSubject: "$ssl_client_s_dn",
  clientIssuer: "$ssl_client_i_dn",
  clientNotAfter: "$ssl_client_v_end",
  upstreamAddress: "$upstream_addr",
  upstreamStatus: "$upstream_status",
  upstreamSeconds: "$upstream_response_time",
  upstreamRequestId: "$upstream_http_x_amzn_requestid",
} as const;

const numericLogFields = {
  status: "$status",
  requestBytes: "$request_length",
  responseBytes: "$bytes_sent",
  seconds: "$request_time",
} as const;

/** The access log's columns, in their order. */
export const accessLogColumns = [...Object.keys(logFields), ...Object.keys(numericLogFields)];

function log({ logDirectory }: NginxInputs): string {
  const texts = Object.entries(logFields).map(([name, value]) => `'"${name}":"${value}"`);
  const numbers = Object.entries(numericLogFields).map(([name, value]) => `'"${name}":${value}`);
  const lines = [...texts, ...numbers].map(
    (one, index, all) => `${one}${index === all.length - 1 ? "" : ","}'`,
  );
  return `log_format edge escape=json '{'
${indent(lines.join("\n"))}
  '}';
access_log ${path(`${logDirectory}/access.log`)} edge;`;
}

function upstreams({ settings, addresses, tokenAddresses }: NginxInputs): string {
  const group = (name: string, upstream: EdgeUpstream, found: readonly string[] | undefined) => {
    if (!found || found.length === 0) throw new Error(`${upstream.address} has no address`);
    return `upstream ${name} {
${found.map((one) => `  server ${address(one)}:${upstream.port} max_fails=0;`).join("\n")}
  keepalive 64;
  keepalive_timeout 30s;
}`;
  };
  const { upstream, tokenEndpoint } = settings;
  const api = group("edge_api", upstream, addresses);
  return tokenEndpoint ? `${api}\n${group("edge_token", tokenEndpoint.upstream, tokenAddresses)}` : api;
}

/** A name that is not ours gets no handshake; a Host that is not the handshake's gets no answer of use. */
function unknownNames({ listen }: NginxInputs, port: number): string {
  return `server {
  listen ${at(listen, port)} ssl default_server backlog=4096;
  ssl_reject_handshake on;
  return 421 '{"message":"Misdirected request","code":"wrong-host","requestId":"$request_id"}';
}`;
}

function edgeServer(inputs: NginxInputs): string {
  const { settings, listen } = inputs;
  const { limits } = settings;
  return `server {
  listen ${at(listen, settings.port)} ssl;
  server_name ${settings.serverNames.join(" ")};
${indent(identity(inputs))}
  ssl_client_certificate ${path(file(inputs, "clients"))};
  ssl_crl ${path(file(inputs, "crls"))};
  ssl_verify_client optional;
  ssl_verify_depth 4;

${indent(answers)}
  error_page 495 496 =403 ${failedPath};
  # Before any location: what is refused gets no further, whatever else was wrong with it.
  if ($edge_refusal) {
    return 403 '${refusal}';
  }

  location / {
    limit_req zone=edge_certificate burst=${limits.burst} nodelay;
    limit_req zone=edge_address burst=${limits.burst} nodelay;
    limit_conn edge_connections ${limits.connectionsPerAddress};
${indent(indent(onward("edge_api", settings.upstream, [edgeHeaders.certificate, edgeHeaders.secret])))}
    proxy_set_header ${edgeHeaders.certificate} $ssl_client_escaped_cert;
    include ${path(file(inputs, "secret"))};
  }
}`;
}

const failedPath = "/.edge/failed";
const refusal = '{"message":"$edge_refusal_message","code":"$edge_refusal","requestId":"$request_id"}';

/**
 * 495 and 496 are NGINX's own for a certificate that did not verify, 494 for a head too large. An address and not a named
 * location: a request that could not be read has no path to come from.
 */
const answers = `error_page 494 =431 ${failedPath};
error_page 400 404 405 408 413 414 421 429 500 501 502 503 504 505 ${failedPath};
location = ${failedPath} {
  internal;
  return 200 '{"message":"$edge_failure_message","code":"$edge_failure","requestId":"$request_id"}';
}`;

function healthServer({ settings, listen }: NginxInputs): string {
  return `server {
  listen ${at(listen, settings.healthPort)} default_server;
  access_log off;
  location = /health {
    return 200 '';
  }
  location / {
    return 404 '';
  }
}`;
}

/** Verifies no certificate: what it is worth is for the authorization server to say (RFC 8705 3). */
function tokenServer(
  inputs: NginxInputs,
  { port, upstream }: NonNullable<EdgeSettings["tokenEndpoint"]>,
): string {
  const { settings, listen } = inputs;
  const { limits } = settings;
  return `server {
  listen ${at(listen, port)} ssl;
  server_name ${settings.serverNames.join(" ")};
${indent(identity(inputs))}
  ssl_verify_client optional_no_ca;

${indent(answers)}
  # Whatever could be verified of it, and failed: an expired one, above all.
  error_page 495 496 =403 ${failedPath};
  location / {
    limit_req zone=edge_address burst=${limits.burst} nodelay;
    limit_conn edge_connections ${limits.connectionsPerAddress};
${indent(indent(onward("edge_token", upstream, [edgeHeaders.tokenCertificate])))}
    proxy_set_header ${edgeHeaders.tokenCertificate} $ssl_client_escaped_cert;
  }
}`;
}

const identity = (inputs: NginxInputs): string =>
  `ssl_certificate ${path(file(inputs, "serverCertificate"))};
ssl_certificate_key ${path(file(inputs, "serverKey"))};`;

/**
 * The path goes on as NGINX understood it, normalised, so that nobody behind reads another one out of it. A header with
 * an empty value is not sent.
 */
function onward(group: string, { host, pathPrefix }: EdgeUpstream, set: readonly string[]): string {
  const unset = Object.values(edgeHeaders).filter((name) => !set.includes(name));
  const dropped = [...droppedHeaders, ...unset].map((name) => `proxy_set_header ${name} "";`);
  return `proxy_pass https://${group}${pathPrefix}/;
proxy_ssl_name ${host};
proxy_set_header Host ${host};
proxy_set_header Connection "";
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Proto https;
proxy_set_header X-Forwarded-Port $server_port;
${dropped.join("\n")}`;
}

/**
 * Names under which proxies and servers pass on who called, from where and for what; and those by which API Gateway
 * would take another API or another method than the Host and the request line say.
 */
export const droppedHeaders: readonly string[] = [
  "Forwarded",
  "X-Forwarded",
  "X-Forwarded-Host",
  "X-Forwarded-Server",
  "X-Forwarded-Prefix",
  "X-Forwarded-Client-Cert",
  "X-Real-IP",
  "X-Client-IP",
  "X-Cluster-Client-IP",
  "X-Original-Host",
  "X-Original-URL",
  "X-Rewrite-URL",
  "X-Host",
  "True-Client-IP",
  "CF-Connecting-IP",
  "Via",
  "X-Ssl-Client-Cert",
  "X-Ssl-Client-Verify",
  "X-Client-Cert",
  "X-Client-Verify",
  "X-ARR-ClientCert",
  "Ssl-Client-Cert",
  "Client-Cert",
  "Client-Cert-Chain",
  "X-Amzn-Mtls-Clientcert",
  "X-Amzn-Mtls-Clientcert-Leaf",
  "X-Amzn-Mtls-Clientcert-Serial-Number",
  "X-Amzn-Mtls-Clientcert-Subject",
  "X-Amzn-Mtls-Clientcert-Issuer",
  "X-Amzn-Mtls-Clientcert-Validity",
  "X-Amz-Cf-Id",
  "X-Apigw-Api-Id",
  "X-HTTP-Method-Override",
  "Proxy",
  "TE",
  "Trailer",
  "Upgrade",
];

const file = ({ directory }: NginxInputs, name: keyof typeof materialFiles): string =>
  `${directory}/${materialFiles[name]}`;

const at = (listen: string | undefined, port: number): string =>
  listen === undefined ? String(port) : `${address(listen)}:${port}`;
