/**
 * Takes the edge's two headers out of an event, so that nothing behind (hooks, audit lines, faults) can see or pass
 * them on.
 *
 * Each must be there exactly once, whatever the spelling (`X_Client_Certificate` is one too for many): of two, which
 * one NGINX set would be a guess. API Gateway gives all values in multiValueHeaders and the last in headers.
 */
import { edgeHeaders } from "#contract/private-edge.ts";
import { valueAt } from "../authorizer/event.ts";

export interface EdgeHeaders {
  /** Undefined: not exactly one text. */
  readonly certificate: string | undefined;
  readonly secret: string | undefined;
}

export interface TakenEvent extends EdgeHeaders {
  /** The event without both. */
  readonly event: unknown;
}

export function takeEdgeHeaders(event: unknown): TakenEvent {
  const certificate = onlyValue(event, edgeHeaders.certificate);
  const secret = onlyValue(event, edgeHeaders.secret);
  return { certificate, secret, event: without(event, [edgeHeaders.certificate, edgeHeaders.secret]) };
}

const maps = ["headers", "multiValueHeaders"] as const;

function onlyValue(event: unknown, name: string): string | undefined {
  const single = named(valueAt(event, "headers"), name);
  const multiple = named(valueAt(event, "multiValueHeaders"), name).flat();
  const [value] = multiple;
  const once = multiple.length === 1 && single.length === 1 && single[0] === value;
  return once && typeof value === "string" && value !== "" ? value : undefined;
}

function without(event: unknown, names: readonly string[]): unknown {
  if (typeof event !== "object" || event === null) return event;
  const rest = { ...event } as Record<string, unknown>;
  for (const where of maps) {
    const headers = rest[where];
    if (typeof headers !== "object" || headers === null) continue;
    rest[where] = Object.fromEntries(
      Object.entries(headers).filter(([name]) => !names.some((one) => spelling(one) === spelling(name))),
    );
  }
  return rest;
}

function named(headers: unknown, name: string): unknown[] {
  if (typeof headers !== "object" || headers === null) return [];
  return Object.entries(headers)
    .filter(([one]) => spelling(one) === spelling(name))
    .map(([, value]) => value);
}

const spelling = (name: string): string => name.toLowerCase().replaceAll("_", "-").trim();
