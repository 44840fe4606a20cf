/**
 * Build and synthesis as `cdktf` runs them (`node scripts/synth.mjs`: the program bundled and run, stacks written), of
 * one and of 100 environments, beside an empty Node process and beside the same app run by ts-node, as CDKTF's
 * template does it. ts-node bundles no function, so these runs bundle none; what that adds is a line of its own.
 *
 * Each run is a process of its own in a copy of the project; the kinds alternate; medians are compared. `--runs N`
 * changes the number of runs.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface SynthFigures {
  readonly nodeMs: number;
  readonly oneMs: number;
  readonly hundredMs: number;
  readonly tsNodeMs: number;
  /** One environment, every function bundled beside it. */
  readonly withFunctionsMs: number;
  /** One environment: our build and synthesis as a part of ts-node's. */
  readonly partOfTsNode: number;
  readonly partOfTsNodeGoal: number;
  /** 100 environments as a multiple of one. */
  readonly hundredOverOne: number;
  readonly hundredOverOneGoal: number;
  /** One environment as a multiple of `node -e 0`. */
  readonly overNode: number;
}

const goals = { partOfTsNode: 0.1, hundredOverOne: 12 } as const;

export async function bench(args: readonly string[] = []): Promise<SynthFigures> {
  const runs = readRuns(args);
  const root = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), "synth-bench-"));
  try {
    const complete = await projectCopy(root, join(folder, "complete"), 1);
    const one = await withoutFunctions(await projectCopy(root, join(folder, "one"), 1));
    const hundred = await withoutFunctions(await projectCopy(root, join(folder, "hundred"), 100));
    const tsNode = await tsNodeCopy(root, join(folder, "ts-node"));
    const times = { node: [], one: [], hundred: [], tsNode: [], complete: [] } as Record<string, number[]>;
    for (let i = 0; i < runs; i++) {
      times.node?.push(await timed(["-e", "0"], root));
      times.one?.push(await timed(["scripts/synth.mjs"], one));
      times.hundred?.push(await timed(["scripts/synth.mjs"], hundred));
      times.tsNode?.push(await timed(tsNode.command, tsNode.project));
      times.complete?.push(await timed(["scripts/synth.mjs"], complete));
    }
    await sameResult(one, tsNode.project);
    const figures = figuresOf(times);
    print(figures, runs);
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
export { bench as benchSynth };

function readRuns(args: readonly string[]): number {
  const runs = Number(args.includes("--runs") ? args[args.indexOf("--runs") + 1] : 5);
  if (!Number.isInteger(runs) || runs < 1) throw new Error("--runs: a whole number from 1");
  return runs;
}

/** The project as it is, but for its environments: `count` of the shape of dev. */
async function projectCopy(root: string, target: string, count: number): Promise<string> {
  await mkdir(target, { recursive: true });
  const skipped = new Set(["node_modules", "terraform", "build", ".local", ".git", "test", "docs"]);
  for (const name of await readdir(root))
    if (!skipped.has(name)) await cp(join(root, name), join(target, name), { recursive: true });
  await symlink(join(root, "node_modules"), join(target, "node_modules"));
  await mkdir(join(target, "terraform"));
  await writeFile(join(target, "config/environments.ts"), environmentsSource(count));
  return target;
}

async function withoutFunctions(project: string): Promise<string> {
  await rm(join(project, "lambdas"), { recursive: true });
  await mkdir(join(project, "lambdas"));
  return project;
}

function environmentsSource(count: number): string {
  return `import { type EnvironmentInput, environment, environments as checked } from "./environment.ts";
import { dev } from "./environments/dev/index.ts";

export const environments = checked(
  Array.from({ length: ${count} }, (_, index) => {
    const input = structuredClone(dev) as unknown as EnvironmentInput;
    const apis = input.apis.map((api) => ({ ...api, domain: \`api\${index}.dev.example.com\` }));
    return environment({ ...input, name: \`dev\${index}\`, apis });
  }),
);
`;
}

/** CDKTF's template is a CommonJS package; so is this copy. ts-node knows no TypeScript 7: jsii's TypeScript 5. */
async function tsNodeCopy(root: string, target: string) {
  const project = await projectCopy(root, target, 1);
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  await writeFile(join(project, "package.json"), JSON.stringify({ ...manifest, type: "commonjs" }));
  const require = createRequire(join(root, "package.json"));
  const configuration = {
    compilerOptions: {
      target: "es2022",
      module: "node16",
      moduleResolution: "node16",
      strict: true,
      skipLibCheck: true,
      types: ["node"],
    },
    "ts-node": {
      // Imports end in .ts; nothing is emitted that would have to be renamed.
      ignoreDiagnostics: [5097],
    },
  };
  await writeFile(join(project, "ts-node.json"), JSON.stringify(configuration));
  const compiler = createRequire(require.resolve("jsii/package.json")).resolve("typescript");
  return {
    project,
    command: [
      require.resolve("ts-node/dist/bin.js"),
      "--compiler",
      compiler,
      "-P",
      "ts-node.json",
      "main.ts",
    ],
  };
}

async function timed(command: readonly string[], cwd: string): Promise<number> {
  const start = performance.now();
  await run(process.execPath, command, {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, CDKTF_OUTDIR: "terraform" },
    maxBuffer: 64 << 20,
  });
  return performance.now() - start;
}

/** A comparison counts only when both have written the same. */
async function sameResult(left: string, right: string): Promise<void> {
  const file = "terraform/stacks/dev0-api/cdk.tf.json";
  const [a, b] = await Promise.all([left, right].map((project) => readFile(join(project, file), "utf8")));
  if (a !== b) throw new Error(`${file}: ts-node has written something else`);
}

function figuresOf(times: Readonly<Record<string, readonly number[]>>): SynthFigures {
  const median = (name: string) => {
    const sorted = [...(times[name] ?? [])].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  };
  const [nodeMs, oneMs, hundredMs, tsNodeMs] = [
    median("node"),
    median("one"),
    median("hundred"),
    median("tsNode"),
  ];
  return {
    nodeMs,
    oneMs,
    hundredMs,
    tsNodeMs,
    withFunctionsMs: median("complete"),
    partOfTsNode: oneMs / tsNodeMs,
    partOfTsNodeGoal: goals.partOfTsNode,
    hundredOverOne: hundredMs / oneMs,
    hundredOverOneGoal: goals.hundredOverOne,
    overNode: oneMs / nodeMs,
  };
}

function print(figures: SynthFigures, runs: number): void {
  const ms = (value: number) => `${value.toFixed(0)} ms`.padStart(10);
  const ratio = (value: number, goal: number) =>
    `${value.toFixed(2)} (goal ≤ ${goal}${value <= goal ? "" : ", missed"})`;
  process.stdout.write(
    `${[
      `build and synthesis, medians of ${runs}, Node ${process.versions.node}`,
      `  node -e 0                       ${ms(figures.nodeMs)}`,
      `  one environment                 ${ms(figures.oneMs)}   ${figures.overNode.toFixed(1)} × node -e 0`,
      `  100 environments                ${ms(figures.hundredMs)}   × one: ${ratio(figures.hundredOverOne, figures.hundredOverOneGoal)}`,
      `  one environment by ts-node      ${ms(figures.tsNodeMs)}   ours / ts-node: ${ratio(figures.partOfTsNode, figures.partOfTsNodeGoal)}`,
      `  one environment, with functions ${ms(figures.withFunctionsMs)}`,
    ].join("\n")}\n`,
  );
}
