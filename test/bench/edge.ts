/**
 * The private edge's NGINX: requests on open connections and new handshakes, beside the same NGINX that asks for no
 * client certificate. Counted by a second of the worker's own processor time, so that neither the load's client nor
 * whoever is behind counts, and a busy machine shifts little.
 *
 * The configuration is the rendered one, with one worker; the other one differs in what asks for certificates alone.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { defaultEdgeLimits, type EdgeSettings } from "#contract/private-edge.ts";
import { materialFiles, nginxConfiguration } from "#edge/nginx-configuration.ts";
import { freePorts } from "#local/free-ports.ts";
import { makeServerCertificate } from "#local/gateway/server-certificate.ts";
import { nginxPath, RunningNginx } from "#local/instance/running-nginx.ts";
import { encodePem } from "#pki/pem.ts";
import { makeHierarchy } from "../support/hierarchy.ts";
import { crl } from "../unit/authorizer/fixture.ts";
import { alternating, median, readOptions } from "./measure.ts";
import type { Table } from "./report.ts";

const serverName = "edge.example.com";
const connections = 16;
const listed = 10_000;

type Kind = "none" | "certificate" | "longList";
interface Load {
  readonly port: number;
  readonly authority: string;
  readonly client?: { readonly cert: string; readonly key: string };
}

export async function bench(args: readonly string[]): Promise<readonly Table[]> {
  if (nginxPath === undefined) {
    process.stderr.write("NGINX is not installed (Debian: apt-get install nginx): no figures of the edge\n");
    return [];
  }
  const { runs, quick } = await readOptions(args, 5);
  const folder = await mkdtemp(join(tmpdir(), "edge-bench-"));
  const upstream = await startUpstream();
  const started: Nginx[] = [];
  try {
    const kinds: Kind[] = ["none", "certificate", "longList"];
    const all = {} as Record<Kind, Nginx>;
    for (const kind of kinds) {
      all[kind] = await startNginx(join(folder, kind), kind, upstream);
      started.push(all[kind]);
    }
    const rounds = Math.min(runs, quick ? 2 : 5);
    const seconds = quick ? 1 : 3;
    const by = (measure: (one: Nginx, seconds: number) => Promise<number>) =>
      alternating(rounds, {
        none: () => measure(all.none, seconds),
        certificate: () => measure(all.certificate, seconds),
        longList: () => measure(all.longList, seconds),
      });
    return [tableOf(await by(requests), await by(handshakes), rounds)];
  } finally {
    await Promise.all(started.map(({ running }) => running.stop()));
    upstream.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type Found = Record<Kind, readonly number[]>;

function tableOf(asked: Found, shaken: Found, rounds: number): Table {
  const row = (title: string, { none, certificate, longList }: Found) => {
    const [without, own, long] = [median(none), median(certificate), median(longList)];
    return [
      title,
      ...[without, own, long].map(whole),
      (own / without).toFixed(2),
      (long / without).toFixed(2),
    ];
  };
  return {
    name: "edge",
    title: "The private edge's NGINX, by a second of its worker's processor time",
    head: ["", "no client certificate", "certificate", `CRL of ${whole(listed)}`, "× none", "× none"],
    rows: [row("requests on open connections", asked), row("new handshakes with one request", shaken)],
    note: `NGINX of the distribution, one worker, TLS 1.3, P-256 but for the root's P-384, answers of 2 bytes by TLS from a Node server; medians of ${rounds}.`,
    goals: [],
  };
}

const whole = (value: number): string => Math.round(value).toLocaleString("en-GB");

interface Nginx {
  readonly running: RunningNginx;
  readonly load: Load;
}

/** Seconds of the worker, user and system (proc(5): fields 14 and 15, in hundredths). */
async function processorSeconds({ running: { pid } }: Nginx): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const stat = await readFile(`/proc/${children.trim().split(" ")[0]}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function requests(one: Nginx, seconds: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(one.load)));
  const rate = await counted(one, seconds, sockets, (socket) => ask(socket));
  for (const socket of sockets) socket.destroy();
  return rate;
}

const handshakes = (one: Nginx, seconds: number): Promise<number> =>
  counted(one, seconds, Array.from({ length: connections }), async () => {
    const socket = await open(one.load);
    await ask(socket);
    socket.destroy();
  });

/** Each of `workers` does it again and again; how often in all, by a second of NGINX's processor time. */
async function counted<T>(
  one: Nginx,
  seconds: number,
  workers: readonly T[],
  act: (worker: T) => Promise<void>,
): Promise<number> {
  const end = performance.now() + seconds * 1000;
  const before = await processorSeconds(one);
  let count = 0;
  await Promise.all(
    workers.map(async (worker) => {
      for (; performance.now() < end; count++) await act(worker);
    }),
  );
  return count / ((await processorSeconds(one)) - before);
}

function open({ port, authority, client }: Load): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername: serverName, ca: authority, ...client });
    socket.once("secureConnect", () => resolve(socket));
    socket.once("error", reject);
  });
}

const request = `GET /api HTTP/1.1\r\nHost: ${serverName}\r\n\r\n`;

function ask(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const onData = (part: Buffer) => {
      text += part.toString("latin1");
      if (!text.endsWith("ok")) return;
      socket.off("data", onData);
      socket.off("close", onClose);
      if (text.startsWith("HTTP/1.1 200")) resolve();
      else reject(new Error(text.slice(0, 200)));
    };
    socket.on("data", onData);
    const onClose = () => reject(new Error(`closed after ${text.slice(0, 100)}`));
    socket.once("close", onClose);
    socket.write(request);
  });
}

interface Upstream {
  readonly port: number;
  readonly authority: string;
  close(): void;
}

async function startUpstream(): Promise<Upstream> {
  const made = makeServerCertificate(["api.example.com"], new Date());
  const [own] = made.identities;
  const server = createHttpsServer({ key: own?.key, cert: own?.certificate }, (_, response) => {
    response.setHeader("content-length", 2).end("ok");
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    authority: made.authority,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function startNginx(folder: string, kind: Kind, upstream: Upstream): Promise<Nginx> {
  const [port = 0, healthPort = 0] = await freePorts(2);
  const now = new Date();
  const hierarchy = makeHierarchy({ now });
  const leaf = hierarchy.leaf();
  const server = makeServerCertificate([serverName], now);
  await mkdir(join(folder, "tmp"), { recursive: true });
  const pem = (der: Buffer) => encodePem("CERTIFICATE", der);
  const serials =
    kind === "longList"
      ? Array.from({ length: listed }, (_, i) => `01${i.toString(16).padStart(30, "0")}`)
      : [];
  const lists = [crl(hierarchy.issuing, { at: now, revoked: serials }), crl(hierarchy.root, { at: now })];
  const text = nginxConfiguration({
    settings: settingsOf(port, healthPort, upstream.port),
    ...{ directory: folder, logDirectory: folder, pidFile: join(folder, "pid"), listen: "127.0.0.1" },
    ...{ temporaryDirectory: join(folder, "tmp"), authorities: join(folder, "upstream.pem") },
    ...(process.getuid?.() === 0 ? { user: "root" } : {}),
    listsFresh: { from: new Date(now.getTime() - 60_000), until: new Date(now.getTime() + 3_600_000) },
    addresses: ["127.0.0.1"],
  }).replace("worker_processes auto;", "worker_processes 1;");
  await write(folder, {
    [materialFiles.configuration]: kind === "none" ? withoutCertificates(text) : text,
    [materialFiles.serverCertificate]: server.identities[0]?.certificate ?? "",
    [materialFiles.serverKey]: server.identities[0]?.key ?? "",
    [materialFiles.clients]: pem(hierarchy.issuing.certificate.der) + pem(hierarchy.root.certificate.der),
    [materialFiles.crls]: lists.map((der) => encodePem("X509 CRL", der)).join(""),
    [materialFiles.secret]: `proxy_set_header x-edge-secret "${"s".repeat(43)}";\n`,
    "upstream.pem": upstream.authority,
  });
  const configuration = join(folder, materialFiles.configuration);
  await promisify(execFile)(nginxPath as string, ["-t", "-q", "-c", configuration]);
  const running = new RunningNginx(configuration);
  await running.ready(port);
  const key = leaf.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const client = kind === "none" ? {} : { client: { cert: pem(leaf.certificate.der), key } };
  return { running, load: { port, authority: server.authority, ...client } };
}

/** The same in everything else. */
function withoutCertificates(text: string): string {
  const changed = text
    .replace(/^ *ssl_(client_certificate|crl|verify_client|verify_depth) .*\n/gm, "")
    .replace('default "issuer-not-accepted";', 'default "";')
    .replace('"~ NONE$" "no-certificate";', "");
  if (/ssl_verify_client/.test(changed)) throw new Error("it still asks for certificates");
  return changed;
}

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), content, { mode: 0o600 });
}

const settingsOf = (port: number, healthPort: number, upstreamPort: number): EdgeSettings => ({
  region: "eu-west-2",
  serverNames: [serverName],
  ...{ port, healthPort },
  truststore: { bucket: "b", region: "eu-west-2", key: "k", version: "v", sha256: "s" },
  issuers: [],
  maxAge: { issuingSeconds: 1800, rootSeconds: 86_400 },
  serverCertificateSecretArn: "a",
  edgeSecretArn: "b",
  upstream: { address: "api.example.com", port: upstreamPort, host: "api.example.com", pathPrefix: "/dev" },
  limits: {
    ...defaultEdgeLimits,
    ...{ requestsPerSecond: 1_000_000, burst: 1_000_000 },
    keepAlive: { requests: 1_000_000, idleSeconds: 60, totalSeconds: 3_600 },
  },
  refreshSeconds: 60,
});
