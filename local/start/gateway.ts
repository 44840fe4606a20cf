/**
 * The gateways as a run of ours uses them: one a domain, all on one port; their authority in a file, what they tell kept
 * for checks and people.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Connection } from "#aws/connection.ts";
import type { Telling } from "../gateway/answering.ts";
import { connectToAws } from "../gateway/aws-port.ts";
import { Entrance } from "../gateway/entrance.ts";
import type { GatewayRecord } from "../gateway/gateway-record.ts";
import type { LocalBackends } from "../gateway/http-integration.ts";
import { type Gateway, startGateway } from "../gateway/server.ts";
import { makeServerCertificate } from "../gateway/server-certificate.ts";
import { Usage } from "../gateway/usage.ts";

export type Answered = Extract<GatewayRecord, { event: "answered" }>;

export interface ReadingGateway {
  readonly port: number;
  /** PEM file of the server's authority. */
  readonly caFile: string;
  /** The latest requests that were answered, whatever the domain, oldest first. */
  records(): readonly Answered[];
  onAccess(listener: (line: string) => void): void;
  /** Where another gateway of the same environment tells what it does. */
  logOf(host: string): Telling["log"];
  /** Of all its gateways: a client's calls count together, whichever way they come. */
  readonly usage: Usage;
  /** Id and stage of the API behind the first domain. */
  deployedApi(): { readonly apiId: string; readonly stage: string };
  reload(): Promise<void>;
  /** May be called again. */
  close(): Promise<void>;
}

export interface GatewayDomain {
  readonly domainName: string;
  readonly region: string;
  readonly connection: Connection;
  /** Whoever gives the domain its truststore must be able to read it. */
  readonly domainOwner: Connection;
}

export interface GatewaySettings {
  readonly domains: readonly GatewayDomain[];
  readonly backends: LocalBackends;
  readonly folder: string;
  readonly port: number;
}

const keptRecords = 5_000;

export async function startReadingGateway(settings: GatewaySettings): Promise<ReadingGateway> {
  const told = new Told(settings.domains[0]?.domainName ?? "");
  const entrance = new Entrance();
  const usage = new Usage();
  const logOf = (host: string): Telling["log"] => ({
    record: (one) => told.record(host, one),
    access: (line) => told.access(line),
  });
  const { authority, of } = identities(settings.domains);
  const gateways: Gateway[] = [];
  const close = async () => {
    await entrance.close();
    await Promise.all(gateways.map((one) => one.close()));
  };
  const port = await entrance.listen(settings.port);
  try {
    for (const domain of settings.domains)
      gateways.push(
        await startGateway({
          ...{ entrance, domainName: domain.domainName, backends: settings.backends, usage },
          aws: connectToAws(domain.connection, domain.domainOwner),
          serverCertificate: of(domain),
          log: logOf(domain.domainName),
        }),
      );
  } catch (error) {
    await close();
    throw error;
  }
  mkdirSync(settings.folder, { recursive: true });
  const caFile = join(settings.folder, "server-ca.pem");
  writeFileSync(caFile, authority);
  let closed: Promise<void> | undefined;
  return {
    ...{ port, caFile, logOf, usage },
    records: () => told.answered,
    onAccess: (listener) => void told.listeners.push(listener),
    deployedApi: () => told.deployedApi,
    reload: async () => void (await Promise.all(gateways.map((one) => one.reload()))),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

/** One authority for all domains; each gateway gets the certificates of its own names. */
function identities(domains: readonly GatewayDomain[]) {
  const namesOf = ({ domainName, region }: GatewayDomain) => [
    domainName,
    `*.execute-api.${region}.amazonaws.com`,
  ];
  const all = makeServerCertificate(domains.flatMap(namesOf), new Date());
  const of = (domain: GatewayDomain) => ({
    authority: all.authority,
    identities: namesOf(domain).flatMap((name) => all.identities.find((one) => one.name === name) ?? []),
  });
  return { authority: all.authority, of };
}

/** What the gateways have told. */
class Told {
  readonly answered: Answered[] = [];
  readonly listeners: ((line: string) => void)[] = [];
  readonly #first: string;
  #deployment = "";

  constructor(first: string) {
    this.#first = first;
  }

  get deployedApi(): { readonly apiId: string; readonly stage: string } {
    const [apiId = "", stage = ""] = this.#deployment.split("/");
    return { apiId, stage };
  }

  access(line: string): void {
    for (const listener of this.listeners) listener(line);
  }

  record(domainName: string, one: GatewayRecord): void {
    if (one.event === "configured" && domainName === this.#first) this.#deployment = one.deployments[0] ?? "";
    if (one.event === "failed")
      process.stderr.write(`gateway of ${domainName}: ${one.what}: ${one.message}\n`);
    if (one.event !== "answered") return;
    this.answered.push(one);
    if (this.answered.length > keptRecords) this.answered.shift();
  }
}
