/**
 * One instance of the private edge on this machine: what its user data says, with its own credentials from instance
 * metadata. The refresh program is the deployed one, by version and hash; NGINX is started by its first success, and a
 * timer runs it as often as the settings say.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AccountTools } from "#aws/account-tools.ts";
import type { Connection } from "#aws/connection.ts";
import { instanceEnvironment } from "#aws/instance-credentials.ts";
import type { DeployedLaunchTemplate } from "#aws/launch-template.ts";
import type { EdgeSettings } from "#contract/private-edge.ts";
import type { PinnedProgram } from "#edge/instance/user-data.ts";
import type { RefreshResult } from "#edge/refresh/refresh.ts";
import { type InstanceMetadata, startInstanceMetadata } from "./instance-metadata.ts";
import { type MachinePorts, onThisMachine } from "./on-this-machine.ts";
import { readUserData } from "./read-user-data.ts";
import { nginxPath, RunningNginx } from "./running-nginx.ts";

export interface EdgeInstanceOptions {
  readonly template: DeployedLaunchTemplate;
  /** The endpoint of AWS and who signed its certificate, a PEM file. */
  readonly aws: { readonly endpoint: string; readonly port: number; readonly ca: string };
  readonly ports: MachinePorts;
  /** For what on AWS lies below /etc, /usr/local, /run and /var/lib. Only its owner reads it. */
  readonly folder: string;
  readonly logs: string;
  /** PEM of whoever signed the certificates of the upstreams. */
  readonly authorities: string;
}

export interface EdgeInstance {
  /** In clear, as everybody on it reads it. */
  readonly userData: string;
  /** As deployed, and as they are used here. */
  readonly told: EdgeSettings;
  readonly settings: EdgeSettings;
  /** As the instance's role. */
  readonly connection: Connection;
  /** Of the files that NGINX reads now. */
  readonly material: string;
  /** As the timer does it, now; what comes after meets what it installed. */
  refresh(): Promise<RefreshResult>;
  /** NGINX has ended, by itself or by `close`. */
  readonly whenEnded: Promise<void>;
  /** May be called again. */
  close(): Promise<void>;
}

/** Rejects, with nothing left running, when the first refresh fails. */
export async function startEdgeInstance(options: EdgeInstanceOptions): Promise<EdgeInstance> {
  const { aws, template } = options;
  const told = readUserData(template.userData);
  const authority = readFileSync(aws.ca, "utf8");
  const metadata = await startInstanceMetadata({ port: aws.port, authority }, template.instanceProfileArn);
  let instance: LocalInstance | undefined;
  try {
    const { region } = told.program;
    const connection = connectionBy(metadata, { region, endpoint: aws.endpoint, endpointCa: authority });
    const program = await fetchProgram(told.program, connection);
    instance = new LocalInstance(options, told.settings, { metadata, connection, program });
    await instance.start();
    return instance;
  } catch (error) {
    await (instance ?? metadata).close();
    throw error;
  }
}

/** Asked anew for each session, as the program does. */
const connectionBy = (
  { url }: InstanceMetadata,
  { region, ...where }: Omit<Connection, "credentials">,
): Connection => ({
  ...{ region, ...where },
  credentials: async () => {
    const got = await instanceEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: url }, region);
    return {
      accessKeyId: got.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: got.AWS_SECRET_ACCESS_KEY ?? "",
      sessionToken: got.AWS_SESSION_TOKEN ?? "",
    };
  },
});

/** What install-program does on an instance. */
async function fetchProgram(pinned: PinnedProgram, connection: Connection): Promise<Buffer> {
  const { bucket, key, version } = pinned;
  const bytes = await new AccountTools(connection).read(bucket, key, version).catch((cause: Error) => {
    throw new Error(`the refresh program ${bucket}/${key}, version ${version}: ${cause.message}`, { cause });
  });
  const got = createHash("sha256").update(bytes).digest("hex");
  if (got !== pinned.sha256)
    throw new Error(`the refresh program's SHA-256 is ${got}, pinned is ${pinned.sha256}`);
  return bytes;
}

