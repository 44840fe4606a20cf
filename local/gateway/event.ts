/**
 * The parts that the authorizer's event and the proxy integration's have in common (payload version 1): headers
 * and parameters, once with the last value and once with all.
 */
import type { Exchange } from "./exchange.ts";
import { type Header, valuesOf } from "./received-request.ts";

export interface EventParameters {
  readonly headers: Readonly<Record<string, string>>;
  readonly multiValueHeaders: Readonly<Record<string, readonly string[]>>;
  readonly queryStringParameters: Readonly<Record<string, string>>;
  readonly multiValueQueryStringParameters: Readonly<Record<string, readonly string[]>>;
}

export function eventParameters(exchange: Exchange): EventParameters {
  const multiValueHeaders = group(eventHeaders(exchange), (name) => name.toLowerCase());
  const multiValueQueryStringParameters = group(queryPairs(exchange.request.query), (name) => name);
  return {
    headers: lastValues(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: lastValues(multiValueQueryStringParameters),
    multiValueQueryStringParameters,
  };
}

export function queryPairs(query: string | undefined): [string, string][] {
  return [...new URLSearchParams(query ?? "")];
}

/** What API Gateway itself says of the way here: a client's own words on it are replaced. */
const ours = new Set(["host", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-amzn-trace-id"]);

/** Belong to one connection, and end at the gateway. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "te",
  "trailer",
  "upgrade",
  "expect",
]);

/** The headers that go on from here, as API Gateway hands them on. */
export function eventHeaders({ request, visitor, host, ids }: Exchange): Header[] {
  const own = request.headers.filter(
    ([name]) => !ours.has(name.toLowerCase()) && !hopByHop.has(name.toLowerCase()),
  );
  return [
    ...own,
    // On AWS the port is 443 and the client writes none; this one is only the local door's.
    ["Host", host],
    ["X-Amzn-Trace-Id", ids.traceId],
    ["X-Forwarded-For", [...valuesOf(request.headers, "x-forwarded-for"), visitor.sourceIp].join(", ")],
    ["X-Forwarded-Port", "443"],
    ["X-Forwarded-Proto", "https"],
  ];
}

/** Without a prototype: `__proto__` is a name like any other. The first spelling of a name stays. */
function group(pairs: readonly Header[], keyOf: (name: string) => string): Record<string, string[]> {
  const all: Record<string, string[]> = Object.create(null);
  const spelling = new Map<string, string>();
  for (const [name, value] of pairs) {
    const known = spelling.get(keyOf(name)) ?? name;
    spelling.set(keyOf(name), known);
    all[known] = [...(all[known] ?? []), value];
  }
  return all;
}

function lastValues(all: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  const last: Record<string, string> = Object.create(null);
  for (const [name, values] of Object.entries(all)) last[name] = values.at(-1) ?? "";
  return last;
}
