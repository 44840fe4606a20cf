/**
 * Which API and stage a request is for, by the host that it names and the way it came in. Everything that is not
 * exactly the mutual-TLS domain (or an execute-api address that was left open) is Forbidden (FACTS 1).
 *
 * What AWS does when the name in the handshake and the Host header differ is not known: refused here.
 */
import type { DeployedDomain, DeployedRestApi, DeployedStage } from "#aws/deployed-api-model.ts";
import { type Reason, reason } from "./reason.ts";
import type { RequestHead } from "./received-request.ts";
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
  if (api.disableExecuteApiEndpoint) return reason("execute-api-disabled", `${host} is disabled`);
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
