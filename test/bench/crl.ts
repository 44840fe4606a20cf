/**
 * CRLs: from a file to a verdict in a fresh process, as a multiple of the floor (read the file, verify one signature
 * over its bytes), beside `openssl crl`; and the writer beside `openssl ca -gencrl` on the same list.
 *
 * Floor and verdict alternate, each run in a process of its own; medians are compared. `--million` adds the largest
 * size, `--runs N` changes the number of runs, `--node PATH` runs the workers by another Node.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import { build } from "esbuild";
import { readUnverifiedCrl } from "#pki/crl/open.ts";
import { prepareCrl, type Revocation } from "#pki/crl/write.ts";
import { DerReader } from "#pki/der/reader.ts";
import { encodePem } from "#pki/pem.ts";
import { type Hierarchy, makeHierarchy, signWith } from "../support/hierarchy.ts";
import { indexTxt, opensslConfig } from "./crl-openssl.ts";

const run = promisify(execFile);

export interface CrlFigures {
  readonly entries: number;
  readonly floorMs: number;
  readonly verdictMs: number;
  readonly ratio: number;
  /** Fastest verdict over fastest floor: what a machine that does something else meanwhile disturbs least. */
  readonly bestRatio: number;
  readonly goal: number;
  readonly opensslMs: number;
  /** Median milliseconds of each library, or why it refuses the list. */
  readonly libraries: Readonly<Record<string, number | string>>;
  readonly indexMs: number;
  readonly warmLookUpUs: number;
  readonly indexBytesPerEntry: number;
}
export interface WriterFigures {
  readonly entries: number;
  readonly writerMs: number;
  /** Start of Node and reading of index.txt included. */
  readonly processMs: number;
  readonly opensslMs: number;
  readonly timesFaster: number;
}

const goals: Readonly<Record<number, number>> = { 1000: 4, 10000: 6, 100000: 3, 1000000: 1.8 };
const now = new Date("2026-06-01T12:00:00Z");

interface Options {
  readonly million: boolean;
  readonly runs: number;
  readonly node: string;
}

