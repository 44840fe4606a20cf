/**
 * Build and synthesis as `cdktf` runs them (`node scripts/synth.mjs`: the program bundled and run, stacks written), of
 * one and of 100 environments, beside an empty Node process and beside the same app run by ts-node, as CDKTF's
 * template does it. ts-node bundles no function, so these runs bundle none; what that adds is a line of its own.
 *
 * Each run is a process of its own in a copy of the project; the kinds alternate.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";
import { alternating, median, ms, ratioOf, readOptions, times } from "./measure.ts";
import { type Goal, goalCell, type Table } from "./report.ts";

const run = promisify(execFile);

export async function bench(args: readonly string[]): Promise<readonly Table[]> {
  const { runs } = await readOptions(args, 5);
  const root = process.cwd();
  const folder = await mkdtemp(join(tmpdir(), "synth-bench-"));
  try {
    const complete = await projectCopy(root, join(folder, "complete"), 1);
    const one = await withoutFunctions(await projectCopy(root, join(folder, "one"), 1));
    const hundred = await withoutFunctions(await projectCopy(root, join(folder, "hundred"), 100));
    const tsNode = await tsNodeCopy(root, join(folder, "ts-node"));
    const rounds = Math.min(runs, 5);
    const spent = await alternating(rounds, {
      node: () => timed(["-e", "0"], root),
      one: () => timed(["scripts/synth.mjs"], one),
      hundred: () => timed(["scripts/synth.mjs"], hundred),
      tsNode: () => timed(tsNode.command, tsNode.project),
      complete: () => timed(["scripts/synth.mjs"], complete),
    });
    await sameResult(one, tsNode.project);
    return [tableOf(spent, rounds)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
    const made = index === 0 ? ("made" as const) : ("existing" as const);
    const apis = input.apis.map((api) => ({
      ...{ ...api, domain: \`api\${index}.dev.example.com\` },
      logs: { ...api.logs, gatewayRole: made },
    }));
    const delivery = input.delivery && { github: { ...input.delivery.github, provider: made } };
    return environment({ ...input, name: \`dev\${index}\`, apis, ...(delivery ? { delivery } : {}) });
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

function tableOf(
  spent: Readonly<Record<"node" | "one" | "hundred" | "tsNode" | "complete", readonly number[]>>,
  rounds: number,
): Table {
  const hundred: Goal = {
    what: "build and synthesis of 100 environments, × one",
    value: ratioOf(spent.hundred, spent.one),
    atMost: 12,
  };
  const tsNode: Goal = {
    what: "build and synthesis of one environment, as a part of ts-node's",
    value: ratioOf(spent.one, spent.tsNode),
    atMost: 0.1,
  };
  const overNode = times(ratioOf(spent.one, spent.node));
  return {
    name: "synth",
    title: "build and synthesis",
    head: ["what", "wall", "ratio", "goal"],
    rows: [
      ["`node -e 0`", ms(median(spent.node)), "", ""],
      ["one environment", ms(median(spent.one)), `${overNode} × \`node -e 0\``, ""],
      ["100 environments", ms(median(spent.hundred)), `${times(hundred.value)} × one`, goalCell(hundred)],
      [
        "one environment by `ts-node`",
        ms(median(spent.tsNode)),
        `ours takes ${times(tsNode.value)} of it`,
        goalCell(tsNode),
      ],
      ["one environment, with functions", ms(median(spent.complete)), "", ""],
    ],
    note: `Node ${process.version}; ${rounds} rounds, every kind once a round; ratios are medians of the rounds' ratios.`,
    goals: [hundred, tsNode],
  };
}
