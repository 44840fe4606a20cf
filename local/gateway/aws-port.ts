/** What the gateway needs of AWS. Tests give it a deployed API in memory; `connectToAws` the real one. */
import { randomUUID } from "node:crypto";
import { AccessLogGroup } from "#aws/access-log-group.ts";
import { callerAccount } from "#aws/caller.ts";
import type { Connection } from "#aws/connection.ts";
import { DeployedApi } from "#aws/deployed-api.ts";
import type { DeployedDomain } from "#aws/deployed-api-model.ts";
import { DeployedFirewalls, type DeployedWebAcl } from "#aws/deployed-firewall.ts";
import { DeployedFunctions, type Invocation } from "#aws/deployed-function.ts";
import { type DeployedUsagePlan, DeployedUsagePlans } from "#aws/deployed-usage-plans.ts";
import { TruststoreObjects } from "#aws/truststore-object.ts";
import { type DeployedVpcEndpoint, readVpcEndpoint } from "#aws/vpc-endpoint.ts";

export interface GatewayAws {
  readDomain(domainName: string): Promise<DeployedDomain>;
  readTruststore(uri: string, version: string | undefined): Promise<string>;
  /** Undefined: the stage has none. */
  readWebAcl(stageArn: string): Promise<DeployedWebAcl | undefined>;
  readUsagePlans(): Promise<readonly DeployedUsagePlan[]>;
  readFunctionPolicy(functionArn: string): Promise<string | undefined>;
  invoke(functionArn: string, event: string, signal: AbortSignal): Promise<Invocation>;
  /** Left out: access-log lines go to the caller only. */
  writeAccessLog?(destinationArn: string, line: string, at: Date): Promise<void>;
}

/**
 * `connection` is one of the API's account that may do there what the service API Gateway does; `domainOwner` is who
 * gave the domain its truststore, which is read with that one's permissions.
 */
export function connectToAws(connection: Connection, domainOwner: Connection): GatewayAws {
  const api = new DeployedApi(connection);
  const firewalls = new DeployedFirewalls(connection);
  const usagePlans = new DeployedUsagePlans(connection);
  const functions = new DeployedFunctions(connection);
  const truststores = new TruststoreObjects(domainOwner);
  const accessLog = new AccessLogGroup(connection, `gateway-${randomUUID()}`);
  let account: Promise<string> | undefined;
  return {
    async readDomain(domainName) {
      account ??= callerAccount(connection);
      return await api.read(domainName, await account);
    },
    readTruststore: (uri, version) => truststores.read(uri, version),
    readWebAcl: (stageArn) => firewalls.read(stageArn),
    readUsagePlans: () => usagePlans.read(),
    readFunctionPolicy: (functionArn) => functions.policy(functionArn),
    invoke: (functionArn, event, signal) => functions.invoke(functionArn, event, signal),
    writeAccessLog: (destinationArn, line, at) => accessLog.write(destinationArn, line, at),
  };
}

/** The same for the private side, whose domain is the API and stage that are served, whatever name is asked for. */
export interface PrivateGatewayAws extends GatewayAws {
  readEndpoint(): Promise<DeployedVpcEndpoint>;
}

/** `connection` as above, of the private API's account; there is no truststore: NGINX has it. */
export function connectToPrivateApi(
  connection: Connection,
  served: { readonly apiId: string; readonly stage: string; readonly endpointId: string },
): PrivateGatewayAws {
  const api = new DeployedApi(connection);
  let account: Promise<string> | undefined;
  return {
    ...connectToAws(connection, connection),
    async readDomain() {
      account ??= callerAccount(connection);
      return await api.readPrivate(served.apiId, served.stage, await account);
    },
    readEndpoint: () => readVpcEndpoint(connection, served.endpointId),
  };
}
