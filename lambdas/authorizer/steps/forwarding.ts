/**
 * Part of step 0: what would be passed on to a backend, and that the request does not bring a backend token itself.
 *
 * A token that a client brings could get through if the context lacked ours. Path parameters are held to characters
 * that have one spelling (RFC 3986 2.3): what the token says of the path is then what the backend gets, whatever is
 * decoded, encoded or normalised on the way. No traversal, no encoded slash.
 */
import { backendTokenHeader } from "#contract/backend-token.ts";
import { methods, parametersOf, type Route } from "#contract/routes.ts";
import { deny, type Outcome, pass } from "../decision.ts";
import { textAt, valueAt } from "../event.ts";

export interface Forwarding {
  readonly method: string;
  /** As the backend gets it. */
  readonly path: string;
}

/** Undefined on a route that a function answers. */
export function forwarding(event: unknown, route: Route): Outcome<Forwarding | undefined> {
  if (bringsToken(event)) return deny("backend-token-given");
  if (route.backend === undefined) return pass(undefined);
  const method = methods.find((one) => one === textAt(event, "httpMethod"));
  if (!method) return deny("unknown-route", "method");
  const values = new Map<string, string>();
  for (const name of parametersOf(route.backend)) {
    const value = textAt(event, "pathParameters", name);
    if (value === undefined || !isPlain(value)) return deny("path-not-plain");
    values.set(name, value);
  }
  const path = route.backend.replace(/\{([A-Za-z0-9]+)\}/g, (_, name: string) => values.get(name) ?? "");
  return pass({ method, path });
}

const isPlain = (value: string): boolean =>
  /^[A-Za-z0-9\-._~]{1,128}$/.test(value) && value !== "." && value !== "..";

/** Under any spelling: many servers take `_` for `-`. */
function bringsToken(event: unknown): boolean {
  return ["headers", "multiValueHeaders"].some((where) => {
    const headers = valueAt(event, where);
    if (typeof headers !== "object" || headers === null) return false;
    return Object.keys(headers).some((name) => spelling(name) === spelling(backendTokenHeader));
  });
}

const spelling = (name: string): string => name.toLowerCase().replaceAll("_", "-").trim();
