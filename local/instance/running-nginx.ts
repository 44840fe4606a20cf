/**
 * The NGINX of this machine, run by a configuration until it is stopped. It ends with whoever started it, however that
 * one ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";

export const nginxPath = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx"].find(
  existsSync,
);

export class RunningNginx {
  readonly #process: ChildProcess;
  readonly #watch: ChildProcess;
  #ended = false;
  stderr = "";
  /** Resolves when it has ended, by itself or by `stop`. */
  readonly whenEnded: Promise<void>;

  constructor(configuration: string) {
    // A group of its own: Ctrl-C is for who started it.
    this.#process = spawn(nginxPath as string, ["-c", configuration, "-g", "daemon off;"], {
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    this.#process.stderr?.on("data", (text) => {
      this.stderr += text;
    });
    this.#watch = endWithUs(this.#process.pid ?? 0);
    this.whenEnded = new Promise((resolve) =>
      this.#process.once("exit", () => {
        this.#ended = true;
        forget(this.#watch);
        resolve();
      }),
    );
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Processes that take connections: after a reload the old ones do, until they are told to end. */
  async workers(): Promise<readonly number[]> {
    const children = await readFile(`/proc/${this.pid}/task/${this.pid}/children`, "utf8").catch(() => "");
    const all = children.split(" ").flatMap((pid) => (pid === "" ? [] : [Number(pid)]));
    const titles = await Promise.all(
      all.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
    );
    // One that ends says "worker process is shutting down".
    return all.filter((_, i) => titles[i]?.replace(/[\0 ]+$/, "") === "nginx: worker process");
  }

  /** Resolves when none of `before` takes connections any more: what comes now meets the new configuration. */
  async reloadedSince(before: readonly number[]): Promise<void> {
    while ((await this.workers()).some((pid) => before.includes(pid)))
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Resolves when it accepts connections. */
  async ready(port: number): Promise<void> {
    while (!(await accepts(port))) if (this.#ended) throw new Error(`NGINX has ended: ${this.stderr}`);
  }

  /** May be called again. */
  async stop(): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.whenEnded;
  }
}

/** A process whose standard input closes when this program ends, even by SIGKILL; it ends the other one then. */
function endWithUs(pid: number): ChildProcess {
  const watch = spawn("/bin/sh", ["-c", 'cat >/dev/null; kill -TERM "$1"', "sh", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  watch.stdin?.on("error", () => {});
  return watch;
}

/** Before its input closes: the process id could be another's by then. */
function forget(watch: ChildProcess): void {
  try {
    if (watch.pid !== undefined) process.kill(-watch.pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => setTimeout(() => resolve(false), 20));
  });
}
