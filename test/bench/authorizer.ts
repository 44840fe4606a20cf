/**
 * The authorizer: cold (load of the bundle, policy, truststore, CRLs, first decision) as a multiple of an empty
 * process that parses one certificate and verifies one signature; warm as a multiple of one such parse and one such
 * verification; what it holds in memory.
 *
 * The floor fetches nothing. So the cold start is measured twice: with its four GETs from a loopback S3, and from
 * the same bytes in files, which is what the floor can be compared with.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { withWorld } from "./authorizer-world.ts";
import { measureDependencies, type Parts } from "./dependencies.ts";
import {
  alternating,
  bestRatio,
  bundleWorker,
  count,
  judged,
  judgedBy,
  mb,
  median,
  ms,
  type Options,
  ratioOf,
  readOptions,
  runWorker,
  times,
  us,
  wall,
} from "./measure.ts";
import { type Goal, goalCell, type Table } from "./report.ts";

/** More clients than the function remembers, so that none of them is known when its turn comes. */
const manyClients = 600;

interface Place {
  readonly folder: string;
  readonly worker: string;
  /** The bundle as it is deployed, and the one that reads files instead of S3. */
  readonly deployed: string;
  readonly fromFiles: string;
  readonly bundleBytes: number;
  readonly parts: Parts;
}

