/** The gateway as a run of ours uses it: its authority in a file, what it tells kept for checks and people. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Connection } from "#aws/connection.ts";
import { connectToAws } from "../gateway/aws-port.ts";
import type { GatewayRecord } from "../gateway/gateway-record.ts";
import type { LocalBackends } from "../gateway/http-integration.ts";
import { startGateway } from "../gateway/server.ts";

export type Answered = Extract<GatewayRecord, { event: "answered" }>;

export interface ReadingGateway {
  readonly port: number;
  /** PEM file of the server's authority. */
  readonly caFile: string;
  /** The latest requests that it answered, oldest first. */
  records(): readonly Answered[];
  onAccess(listener: (line: string) => void): void;
  /** Id and stage of the API behind the domain. */
  deployedApi(): { readonly apiId: string; readonly stage: string };
  reload(): Promise<void>;
  /** May be called again. */
  close(): Promise<void>;
}

export interface GatewaySettings {
  readonly connection: Connection;
  /** Whoever gives the domain its truststore must be able to read it. */
  readonly domainOwner: Connection;
  readonly domainName: string;
  readonly backends: LocalBackends;
  readonly folder: string;
  readonly port: number;
}

const keptRecords = 5_000;

export async function startReadingGateway(settings: GatewaySettings): Promise<ReadingGateway> {
  const answered: Answered[] = [];
  const listeners: ((line: string) => void)[] = [];
  let deployment = "";
  let closed: Promise<void> | undefined;
  const record = (one: GatewayRecord) => {
    if (one.event === "configured") deployment = one.deployments[0] ?? "";
    if (one.event === "failed") process.stderr.write(`gateway: ${one.what}: ${one.message}\n`);
    if (one.event !== "answered") return;
    answered.push(one);
    if (answered.length > keptRecords) answered.shift();
  };
  const gateway = await startGateway({
    aws: connectToAws(settings.connection, settings.domainOwner),
    domainName: settings.domainName,
    backends: settings.backends,
    port: settings.port,
    log: { record, access: (line) => listeners.forEach((listener) => void listener(line)) },
  });
  mkdirSync(settings.folder, { recursive: true });
  const caFile = join(settings.folder, "server-ca.pem");
  writeFileSync(caFile, gateway.authority);
  return {
    port: gateway.port,
    caFile,
    records: () => answered,
    onAccess: (listener) => void listeners.push(listener),
    deployedApi: () => {
      const [apiId = "", stage = ""] = deployment.split("/");
      return { apiId, stage };
    },
    reload: () => gateway.reload(),
    close: () => {
      closed ??= gateway.close();
      return closed;
    },
  };
}