export async function bench(
  args: readonly string[] = [],
): Promise<{ crls: CrlFigures[]; writer: WriterFigures[] }> {
  const options = readOptions(args);
  const folder = await mkdtemp(join(tmpdir(), "crl-bench-"));
  try {
    const hierarchy = makeHierarchy({ now });
    await prepareFolder(folder, hierarchy);
    const sizes = Object.keys(goals)
      .map(Number)
      .filter((size) => options.million || size < 1_000_000);
    const crls: CrlFigures[] = [];
    for (const size of sizes) crls.push(await measureVerdict(folder, hierarchy, size, options));
    const writer: WriterFigures[] = [];
    for (const size of sizes.filter((one) => one >= 100_000))
      writer.push(await measureWriter(folder, size, options));
    print(crls, writer);
    return { crls, writer };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function readOptions(args: readonly string[]): Options {
  const after = (flag: string) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
  return {
    million: args.includes("--million"),
    runs: Number(after("--runs") ?? 15),
    node: after("--node") ?? process.execPath,
  };
}

async function prepareFolder(folder: string, { issuing, leaf }: Hierarchy): Promise<void> {
  for (const worker of ["crl-worker", "crl-writer-worker", "crl-library-worker"])
    await build({
      entryPoints: [join(process.cwd(), "test/bench", `${worker}.ts`)],
      outfile: join(folder, `${worker}.cjs`),
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      logLevel: "warning",
    });
  await writeFile(join(folder, "issuer.der"), issuing.certificate.der);
  await writeFile(join(folder, "issuer.pem"), encodePem("CERTIFICATE", issuing.certificate.der));
  await writeFile(join(folder, "leaf.der"), leaf().certificate.der);
  const key = issuing.privateKey.export({ format: "pem", type: "pkcs8" });
  await writeFile(join(folder, "key.pem"), key, { mode: 0o600 });
  await writeFile(join(folder, "openssl.cnf"), opensslConfig);
  await writeFile(join(folder, "crlnumber"), "01\n");
}

async function measureVerdict(folder: string, { issuing }: Hierarchy, size: number, options: Options) {
  const der = signWith(
    issuing.privateKey,
    prepareCrl({
      issuer: issuing.certificate,
      number: 1,
      thisUpdate: new Date(now.getTime() - 60_000),
      nextUpdate: new Date(now.getTime() + 86_400_000),
      entries: revocations(size),
    }),
  );
  const file = join(folder, `${size}.crl`);
  await writeFile(file, der);
  const places = placesOf(der).map(String);
  const worker = async (mode: string): Promise<WorkerAnswer> => {
    const args = [join(folder, "crl-worker.cjs"), mode, folder, file, ...places, String(now.getTime())];
    return JSON.parse((await run(options.node, args)).stdout);
  };
  const openssl = ["crl", "-inform", "DER", "-in", file, "-noout", "-CAfile", join(folder, "issuer.pem")];
  const floors: number[] = [];
  const verdicts: WorkerAnswer[] = [];
  const others: number[] = [];
  for (let i = 0; i < options.runs; i++) {
    floors.push((await worker("floor")).milliseconds);
    verdicts.push(await worker("verdict"));
    if (i < 5) others.push(await wall("openssl", openssl));
  }
  const libraries: Record<string, number | string> = {};
  // Minutes for a million: what they need for 100,000 says enough.
  for (const name of size <= 100_000 ? ["@peculiar/x509", "pkijs"] : [])
    libraries[name] = await measureLibrary(name, folder, file, options);
  if (verdicts.some(({ answer, entries }) => answer !== "good" || entries !== size))
    throw new Error("a measured process gave a wrong answer");
  return { ...summary(size, floors, verdicts, others), libraries };
}

async function measureLibrary(name: string, folder: string, file: string, { node }: Options) {
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const { stdout } = await run(node, [join(folder, "crl-library-worker.cjs"), name, folder, file]);
    const answer = JSON.parse(stdout) as { milliseconds?: number; refused?: string; answer?: string };
    if (answer.milliseconds === undefined) return `refuses: ${answer.refused}`;
    if (answer.answer !== "good") throw new Error(`${name} gave a wrong answer`);
    times.push(answer.milliseconds);
  }
  return median(times);
}

interface WorkerAnswer {
  readonly milliseconds: number;
  readonly answer: string;
  readonly entries: number;
  readonly indexMs: number;
  readonly warmUs: number;
  readonly indexBytes: number;
}

function summary(
  size: number,
  floors: number[],
  verdicts: readonly WorkerAnswer[],
  others: number[],
): Omit<CrlFigures, "libraries"> {
  const floorMs = median(floors);
  const times = verdicts.map(({ milliseconds }) => milliseconds);
  const verdictMs = median(times);
  return {
    entries: size,
    floorMs,
    verdictMs,
    ratio: verdictMs / floorMs,
    bestRatio: Math.min(...times) / Math.min(...floors),
    goal: goals[size] ?? Number.NaN,
    opensslMs: median(others),
    indexMs: median(verdicts.map(({ indexMs }) => indexMs)),
    warmLookUpUs: median(verdicts.map(({ warmUs }) => warmUs)),
    indexBytesPerEntry: (verdicts[0]?.indexBytes ?? Number.NaN) / size,
  };
}

/** Start and end of what is signed, start of the signature. */
function placesOf(der: Buffer): [number, number, number] {
  const list = new DerReader(der).sequence();
  const tbsStart = list.position;
  list.raw();
  const tbsEnd = list.position;
  list.raw();
  return [tbsStart, tbsEnd, der.length - list.bitString().bytes.length];
}

/**
 * The same list, key and kind of file for both. `openssl ca -gencrl` is a whole process; ours is measured from the
 * list in memory, as the ledger hands it over, to the signed file, in a fresh process, and as a whole process too.
 */
async function measureWriter(folder: string, size: number, { node }: Options): Promise<WriterFigures> {
  await writeFile(join(folder, "index.txt"), indexTxt(revocations(size)));
  const gencrl = [
    "ca",
    "-config",
    join(folder, "openssl.cnf"),
    "-gencrl",
    "-out",
    join(folder, "theirs.pem"),
  ];
  const ours: number[] = [];
  const wholes: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    const { stdout } = await run(node, [join(folder, "crl-writer-worker.cjs"), folder]);
    wholes.push(performance.now() - start);
    ours.push(JSON.parse(stdout).milliseconds);
    theirs.push(await wall("openssl", gencrl, folder));
  }
  const toDer = [
    "crl",
    "-in",
    join(folder, "theirs.pem"),
    "-outform",
    "DER",
    "-out",
    join(folder, "theirs.crl"),
  ];
  await run("openssl", toDer);
  for (const name of ["ours.crl", "theirs.crl"]) {
    const { entries } = readUnverifiedCrl(await readFile(join(folder, name)));
    if (entries !== size) throw new Error(`${name} has ${entries} entries instead of ${size}`);
  }
  const [writerMs, processMs, opensslMs] = [median(ours), median(wholes), median(theirs)];
  return { entries: size, writerMs, processMs, opensslMs, timesFaster: opensslMs / writerMs };
}

