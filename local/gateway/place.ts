/**
 * Which API and stage a request is for, by the host that it names and the way it came in. Everything that is not
 * exactly the mutual-TLS domain (or an execute-api address that was left open) is Forbidden (FACTS 1).
 *
 * What AWS does when the name in the handshake and the Host header differ is not known: refused here.
 */
import type { DeployedDomain, DeployedRestApi, DeployedStage } from "#aws/deployed-api-model.ts";
import { type Reason, reason } from "./reason.ts";
import { type RequestHead, valuesOf } from "./received-request.ts";
import type { Visitor } from "./tls.ts";

export interface Place {
  readonly api: DeployedRestApi;
  readonly stage: DeployedStage;
  /** The path within the API, from its first slash on. */
  readonly path: string;
}

export const executeApiHost = (apiId: string, region: string): string =>
  `${apiId}.execute-api.${region}.amazonaws.com`;

export function findPlace(domain: DeployedDomain, visitor: Visitor, head: RequestHead): Place | Reason {
  const { host } = head;
  if (visitor.endpoint) return byEndpoint(domain, visitor.endpoint.vpceId, head);
  const domainName = domain.domainName.toLowerCase();
  if (visitor.byDomain)
    return host === domainName
      ? byBasePath(domain, head.path)
      : reason("wrong-host", `Host is ${host}, the connection was made to ${domainName}`);
  if (host === domainName)
    return reason(
      "wrong-host",
      `Host is ${host}, the connection was made to ${visitor.serverName ?? "no name"}`,
    );
  const api = domain.apis.find(({ id }) => executeApiHost(id, domain.region) === host);
  if (!api) return reason("unknown-server-name", `nothing is deployed under ${host}`);
  if (api.privateTo) return reason("private-api", `${host} can be called through its endpoints only`);
  if (api.disableExecuteApiEndpoint) return reason("execute-api-disabled", `${host} is disabled`);
  return byStage(api, head.path);
}

/** By the API's address as Host, or by its id in a header, as an endpoint without private DNS names is called. */
function byEndpoint(domain: DeployedDomain, vpceId: string, head: RequestHead): Place | Reason {
  const named = valuesOf(head.headers, "x-apigw-api-id");
  const api = domain.apis.find(({ id }) =>
    named.length > 0
      ? named.length === 1 && named[0] === id
      : executeApiHost(id, domain.region) === head.host,
  );
  if (!api) return reason("wrong-host", `no API of this account is called ${head.host}`);
  if (!api.privateTo) return reason("private-api", `${head.host} is no private API`);
  if (api.privateTo.length > 0 && !api.privateTo.includes(vpceId))
    return reason("private-api", `${head.host} does not know the endpoint ${vpceId}`);
  return byStage(api, head.path);
}

/** The longest base path that the path starts with. */
function byBasePath(domain: DeployedDomain, path: string): Place | Reason {
  const mapping = [...domain.mappings]
    .sort((a, b) => b.basePath.length - a.basePath.length)
    .find(({ basePath }) => basePath === "" || path === `/${basePath}` || path.startsWith(`/${basePath}/`));
  const api = domain.apis.find(({ id }) => id === mapping?.apiId);
  if (!mapping || !api) return reason("no-base-path-mapping", "no base path mapping fits the path");
  const rest = (mapping.basePath === "" ? path : path.slice(mapping.basePath.length + 1)) || "/";
  if (mapping.stage === undefined) return byStage(api, rest);
  const stage = api.stages.find(({ name }) => name === mapping.stage);
  return stage
    ? { api, stage, path: rest }
    : reason("no-base-path-mapping", `stage ${mapping.stage} is not deployed`);
}

function byStage(api: DeployedRestApi, path: string): Place | Reason {
  const [, name = "", rest = ""] = /^\/([^/]*)(.*)$/s.exec(path) ?? [];
  const stage = api.stages.find((one) => one.name === name);
  return stage
    ? { api, stage, path: rest || "/" }
    : reason("no-base-path-mapping", "the path names no stage");
}
