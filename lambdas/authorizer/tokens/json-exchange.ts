/**
 * Asks another service for JSON: within a deadline, 256 KB and no redirects; an answer that is no JSON object, or
 * does not say that it is JSON, is a failure of the service.
 */
import { createExchange, type ExchangeOptions } from "#aws/bounded-exchange.ts";
import { hostOf, secureUrl } from "#aws/function-credentials.ts";

export type JsonObject = Readonly<Record<string, unknown>>;
export type JsonAnswer = { readonly json: JsonObject } | { readonly failed: string };

export interface JsonRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** POSTed when it is there. */
  readonly body?: string;
}
export type JsonExchange = (request: JsonRequest) => Promise<JsonAnswer>;

const maxBytes = 256 * 1024;
const json = /^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i;

/** Throws when the URL is neither https nor loopback; `what` names it. */
export function createJsonExchange(
  address: string,
  what: string,
  options: Omit<ExchangeOptions, "plain">,
): JsonExchange {
  const url = secureUrl(address, what);
  const exchange = createExchange({ plain: url.protocol === "http:", ...options });
  const target = { ...hostOf(url), path: `${url.pathname}${url.search}`, maxBytes };
  return async ({ headers, body }) => {
    const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    const reply = await exchange({
      ...target,
      method: body === undefined ? "GET" : "POST",
      headers: { Accept: "application/json", ...length, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    if (reply.kind === "unavailable") return { failed: reply.reason };
    if (reply.kind === "too-large") return { failed: `more than ${maxBytes} bytes` };
    if (reply.status !== 200) return { failed: `status ${reply.status}` };
    if (!json.test(reply.headers["content-type"] ?? "")) return { failed: "no JSON content type" };
    return parsed(reply.body);
  };
}

function parsed(body: Buffer): JsonAnswer {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return { json: value as JsonObject };
  } catch {
    // Said below: the text itself may hold anything.
  }
  return { failed: "no JSON object" };
}
