/**
 * Starts the embedded AWS as a process of its own and ends it without a trace.
 *
 * It listens on a free loopback port with a certificate made for this run, in a clean environment (its Lambda
 * workers inherit it). It has a process group of its own, which is ended with it; and it ends by itself when its
 * standard input is closed, so that even a starter that is killed leaves nothing behind.
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LocalError } from "#local/start/local-error.ts";

export interface EmbeddedAws {
  /** `https://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly port: number;
  /** PEM file of the authority that signed the endpoint's certificate. */
  readonly ca: string;
  readonly log: string;
  readonly pid: number;
  /** Resolves when it has ended, by itself or by `stop`. */
  readonly whenEnded: Promise<void>;
  /** Ends it and everything that it started; may be called again. */
  stop(): Promise<void>;
  /** S3 answers every request for the bucket 503, or none of them, for the time of the work. */
  withoutBucket<T>(bucket: string, kind: Outage, work: () => Promise<T>): Promise<T>;
}

export type Outage = "busy" | "silent";

export interface StartOptions {
  /** Interpreter of the environment made by `installEmbeddedAws`. */
  readonly python: string;
  /** Folder of this run: log, certificate, temporary files. */
  readonly folder: string;
  readonly region: string;
  /** Keeps the state over a stop, in this folder; without it all is gone. */
  readonly state?: string;
  readonly project?: string;
  readonly timeoutSeconds?: number;
}

/** Another process may take the port between our look and the start. */
const attempts = 3;
/** The state of a long run is written when it ends. */
const stopSeconds = 15;

export async function startEmbeddedAws(options: StartOptions): Promise<EmbeddedAws> {
  mkdirSync(options.folder, { recursive: true });
  // Functions are unpacked below this folder, and Node asks the nearest package.json how to read a `.js`: on AWS
  // there is none, here the project's own would say ES modules.
  writeFileSync(join(options.folder, "package.json"), "{}\n");
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const aws = launch(options, port);
    try {
      await ready(aws, options.timeoutSeconds ?? 60);
      return aws.embedded;
    } catch (error) {
      await aws.embedded.stop();
      if (attempt < attempts && logTail(aws.embedded.log).includes("is already in use")) continue;
      throw error;
    }
  }
}

interface Launched {
  readonly embedded: EmbeddedAws;
  /** Why it has ended, once it has. */
  ended(): string | undefined;
}

function launch(options: StartOptions, port: number): Launched {
  const { python, folder, region, state, project = process.cwd() } = options;
  const log = join(folder, "embedded-aws.log");
  const sink = openSync(log, "w", 0o600);
  const script = join(project, "local", "aws", "launch.py");
  // -B: the project's folder stays free of compiled files.
  const args = ["-B", "-s", script, folder, String(port), region, ...(state ? [state] : [])];
  const child = spawn(python, args, {
    cwd: folder,
    env: cleanEnvironment(folder),
    detached: true,
    stdio: ["pipe", sink, sink],
  });
  closeSync(sink);
  let ended: string | undefined;
  child.on("error", (error) => {
    ended = error.message;
  });
  child.on("exit", (code, signal) => {
    ended = signal ? `ended by ${signal}` : `exit code ${code}`;
  });
  // Closed standard input is how it learns of our end; that it has ended first is no error of ours.
  child.stdin?.on("error", () => {});
  const endGroup = () => signal(child, "SIGKILL");
  process.once("exit", endGroup);
  const stop = async () => {
    child.stdin?.end();
    await until(() => ended !== undefined, stopSeconds);
    endGroup();
    await until(() => !signal(child, 0), stopSeconds);
    process.removeListener("exit", endGroup);
  };
  const embedded = {
    endpoint: `https://127.0.0.1:${port}`,
    port,
    ca: join(folder, "tls", "ca.pem"),
    log,
    pid: child.pid ?? 0,
    whenEnded: new Promise<void>((resolve) => child.on("close", () => resolve())),
    stop,
    withoutBucket: outage(folder),
  };
  return { embedded, ended: () => ended };
}

/** By the file that outage.py looks for; it appears whole. */
function outage(folder: string): EmbeddedAws["withoutBucket"] {
  const order = join(folder, "outage");
  return async (bucket, kind, work) => {
    writeFileSync(`${order}.new`, `${bucket} ${kind}\n`);
    renameSync(`${order}.new`, order);
    try {
      return await work();
    } finally {
      rmSync(order, { force: true });
    }
  };
}

/** Only what it needs: Lambda workers inherit it, and must find the Node that runs us. */
function cleanEnvironment(folder: string): Record<string, string> {
  return {
    PATH: [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter),
    HOME: folder,
    LANG: "C.UTF-8",
    PYTHONUNBUFFERED: "1",
  };
}

/** To the whole group; false when nothing of it is left. */
function signal(child: ChildProcess, name: NodeJS.Signals | 0): boolean {
  try {
    return child.pid !== undefined && process.kill(-child.pid, name);
  } catch {
    return false;
  }
}

async function until(done: () => boolean, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!done() && Date.now() < end) await sleep(50);
}

async function ready({ embedded, ended }: Launched, timeoutSeconds: number): Promise<void> {
  const end = Date.now() + timeoutSeconds * 1000;
  while (Date.now() < end) {
    const why = ended();
    if (why !== undefined) throw failure(`ended while it started: ${why}`, embedded.log);
    if (await isHealthy(embedded)) return;
    await sleep(100);
  }
  throw failure(`was not ready after ${timeoutSeconds} s`, embedded.log);
}

function failure(what: string, log: string): LocalError {
  return new LocalError(
    "embedded-aws",
    `the embedded AWS ${what}; the end of its log:\n${logTail(log)}\nthe whole log: ${log}`,
  );
}

function logTail(log: string): string {
  return existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").slice(-15).join("\n") : "(no log)";
}

/** Asked under the run's own authority: another program on the port is not taken for ours. */
function isHealthy({ port, ca }: EmbeddedAws): Promise<boolean> {
  if (!existsSync(ca)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const asked = request(
      {
        host: "127.0.0.1",
        port,
        path: "/_ministack/health",
        ca: readFileSync(ca),
        agent: false,
        timeout: 5000,
      },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      },
    );
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(false));
    asked.end();
  });
}

/** A port of loopback that nobody uses now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
