/**
 * Answers `GET /cust-info/v1/data?seed=…&count=…`: the same messages for the same seed and count. What is neither
 * left out nor as documented is answered 400, and never repeated.
 */
import { crossOriginOf } from "#contract/cross-origin.ts";
import { interactionIdOf } from "#contract/interaction-id.ts";
import { messagesOf } from "./messages.ts";

interface Event {
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[]>> | null;
}

interface ProxyResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const defaults = { seed: "example", count: "10" } as const;
const allowed = { seed: /^[A-Za-z0-9_-]{1,64}$/, count: /^(?:[1-9]\d?|100)$/ } as const;

export async function handler(event: Event): Promise<ProxyResult> {
  const { headers, ...answered } = respond(event);
  return { ...answered, headers: { ...headers, ...interactionIdOf(event), ...crossOriginOf(event) } };
}

function respond(event: Event): ProxyResult {
  const query = event.multiValueQueryStringParameters ?? {};
  const value = (name: keyof typeof allowed): string | undefined => {
    const values = Object.hasOwn(query, name) ? (query[name] ?? []) : [defaults[name]];
    return values.length === 1 && allowed[name].test(values[0] ?? "") ? values[0] : undefined;
  };
  const seed = value("seed");
  const count = value("count");
  if (seed === undefined) return answer(400, { message: "seed: letters, digits, _ and -, at most 64, once" });
  if (count === undefined) return answer(400, { message: "count: a number from 1 to 100, once" });
  const messages = messagesOf(seed, Number(count));
  const bad = messages.filter(({ attributes }) => attributes.quality === "bad").length;
  return answer(200, { status: bad === 0 ? "ok" : "partial", total: messages.length, bad, messages });
}

const answer = (statusCode: number, body: object): ProxyResult => ({
  statusCode,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});
