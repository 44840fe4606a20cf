/**
 * Cross-origin requests (Fetch standard, CORS protocol), for routes that ask for them and APIs whose configuration
 * names the one origin; all others say nothing, and browsers then hand no answer on.
 *
 * A client certificate is a credential: pages must call with `credentials: "include"`, which allows no `*` anywhere.
 * The preflight is a row like any other (certificate, rules); no token, as a browser sends none with it.
 */
import type { Route } from "./routes.ts";

export interface CrossOrigin {
  /** What a page may send beyond the safelisted headers. */
  readonly headers: readonly string[];
  /** How long a browser may remember the preflight's answer. */
  readonly maxAgeSeconds: number;
}

/** Under this name functions find the origin among the stage's variables; a backend must know it itself. */
export const originVariable = "crossOrigin";

/** What a function whose route asks adds to its answer; nothing where the API names no origin. */
export function crossOriginOf(event: unknown): Readonly<Record<string, string>> {
  const variables = (event as { readonly stageVariables?: Readonly<Record<string, unknown>> | null } | null)
    ?.stageVariables;
  const origin = variables?.[originVariable];
  return typeof origin === "string" && origin !== "" ? originHeaders(origin) : {};
}

/** On every answer that a page may read. */
export const originHeaders = (origin: string): Readonly<Record<string, string>> => ({
  "Access-Control-Allow-Origin": origin,
  "Access-Control-Allow-Credentials": "true",
});

/** The `OPTIONS` row of every path that has a route which asks. */
export function preflights(all: readonly Route[], methods: readonly string[]): Route[] {
  const asking = all.filter(({ cors }) => cors !== undefined);
  return [...new Set(asking.map(({ path }) => path))].map((path) => {
    const rows = asking.filter((one) => one.path === path);
    const allowed = rows.flatMap(({ method }) =>
      method === "ANY" ? methods.filter((one) => one !== "OPTIONS") : [method],
    );
    const headers = [...new Set(rows.flatMap(({ cors }) => cors?.headers ?? []))];
    const maxAgeSeconds = Math.min(...rows.map(({ cors }) => cors?.maxAgeSeconds ?? 0));
    return {
      method: "OPTIONS",
      path,
      summary: `What a browser asks before a page may call ${path}`,
      mock: {
        status: 204,
        headers: {
          "Access-Control-Allow-Methods": [...new Set(allowed)].join(", "),
          ...(headers.length > 0 ? { "Access-Control-Allow-Headers": headers.join(", ") } : {}),
          "Access-Control-Max-Age": String(maxAgeSeconds),
        },
      },
      tokens: "none",
      scopes: "none",
      cors: { headers, maxAgeSeconds },
    };
  });
}