export async function bench(args: readonly string[]): Promise<readonly Table[]> {
  const options = await readOptions(args, 25);
  const folder = await mkdtemp(join(tmpdir(), "authorizer-bench-"));
  try {
    const place = await prepare(folder);
    return [
      await withWorld(folder, { crlEntries: 10_000, clients: 1 }, () => measureCold(place, options)),
      await withWorld(folder, { crlEntries: 100_000, clients: manyClients }, () =>
        measureWarm(place, options),
      ),
      await measureMemory(place, options),
      ...(await measureDependencies(folder, place.parts, options)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(folder: string): Promise<Place> {
  const builder = pathToFileURL(join(process.cwd(), "scripts/build.mjs")).href;
  const { bundleFunction } = (await import(builder)) as {
    bundleFunction(root: string, name: string, alias?: object): Promise<{ code: Uint8Array; parts: Parts }>;
  };
  const bundled = async (name: string, alias?: object) => {
    const { code, parts } = await bundleFunction(process.cwd(), "authorizer", alias);
    await writeFile(join(folder, name), code);
    return { file: join(folder, name), bytes: code.length, parts };
  };
  const deployed = await bundled("deployed.js");
  const fromFiles = await bundled("from-files.js", {
    "#aws/signed-get.ts": join(process.cwd(), "test/bench/file-get.ts"),
  });
  return {
    folder,
    worker: await bundleWorker("authorizer-worker", folder),
    deployed: deployed.file,
    fromFiles: fromFiles.file,
    bundleBytes: deployed.bytes,
    parts: deployed.parts,
  };
}

interface ColdAnswer {
  readonly cpuMs: number;
  readonly loadMs: number;
  readonly decisionMs: number;
}

async function measureCold(place: Place, options: Options): Promise<Table> {
  const { node, runs, nodeVersion } = options;
  const worker = (...args: string[]) => runWorker<ColdAnswer>(node, [place.worker, ...args]);
  const found = await alternating(runs, {
    empty: () => wall(node, ["-e", "0"]),
    floor: () => worker("floor", place.folder),
    fromFiles: () => worker("cold", place.folder, place.fromFiles),
    fetched: () => worker("cold", place.folder, place.deployed),
    withToken: () => worker("cold", place.folder, place.deployed, "token"),
  });
  const walls = (name: "floor" | "fromFiles" | "fetched" | "withToken") =>
    found[name].map((one) => one.wallMs);
  const cpus = (name: "floor" | "fromFiles" | "fetched" | "withToken") =>
    found[name].map(({ answer }) => answer.cpuMs);
  const goal = (what: string, name: "fromFiles" | "fetched"): Goal => ({
    what: `authorizer, cold start ${what}, × floor`,
    value: judged(options, ratioOf(walls(name), walls("floor")), ratioOf(cpus(name), cpus("floor"))),
    atMost: 2,
  });
  const size: Goal = { what: "authorizer, bundle in kB", value: place.bundleBytes / 1000, atMost: 100 };
  const row = (title: string, name: "floor" | "fromFiles" | "fetched" | "withToken", judged?: Goal) => [
    title,
    ms(median(walls(name))),
    times(ratioOf(walls(name), walls("floor"))),
    times(bestRatio(walls(name), walls("floor"))),
    times(ratioOf(cpus(name), cpus("floor"))),
    name === "floor" ? "" : ms(median(found[name].map(({ answer }) => answer.loadMs))),
    name === "floor" ? "" : ms(median(found[name].map(({ answer }) => answer.decisionMs))),
    judged ? goalCell(judged) : "",
  ];
  const [fromFiles, fetched] = [goal("from bytes", "fromFiles"), goal("with the fetch", "fetched")];
  return {
    name: "authorizer-cold",
    title: `authorizer, cold, CRL of 10,000 entries; bundle ${size.value.toFixed(1)} kB (${goalCell(size)})`,
    head: [
      "process",
      "wall",
      "× floor",
      "best ÷ best",
      "processor time, × floor",
      "load",
      "decision",
      "goal",
    ],
    rows: [
      ["`node -e 0`", ms(median(found.empty)), "", "", "", "", "", ""],
      row("floor: node:crypto, one certificate, one signature", "floor"),
      row("bundle and first decision, policy and lists from files", "fromFiles", fromFiles),
      row("the same, fetched by four signed GETs", "fetched", fetched),
      row("the same, with a JWT", "withToken"),
    ],
    note: `Node ${nodeVersion}; bundle ${size.value.toFixed(1)} kB (goal ${goalCell(size)}); ${runs} rounds, every kind once a round. ${judgedBy(options)}`,
    goals: [fromFiles, fetched, size],
  };
}

interface Spent {
  readonly cpuUs: number;
  readonly wallUs: number;
}

async function measureWarm(place: Place, options: Options): Promise<Table> {
  const { node, nodeVersion, quick } = options;
  const decisions = quick ? 2000 : 8000;
  const { answer: spent } = await runWorker<Readonly<Record<string, readonly Spent[]>>>(node, [
    place.worker,
    "warm",
    place.folder,
    place.deployed,
    String(decisions),
  ]);
  const column = (name: string, key: keyof Spent) => (spent[name] ?? []).map((one) => one[key]);
  const ratio = (name: string, key: keyof Spent) => ratioOf(column(name, key), column("floor", key));
  const goal: Goal = {
    what: "authorizer, warm decision with CRL (100,000) and JWT, × floor",
    value: judged(options, ratio("knownWithToken", "wallUs"), ratio("knownWithToken", "cpuUs")),
    atMost: 1.5,
  };
  const row = (title: string, name: string, judged?: Goal) => [
    title,
    us(median(column(name, "wallUs"))),
    times(ratio(name, "wallUs")),
    us(median(column(name, "cpuUs"))),
    times(ratio(name, "cpuUs")),
    name === "floor" ? "" : count(Math.round(1_000_000 / median(column(name, "cpuUs")))),
    judged ? goalCell(judged) : "",
  ];
  return {
    name: "authorizer-warm",
    title: "authorizer, warm, CRL of 100,000 entries",
    head: ["decision", "wall", "× floor", "processor time", "× floor", "a second and core", "goal"],
    rows: [
      row("floor: one certificate parsed, one ES256 signature verified", "floor"),
      row("client seen before, JWT", "knownWithToken", goal),
      row("client seen before, no token", "known"),
      row("client never seen, JWT", "unknownWithToken"),
      row("client never seen, no token", "unknown"),
    ],
    note: `Node ${nodeVersion}; ${count(decisions)} of each in 40 alternating batches, one after the other. ${judgedBy(options)}`,
    goals: [goal],
  };
}

async function measureMemory(place: Place, { node, nodeVersion }: Options): Promise<Table> {
  const rows: string[][] = [];
  for (const crlEntries of [1, 100_000, 1_000_000])
    await withWorld(place.folder, { crlEntries, clients: 1 }, async () => {
      const { answer } = await runWorker<Readonly<Record<"rss" | "heapUsed" | "external", number>>>(node, [
        "--expose-gc",
        place.worker,
        "memory",
        place.folder,
        place.deployed,
      ]);
      rows.push([count(crlEntries), mb(answer.rss), mb(answer.heapUsed), mb(answer.external)]);
    });
  return {
    name: "authorizer-memory",
    title: "authorizer, memory after three decisions",
    head: ["entries", "resident", "heap", "external (lists, index)"],
    rows,
    note: `Node ${nodeVersion}; after a collection; resident includes what V8 and the allocator keep for later.`,
    goals: [],
  };
}
