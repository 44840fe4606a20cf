/** NGINX on this machine ends with the program that started it, also when that one had no time to say so. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { freePorts } from "#local/free-ports.ts";
import { isAlive } from "#local/start/is-alive.ts";
import { withNginx } from "./support/with-nginx.ts";

withNginx("NGINX and who started it", () => {
  const folder = mkdtempSync(join(tmpdir(), "mtls-edge-starter-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(["SIGKILL", "SIGTERM"] as const)("%s of the starter ends it", async (signal) => {
    const [port = 0] = await freePorts(1);
    const pidFile = join(folder, "nginx.pid");
    rmSync(pidFile, { force: true });
    writeFileSync(
      join(folder, "nginx.conf"),
      `pid ${pidFile};\nerror_log ${folder}/error.log;\nevents {}\nhttp {\n  access_log off;\n  server { listen 127.0.0.1:${port}; }\n}\n`,
    );
    const starter = await start(port);
    const nginx = Number(readFileSync(pidFile, "utf8"));
    expect(isAlive(nginx)).toBe(true);
    starter.kill(signal);
    await new Promise((resolve) => starter.once("close", resolve));
    while (isAlive(nginx)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(existsSync(pidFile)).toBe(false);
  });

  /** Resolves when NGINX is ready. */
  async function start(port: number): Promise<ChildProcess> {
    const program = join(folder, "starter.mjs");
    const source = `import { RunningNginx } from "#local/instance/running-nginx.ts";
const nginx = new RunningNginx(${JSON.stringify(join(folder, "nginx.conf"))});
await nginx.ready(${port});
process.stdout.write("ready");
`;
    await build({
      stdin: { contents: source, resolveDir: process.cwd(), loader: "ts" },
      ...{ bundle: true, platform: "node", format: "esm", outfile: program, logLevel: "warning" },
    });
    const starter = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => starter.stdout.once("data", resolve));
    return starter;
  }
});
