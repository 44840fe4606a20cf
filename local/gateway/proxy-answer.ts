/**
 * What a Lambda proxy integration may answer. Anything else is malformed, and AWS answers 502.
 *
 * Headers that API Gateway keeps for itself are renamed `x-amzn-Remapped-…` or dropped, as it does.
 */
import { outgoingName } from "./answer-headers.ts";
import { maxBodyBytes } from "./received-request.ts";

export interface ProxyAnswer {
  readonly statusCode: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

export type ProxyVerdict = ProxyAnswer | { readonly malformed: string };

const keys = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"];

export function readProxyAnswer(payload: string): ProxyVerdict {
  if (Buffer.byteLength(payload) > maxBodyBytes) return { malformed: "the answer is too long" };
  let answer: unknown;
  try {
    answer = JSON.parse(payload);
  } catch {
    return { malformed: "the answer is not JSON" };
  }
  if (!isObject(answer)) return { malformed: "the answer is not an object" };
  const unknown = Object.keys(answer).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    return { malformed: `the answer has the unknown key ${JSON.stringify(unknown)}` };
  const { body, isBase64Encoded = false } = answer;
  const statusCode = Number(answer.statusCode);
  if (typeof answer.statusCode === "object" || !/^[1-5]\d\d$/.test(String(answer.statusCode)))
    return { malformed: "statusCode is not an HTTP status" };
  if (statusCode < 200) return { malformed: "statusCode is below 200" };
  if (body != null && typeof body !== "string") return { malformed: "body is not a string" };
  if (typeof isBase64Encoded !== "boolean") return { malformed: "isBase64Encoded is not a boolean" };
  const headers = readHeaders(answer.headers, answer.multiValueHeaders);
  if (typeof headers === "string") return { malformed: headers };
  return { statusCode, headers, body: body ?? "", isBase64Encoded };
}

/** A name in both maps is taken from the one with all values. */
function readHeaders(single: unknown, multiple: unknown): [string, string][] | string {
  const pairs: [string, unknown][] = [];
  if (multiple != null && !isObject(multiple)) return "multiValueHeaders is not an object";
  if (single != null && !isObject(single)) return "headers is not an object";
  for (const [name, values] of Object.entries(multiple ?? {})) {
    if (!Array.isArray(values)) return `multiValueHeaders.${name} is not a list`;
    pairs.push(...values.map((value): [string, unknown] => [name, value]));
  }
  const known = new Set(pairs.map(([name]) => name.toLowerCase()));
  for (const [name, value] of Object.entries(single ?? {}))
    if (!known.has(name.toLowerCase())) pairs.push([name, value]);
  const headers: [string, string][] = [];
  for (const [name, value] of pairs) {
    if (!["string", "number", "boolean"].includes(typeof value)) return `header ${name} has no simple value`;
    const text = String(value);
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return "a header's name is not a token";
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text))
      return `header ${name} holds characters that no header may have`;
    const outgoing = outgoingName(name);
    if (outgoing !== undefined) headers.push([outgoing, text]);
  }
  return headers;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
