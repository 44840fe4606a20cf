/**
 * `requestParameters` of an integration: what of the request goes where. Only what our stacks can deploy is known;
 * any other expression is an error of the configuration, never a guess.
 */
import { queryPairs } from "./event.ts";
import { contextVariable, type Exchange, lastHeader } from "./exchange.ts";

export interface MappedRequest {
  readonly path: ReadonlyMap<string, string>;
  readonly headers: ReadonlyMap<string, string>;
}

export type MappingVerdict = MappedRequest | { readonly unknown: string };

/** A source without a value maps nothing, as on AWS. */
export function mapRequest(parameters: Readonly<Record<string, string>>, exchange: Exchange): MappingVerdict {
  const path = new Map<string, string>();
  const headers = new Map<string, string>();
  for (const [target, source] of Object.entries(parameters)) {
    const [, place, name] = /^integration\.request\.(path|header)\.(.+)$/.exec(target) ?? [];
    const read = reader(source);
    if (!place || !name || !read) return { unknown: `${target} = ${source}` };
    const value = read(exchange);
    if (value !== undefined) (place === "path" ? path : headers).set(name, value);
  }
  return { path, headers };
}

function reader(source: string): ((exchange: Exchange) => string | undefined) | undefined {
  const literal = /^'(.*)'$/.exec(source)?.[1];
  if (literal !== undefined) return () => literal;
  const [, from, name = ""] =
    /^(method\.request\.(?:path|header|querystring)|context|stageVariables)\.(.+)$/.exec(source) ?? [];
  if (from === "method.request.path") return ({ route }) => own(route?.pathParameters, name);
  if (from === "method.request.header") return ({ request }) => lastHeader(request, name);
  if (from === "method.request.querystring")
    return ({ request }) => queryPairs(request.query).findLast(([one]) => one === name)?.[1];
  if (from === "context") return (exchange) => contextVariable(exchange, name);
  return from === "stageVariables" ? ({ stage }) => own(stage.variables, name) : undefined;
}

const own = (values: Readonly<Record<string, string>> | undefined, name: string): string | undefined =>
  values && Object.hasOwn(values, name) ? values[name] : undefined;
