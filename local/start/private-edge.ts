/**
 * The private edge on this machine, as it is deployed: the private API behind a gateway of its own, and an instance in
 * front of it that knows what the launch template tells it. The values of both secrets are the operator's part.
 */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Connection } from "#aws/connection.ts";
import { DeployedApi } from "#aws/deployed-api.ts";
import { readLaunchTemplate } from "#aws/launch-template.ts";
import { SecretTools } from "#aws/secret-tools.ts";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { edgeSecretName, stackNames } from "#contract/names.ts";
import type { EdgeSettings } from "#contract/private-edge.ts";
import type { EmbeddedAws } from "../aws/start.ts";
import type { Server } from "../check/curl.ts";
import { freePorts } from "../free-ports.ts";
import { connectToPrivateApi } from "../gateway/aws-port.ts";
import type { LocalBackends } from "../gateway/http-integration.ts";
import { type PrivateGateway, startPrivateGateway } from "../gateway/private-gateway.ts";
import { makeServerCertificate } from "../gateway/server-certificate.ts";
import { type EdgeInstance, startEdgeInstance, whyNoInstance } from "../instance/edge-instance.ts";
import { readUserData } from "../instance/read-user-data.ts";
import type { TokenServer } from "../token-server/token-server.ts";
import type { ReadingGateway } from "./gateway.ts";
import { onEnd } from "./interrupt.ts";
import { LocalError } from "./local-error.ts";
import type { Steps } from "./steps.ts";

export interface LocalPrivateEdge {
  /** NGINX, as callers inside the network find it. */
  readonly server: Server;
  /** Its second port, where the configuration has one. */
  readonly tokenServer?: Server;
  /** The private API as NGINX finds it: whoever knows the port is "in the network". */
  readonly gateway: { readonly server: Server; readonly stage: string; readonly reload: () => Promise<void> };
  readonly instance: EdgeInstance;
  readonly logs: string;
  /** As an instance refresh: another one begins, by the template as it is now. */
  replace(): Promise<void>;
  /** May be called again. */
  close(): Promise<void>;
}

export interface PrivateEdgeOptions {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
  readonly aws: EmbeddedAws;
  /** A root of the API's account. */
  readonly connection: Connection;
  readonly gateway: ReadingGateway;
  readonly backends: LocalBackends;
  readonly tokens?: TokenServer;
  readonly folder: string;
  readonly logs: string;
}

/** Undefined, and told, where it cannot run; where the API has none, nothing is told. */
export async function privateEdgeHere(
  steps: Steps,
  options: PrivateEdgeOptions,
): Promise<LocalPrivateEdge | undefined> {
  if (!options.api.privateEdge) return undefined;
  const why = whyNoInstance();
  if (why) process.stderr.write(`- private edge left out: ${why}\n`);
  if (why) return undefined;
  return await steps.run("private edge, as deployed", async () => {
    const started = await startPrivateEdge(options);
    onEnd("the private edge", () => started.close());
    return started;
  });
}

/** Nobody listens there: what the token endpoint leads to without a token server. */
const nobody = { edgePort: 1, authority: "" };

async function startPrivateEdge(options: PrivateEdgeOptions): Promise<LocalPrivateEdge> {
  const { environment, api, connection, folder, tokens = nobody } = options;
  const { privateEdge } = api;
  if (!privateEdge || privateEdge.urlToProxy)
    throw new LocalError("configuration", `${api.name}: only a private edge with a private API runs here`);
  const secrets = new SecretTools(connection);
  const authority = await giveCertificate(secrets, privateEdge);
  await secrets.put(edgeSecretName(environment.name, api.name), randomBytes(48).toString("base64url"));
  const template = () => readLaunchTemplate(connection, `${stackNames.api(environment.name, api.name)}-edge`);
  const gateway = await startGateway(options, readUserData((await template()).userData).settings);
  try {
    const [https = 0, health = 0, tokenPort = 0] = await freePorts(3);
    const begin = async () =>
      startEdgeInstance({
        ...{ template: await template(), aws: options.aws },
        ...{ folder: join(folder, "instance"), logs: options.logs },
        ports: { https, health, upstream: gateway.port, tokens: tokenPort, tokenUpstream: tokens.edgePort },
        authorities: gateway.authority + tokens.authority,
      });
    return running({ gateway, authority, first: await begin(), begin }, options);
  } catch (error) {
    await gateway.close();
    throw error;
  }
}

/**
 * As an operator does it: a new value of the secret. The authority lasts as long as the run; its key, and the server's,
 * are nowhere else. Returns the authority, PEM.
 */
async function giveCertificate(
  secrets: SecretTools,
  { serverName, serverCertificate }: NonNullable<ApiEnvironment["privateEdge"]>,
): Promise<string> {
  const { authority, identities } = makeServerCertificate([serverName], new Date());
  const [own] = identities;
  const value = JSON.stringify({ certificate: own?.certificate, privateKey: own?.key });
  await secrets.put(serverCertificate.secret, value);
  return authority;
}

/** By what NGINX is told of it: the API's id is in the host, the stage is the path. */
async function startGateway(
  { connection, gateway, backends, api }: PrivateEdgeOptions,
  { upstream }: EdgeSettings,
): Promise<PrivateGateway> {
  const [apiId = ""] = upstream.host.split(".");
  const stage = upstream.pathPrefix.slice(1);
  const { apis } = await new DeployedApi(connection).readPrivate(apiId, stage, api.account);
  const [endpointId, ...others] = apis[0]?.privateTo ?? [];
  if (!endpointId || others.length > 0)
    throw new LocalError("configuration", `the API ${apiId} is not private to exactly one endpoint`);
  return await startPrivateGateway({
    aws: connectToPrivateApi(connection, { apiId, stage, endpointId }),
    ...{ backends, usage: gateway.usage, log: gateway.logOf(upstream.host) },
  });
}

interface Running {
  readonly gateway: PrivateGateway;
  /** Of the server's certificate, PEM. */
  readonly authority: string;
  readonly first: EdgeInstance;
  readonly begin: () => Promise<EdgeInstance>;
}

function running(
  { gateway, authority, first, begin }: Running,
  { folder, logs }: PrivateEdgeOptions,
): LocalPrivateEdge {
  const caFile = join(folder, "edge-ca.pem");
  const gatewayCaFile = join(folder, "private-api-ca.pem");
  writeFileSync(caFile, authority);
  writeFileSync(gatewayCaFile, gateway.authority);
  const { settings, told } = first;
  const [domain = ""] = settings.serverNames;
  const { tokenEndpoint } = settings;
  let instance = first;
  let closed: Promise<void> | undefined;
  return {
    server: { domain, port: settings.port, caFile },
    ...(tokenEndpoint ? { tokenServer: { domain, port: tokenEndpoint.port, caFile } } : {}),
    gateway: {
      server: { domain: gateway.host, port: gateway.port, caFile: gatewayCaFile },
      stage: told.upstream.pathPrefix,
      reload: () => gateway.reload(),
    },
    logs,
    get instance() {
      return instance;
    },
    replace: async () => {
      await instance.close();
      instance = await begin();
    },
    close: () => {
      closed ??= instance.close().finally(() => gateway.close());
      return closed;
    },
  };
}