interface Parts {
  readonly metadata: InstanceMetadata;
  readonly connection: Connection;
  readonly program: Buffer;
}

class LocalInstance implements EdgeInstance {
  readonly told: EdgeSettings;
  readonly settings: EdgeSettings;
  readonly #options: EdgeInstanceOptions;
  readonly #parts: Parts;
  #nginx: RunningNginx | undefined;
  #timer: NodeJS.Timeout | undefined;
  #refreshing: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: EdgeInstanceOptions, told: EdgeSettings, parts: Parts) {
    this.told = told;
    this.#options = options;
    this.#parts = parts;
    this.settings = onThisMachine(told, options.ports);
  }

  get userData(): string {
    return this.#options.template.userData;
  }

  get connection(): Connection {
    return this.#parts.connection;
  }

  get material(): string {
    return this.#at("run/current");
  }

  get whenEnded(): Promise<void> {
    return this.#nginx?.whenEnded ?? Promise.resolve();
  }

  async start(): Promise<void> {
    const { folder, logs, authorities } = this.#options;
    // An instance begins with nothing, whatever a run that was killed has left.
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    mkdirSync(logs, { recursive: true });
    writeFileSync(this.#at("settings.json"), JSON.stringify(this.settings));
    writeFileSync(this.#at("refresh.cjs"), this.#parts.program);
    writeFileSync(this.#at("authorities.pem"), authorities);
    const first = await this.#run();
    if (first.event === "refresh-failed") throw new Error(`the first refresh failed: ${first.problem}`);
    this.#nginx = new RunningNginx(join(this.material, "nginx.conf"));
    await this.#nginx.ready(this.settings.port);
    this.#wait();
  }

  refresh(): Promise<RefreshResult> {
    const next = this.#refreshing.then(async () => {
      const before = (await this.#nginx?.workers()) ?? [];
      const result = await this.#run();
      if (result.event === "refreshed" && result.installed === "reloaded")
        await this.#nginx?.reloadedSince(before);
      return result;
    });
    this.#refreshing = next.catch(() => {});
    return next;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#refreshing;
    await this.#nginx?.stop();
    await this.#parts.metadata.close();
    // Key and secret go with the instance.
    rmSync(this.#options.folder, { recursive: true, force: true });
  }

  /** As OnUnitInactiveSec: from the end of the last. A failure is in the log, and counted there. */
  #wait(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(
      () =>
        void this.refresh()
          .catch(() => {})
          .then(() => this.#wait()),
      this.settings.refreshSeconds * 1000,
    );
    this.#timer.unref();
  }

  /** The last line of its standard output is what it logged. */
  #run(): Promise<RefreshResult> {
    const { aws, logs } = this.#options;
    const env = {
      PATH: process.env.PATH,
      AWS_ENDPOINT_URL: aws.endpoint,
      NODE_EXTRA_CA_CERTS: aws.ca,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: this.#parts.metadata.url,
    };
    const args = [
      this.#at("refresh.cjs"),
      ...["--settings", this.#at("settings.json"), "--authorities", this.#at("authorities.pem")],
      ...["--runtime", this.#at("run"), "--state", this.#at("state"), "--log", logs],
      ...["--nginx", nginxPath as string, "--listen", "127.0.0.1"],
      ...(process.getuid?.() === 0 ? ["--user", "root"] : []),
    ];
    return new Promise((resolve, reject) => {
      execFile(process.execPath, args, { env, timeout: 120_000 }, (error, stdout, stderr) => {
        if (stdout === "") reject(new Error(`the refresh program said nothing: ${stderr || error?.message}`));
        else resolve(JSON.parse(stdout));
      });
    });
  }

  #at(name: string): string {
    return join(this.#options.folder, name);
  }
}

/** Undefined: NGINX is there. */
export const whyNoInstance = (): string | undefined =>
  nginxPath ? undefined : "NGINX is not installed on this machine (Debian: apt-get install nginx)";
