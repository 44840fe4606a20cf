/** The text alone; what NGINX makes of it is in test/edge/. */
import { edgeHeaders } from "#contract/private-edge.ts";
import { accessLogColumns, type NginxInputs, nginxConfiguration } from "#edge/nginx-configuration.ts";
import { sampleSettings, tokenEndpoint } from "./settings.ts";

const inputs: NginxInputs = {
  settings: sampleSettings,
  directory: "/run/mtls-edge/g-0123456789abcdef",
  pidFile: "/run/mtls-edge/nginx.pid",
  logDirectory: "/var/log/mtls-edge",
  authorities: "/etc/pki/tls/certs/ca-bundle.crt",
  temporaryDirectory: "/run/mtls-edge/tmp",
  user: "nginx",
  listsFresh: { from: new Date("2026-06-01T12:00:00Z"), until: new Date("2026-06-01T12:30:00Z") },
  addresses: ["10.0.1.5", "10.0.2.5"],
};
const text = nginxConfiguration(inputs);
const withTokens = nginxConfiguration({
  ...inputs,
  settings: { ...sampleSettings, tokenEndpoint },
  tokenAddresses: ["192.0.2.1"],
});

/** The block that begins with these words, by its braces. */
function block(all: string, begin: string): string {
  const start = all.indexOf(begin);
  expect(start).toBeGreaterThanOrEqual(0);
  let depth = 0;
  for (let i = all.indexOf("{", start); i < all.length; i++) {
    if (all[i] === "{") depth++;
    if (all[i] === "}" && --depth === 0) return all.slice(start, i + 1);
  }
  throw new Error("an open block");
}

test("refusing is the default: SUCCESS with fresh lists is the only way through", () => {
  const refusal = block(text, 'map "$edge_lists $ssl_client_verify" $edge_refusal');
  expect(refusal).toContain('default "issuer-not-accepted";');
  expect(refusal.match(/ "";/g)).toHaveLength(1);
  expect(refusal).toContain('"fresh SUCCESS" "";');
  expect(block(text, "map $msec $edge_lists")).toContain('default "stale";');
});

test.each([
  "ssl_protocols TLSv1.2 TLSv1.3;",
  "ssl_session_cache off;",
  "ssl_session_tickets off;",
  "ssl_reject_handshake on;",
  "ssl_verify_client optional;",
  "ssl_crl /run/mtls-edge/g-0123456789abcdef/crls.pem;",
  "underscores_in_headers off;",
  "proxy_ssl_verify on;",
  "proxy_ssl_server_name on;",
  "client_max_body_size 10485760;",
  "keepalive_time 60s;",
  "keepalive_requests 1000;",
  "server 10.0.1.5:443 max_fails=0;",
  "proxy_pass https://edge_api/dev/;",
  "proxy_ssl_name a1b2c3d4e5.execute-api.eu-west-2.amazonaws.com;",
  "proxy_set_header Host a1b2c3d4e5.execute-api.eu-west-2.amazonaws.com;",
  "limit_req zone=edge_certificate burst=100 nodelay;",
])("says %s", (directive) => {
  expect(text).toContain(directive);
});

test("each port has a default server that rejects handshakes", () => {
  expect(text.match(/listen 443 ssl default_server/g)).toHaveLength(1);
  expect(withTokens.match(/listen 8443 ssl default_server/g)).toHaveLength(1);
  expect(withTokens.match(/ssl_reject_handshake on;/g)).toHaveLength(2);
});

test("without a token endpoint no server takes unverified certificates", () => {
  expect(text).not.toContain("optional_no_ca");
  expect(withTokens.match(/optional_no_ca/g)).toHaveLength(1);
});

test("every location that passes on sets or drops each of the edge's headers, once", () => {
  for (const upstream of ["edge_api", "edge_token"]) {
    const start = withTokens.indexOf(`proxy_pass https://${upstream}`);
    const location = withTokens.slice(start, withTokens.indexOf("}", start));
    for (const name of Object.values(edgeHeaders)) {
      const own = location.match(new RegExp(`proxy_set_header ${name} `, "g")) ?? [];
      const included = upstream === "edge_api" && name === edgeHeaders.secret ? 1 : 0;
      expect([upstream, name, own.length]).toEqual([upstream, name, 1 - included]);
    }
  }
});

test("the access log's columns are each there once, and none holds PEM or a header of the client's", () => {
  const format = text.slice(text.indexOf("log_format"), text.indexOf("access_log "));
  for (const name of accessLogColumns) expect(format.split(`"${name}":`)).toHaveLength(2);
  expect(format).not.toMatch(/escaped_cert|raw_cert|\$http_|\$request_uri|\$args|\$request\b/);
});

test.each<[string, Partial<NginxInputs>]>([
  ["an address with a directive", { addresses: ["127.0.0.1; return 200"] }],
  ["an address that is a name", { addresses: ["example.com"] }],
  ["no addresses", { addresses: [] }],
  ["a folder with a space", { directory: "/run/mtls edge" }],
  ["a folder with a variable", { directory: "/run/$host" }],
  ["a relative path", { logDirectory: "log" }],
  ["a user that is two words", { user: "nginx; daemon on" }],
])("%s is refused", (_, change) => {
  expect(() => nginxConfiguration({ ...inputs, ...change })).toThrow();
});
