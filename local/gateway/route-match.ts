/**
 * Which resource and method a request reaches, as API Gateway decides: an exact segment before `{param}`, that
 * before `{proxy+}`; a method's own name before `ANY`.
 *
 * Segments are compared as they were sent, neither decoded nor normalised: `%61pi`, `.`, `..` and empty segments
 * match no exact name. Where AWS is kinder than this, a call is refused here that AWS would take, never the reverse.
 */
import type { DeployedMethod, DeployedResource } from "#aws/deployed-api-model.ts";

export interface RouteMatch {
  readonly resource: DeployedResource;
  readonly method: DeployedMethod;
  readonly pathParameters: Readonly<Record<string, string>>;
}

export type RouteVerdict = RouteMatch | { readonly missing: "resource" | "method" | "encoding" };

export function matchRoute(
  resources: readonly DeployedResource[],
  httpMethod: string,
  path: string,
): RouteVerdict {
  const segments = path === "/" ? [] : path.slice(1).split("/");
  const found = resources
    .flatMap((resource) => {
      const match = matchTemplate(templateSegments(resource.path), segments);
      return match ? [{ resource, ...match }] : [];
    })
    .sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))[0];
  if (!found) return { missing: "resource" };
  const { methods } = found.resource;
  const method =
    methods.find((one) => one.httpMethod === httpMethod) ?? methods.find((one) => one.httpMethod === "ANY");
  if (!method) return { missing: "method" };
  const pathParameters = decodeAll(found.raw);
  return pathParameters ? { resource: found.resource, method, pathParameters } : { missing: "encoding" };
}

interface TemplateMatch {
  /** Compared as text, segment by segment: 0 exact, 1 parameter, 2 greedy. */
  readonly rank: string;
  readonly raw: readonly (readonly [name: string, value: string])[];
}

function matchTemplate(template: readonly string[], segments: readonly string[]): TemplateMatch | undefined {
  const raw: [string, string][] = [];
  let rank = "";
  for (const [i, part] of template.entries()) {
    const greedy = /^\{(.+)\+\}$/.exec(part)?.[1];
    if (greedy !== undefined) {
      if (i >= segments.length || segments[i] === "") return undefined;
      raw.push([greedy, segments.slice(i).join("/")]);
      return { rank: `${rank}2`, raw };
    }
    const segment = segments[i];
    if (segment === undefined) return undefined;
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name === undefined && part !== segment) return undefined;
    if (name !== undefined) {
      if (segment === "") return undefined;
      raw.push([name, segment]);
    }
    rank += name === undefined ? "0" : "1";
  }
  return template.length === segments.length ? { rank, raw } : undefined;
}

const templateSegments = (path: string): string[] => (path === "/" ? [] : path.slice(1).split("/"));

/** Undefined when a percent sign is followed by no byte of UTF-8. */
function decodeAll(raw: TemplateMatch["raw"]): Record<string, string> | undefined {
  try {
    return Object.fromEntries(raw.map(([name, value]) => [name, decodeURIComponent(value)]));
  } catch {
    return undefined;
  }
}
