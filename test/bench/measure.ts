/** What all benches measure with: options, processes that alternate, medians of what they took. */
import { execFile } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import { build } from "esbuild";

const run = promisify(execFile);

export interface Options {
  /** The Node that runs the workers. */
  readonly node: string;
  readonly nodeVersion: string;
  /** Rounds of every measurement: odd, so that the median is one of them. */
  readonly runs: number;
  /** Less of everything, for a first look. */
  readonly quick: boolean;
  /** Others had all cores in the last minute: wall times hold their turns too, and say nothing of ours. */
  readonly busy: boolean;
}

export async function readOptions(args: readonly string[], defaultRuns: number): Promise<Options> {
  const after = (flag: string) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
  const quick = args.includes("--quick");
  const runs = Number(after("--runs") ?? (quick ? Math.min(5, defaultRuns) : defaultRuns));
  if (!Number.isInteger(runs) || runs < 1) throw new Error("--runs: a whole number from 1");
  const node = after("--node") ?? process.execPath;
  const { stdout } = await run(node, ["--version"]);
  const busy = (loadavg()[0] ?? 0) >= cpus().length;
  return { node, nodeVersion: stdout.trim(), runs, quick, busy };
}

/** By which of its two ratios a goal is judged; they are the same on a quiet machine. */
export const judged = ({ busy }: Options, wallRatio: number, cpuRatio: number): number =>
  busy ? cpuRatio : wallRatio;

export const judgedBy = ({ busy }: Options): string =>
  busy ? "The machine was busy: goals are judged by processor time." : "Goals are judged by wall time.";

/** A worker of this folder as one file, so that loading it costs every process the same. */
export async function bundleWorker(name: string, folder: string): Promise<string> {
  const outfile = join(folder, `${name}.cjs`);
  await build({
    entryPoints: [join(process.cwd(), "test/bench", `${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "warning",
  });
  return outfile;
}

export interface Finished<T> {
  /** Wall time of the whole process. */
  readonly wallMs: number;
  /** What it said of itself. */
  readonly answer: T;
}

/** One process from start to end; its output is JSON. */
export async function runWorker<T>(node: string, args: readonly string[]): Promise<Finished<T>> {
  const start = performance.now();
  const { stdout } = await run(node, [...args]);
  return { wallMs: performance.now() - start, answer: JSON.parse(stdout) as T };
}

export async function wall(program: string, args: readonly string[], cwd = process.cwd()): Promise<number> {
  const start = performance.now();
  await run(program, [...args], { cwd, maxBuffer: 1 << 26 });
  return performance.now() - start;
}

/** Wall and processor time of another program, by the shell's `times`. */
export async function runProgram(program: string, args: readonly string[], cwd: string): Promise<Spent> {
  const start = performance.now();
  const { stdout } = await run(
    "sh",
    ["-c", '"$@" >/dev/null 2>&1 || exit 1; times', "sh", program, ...args],
    { cwd },
  );
  const wallMs = performance.now() - start;
  const [, children = ""] = stdout.trim().split("\n");
  const spent = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, m, s]) => Number(m) * 60_000 + Number(s) * 1000,
  );
  return { wallMs, cpuMs: spent.reduce((sum, one) => sum + one, 0) };
}

export interface Spent {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Rounds in which every measurement has its turn: what disturbs the machine disturbs all of them. */
export async function alternating<T extends Readonly<Record<string, () => Promise<unknown>>>>(
  rounds: number,
  measurements: T,
): Promise<{ readonly [Name in keyof T]: Awaited<ReturnType<T[Name]>>[] }> {
  const found = Object.fromEntries(Object.keys(measurements).map((name) => [name, [] as unknown[]]));
  for (let round = 0; round < rounds; round++)
    for (const [name, measure] of Object.entries(measurements)) found[name]?.push(await measure());
  return found as { [Name in keyof T]: Awaited<ReturnType<T[Name]>>[] };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** The median of round by round `a / b`. */
export const ratioOf = (a: readonly number[], b: readonly number[]): number =>
  median(a.map((value, i) => value / (b[i] ?? Number.NaN)));

/** The least over the least: what a machine that does something else meanwhile disturbs least. */
export const bestRatio = (a: readonly number[], b: readonly number[]): number =>
  Math.min(...a) / Math.min(...b);

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} ms`;
export const us = (value: number): string => `${value.toFixed(0)} µs`;
export const times = (value: number): string => value.toFixed(2);
export const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
export const count = (value: number): string => value.toLocaleString("en-GB");