async function wall(program: string, args: readonly string[], cwd = process.cwd()): Promise<number> {
  const start = performance.now();
  await run(program, [...args], { cwd, maxBuffer: 1 << 26 });
  return performance.now() - start;
}

const reasons = [undefined, "keyCompromise", "superseded", "cessationOfOperation"] as const;

/** Random serials as ours are, reasons mixed, a revocation every 37 seconds. */
function* revocations(count: number): Generator<Revocation> {
  const random = mulberry32(count);
  for (let i = 0; i < count; i++) {
    const serial = Buffer.alloc(16);
    for (let at = 0; at < 16; at += 4) serial.writeUInt32BE(random(), at);
    serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
    const reason = reasons[random() % reasons.length];
    const revokedAt = new Date(now.getTime() - 60_000 - (i % 800_000) * 37_000);
    yield { serial: serial.toString("hex"), revokedAt, ...(reason !== undefined && { reason }) };
  }
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function print(crls: readonly CrlFigures[], writer: readonly WriterFigures[]): void {
  const line = (text: string) => process.stdout.write(`${text}\n`);
  line("CRL, file to verdict in a fresh process, every entry walked");
  line(
    "  entries     floor   verdict   × floor    best   goal   openssl   index built   warm look-up   index",
  );
  for (const one of crls)
    line(
      [
        String(one.entries).padStart(9),
        `${one.floorMs.toFixed(2)} ms`.padStart(10),
        `${one.verdictMs.toFixed(2)} ms`.padStart(10),
        one.ratio.toFixed(2).padStart(9),
        one.bestRatio.toFixed(2).padStart(8),
        `≤ ${one.goal}`.padStart(7),
        `${one.opensslMs.toFixed(0)} ms`.padStart(10),
        `${one.indexMs.toFixed(1)} ms`.padStart(14),
        `${one.warmLookUpUs.toFixed(1)} µs`.padStart(15),
        `${one.indexBytesPerEntry.toFixed(1)} B`.padStart(8),
      ].join(""),
    );
  for (const one of crls)
    for (const [name, result] of Object.entries(one.libraries))
      line(
        `${String(one.entries).padStart(9)}  ${name}: ${typeof result === "number" ? `${result.toFixed(1)} ms = ${(result / one.floorMs).toFixed(0)} × floor` : result}`,
      );
  line("CRL, list to signed file");
  for (const one of writer)
    line(
      `${String(one.entries).padStart(9)}  ours ${one.writerMs.toFixed(0)} ms (whole process ${one.processMs.toFixed(0)} ms), ` +
        `openssl ca -gencrl ${one.opensslMs.toFixed(0)} ms: ${one.timesFaster.toFixed(1)} times as fast (goal ≥ 5 at 100000)`,
    );
}
