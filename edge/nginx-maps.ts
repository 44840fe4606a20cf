/**
 * NGINX's maps: whether a request is refused, and in which words.
 *
 * Guarantees: refusing is the default. What NGINX says of the handshake opens by SUCCESS alone, and only while the lists
 * are fresh by the clock; each refusal has a code of the API's own.
 */
import { type ProblemCode, problems } from "#contract/problems.ts";
import { quoted } from "./nginx-text.ts";
import { timeWindow } from "./time-window.ts";

/** What NGINX says of the handshake → why the request is refused. The first that fits; SUCCESS alone opens. */
const refusals: readonly (readonly [pattern: string, code: ProblemCode])[] = [
  ["~ NONE$", "no-certificate"],
  ["~ FAILED:certificate revoked$", "revoked"],
  ["~ FAILED:certificate (has expired|is not yet valid)$", "certificate-not-valid-now"],
  ["~ FAILED:unsuitable certificate purpose$", "certificate-not-for-clients"],
  ["~ FAILED:unsupported certificate purpose$", "certificate-not-for-clients"],
  ["~CRL", "revocation-unknown"],
  ["~^stale ", "revocation-unknown"],
];

/** NGINX's own refusals: status → what is told, in the words of the API's. */
const failures: readonly (readonly [status: number, code: string, message: string])[] = [
  [400, "request-malformed", "Bad request"],
  [403, "certificate-not-valid-now", "The client certificate is not valid now."],
  [404, "not-found", "Not found"],
  [405, "method-not-allowed", "Method not allowed"],
  [408, "request-timeout", "Request time-out"],
  [413, "request-too-large", "Request too long"],
  [414, "request-too-large", "Request too long"],
  [429, "throttled", "Too many requests"],
  [431, "request-too-large", "Request too long"],
  [502, "integration-failed", "Bad gateway"],
  [504, "integration-timeout", "Gateway time-out"],
];

export function nginxMaps(listsFresh: { readonly from: Date; readonly until: Date }): string {
  const codes = [...new Set(refusals.map(([, code]) => code)), "issuer-not-accepted" as const];
  return `# Fresh by the clock: a CRL's age closes the door even when nothing refreshes it any more.
${map(
  "$msec",
  "$edge_lists",
  "stale",
  timeWindow(listsFresh.from, listsFresh.until).map((one) => [one, "fresh"]),
)}
${map('"$edge_lists $ssl_client_verify"', "$edge_refusal", "issuer-not-accepted", [["fresh SUCCESS", ""], ...refusals])}
${map(
  "$edge_refusal",
  "$edge_refusal_message",
  "The request is not admitted.",
  codes.map((code) => [code, problems[code].message]),
)}
${map(
  "$status",
  "$edge_failure",
  "fault",
  failures.map(([status, code]) => [String(status), code]),
)}
${map(
  "$status",
  "$edge_failure_message",
  "Internal server error",
  failures.map(([status, , message]) => [String(status), message]),
)}
# A query may hold what should not be in a log.
${map("$request_uri", "$edge_path", "-", [["~^(?<edge_path_only>[^?]*)", "$edge_path_only"]])}`;
}

function map(
  source: string,
  target: string,
  otherwise: string,
  rows: readonly (readonly [string, string])[],
): string {
  const lines = rows.map(([from, to]) => `  ${quoted(from)} ${quoted(to)};`);
  return `map ${source} ${target} {\n${[`  default ${quoted(otherwise)};`, ...lines].join("\n")}\n}`;
}
