/**
 * What the authorizer's bundle is made of, and what loading a dependency costs a cold process: those that it has, and
 * those that it was spared.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { alternating, bundleWorker, median, ms, type Options, runWorker } from "./measure.ts";
import type { Table } from "./report.ts";

/** Bytes in the bundle by source file. */
export type Parts = Readonly<Record<string, { readonly bytesInOutput: number }>>;

/** What is loaded, and whether the authorizer has it. */
const loads: Readonly<Record<string, { readonly code: string; readonly has: string }>> = {
  "node:http": { code: 'require("node:http")', has: "only to an endpoint on loopback" },
  "node:https": { code: 'require("node:https")', has: "yes" },
  aws4: { code: 'export * from "aws4"', has: "yes" },
  "jose, compactVerify": {
    code: 'export { compactVerify } from "jose/jws/compact/verify"',
    has: "no (decision 12)",
  },
  zod: { code: 'export * from "zod"', has: "no" },
  "@peculiar/x509": {
    code: 'import "reflect-metadata"; export * from "@peculiar/x509"',
    has: "no (decision 1)",
  },
  "@aws-sdk/client-s3": {
    code: 'export { S3Client, GetObjectCommand } from "@aws-sdk/client-s3"',
    has: "no",
  },
};

export async function measureDependencies(
  folder: string,
  parts: Parts,
  options: Options,
): Promise<readonly Table[]> {
  return [bundleTable(parts), await loadTable(folder, options)];
}

function bundleTable(parts: Parts): Table {
  const sums = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(parts)) {
    const part = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? `${path.split("/")[0]}/`;
    sums.set(part, (sums.get(part) ?? 0) + bytesInOutput);
  }
  const rows = [...sums].sort(([, a], [, b]) => b - a);
  const total = rows.reduce((sum, [, bytes]) => sum + bytes, 0);
  return {
    name: "authorizer-bundle",
    title: "authorizer, bundle by origin",
    head: ["part", "kB"],
    rows: [...rows, ["all", total] as const].map(([part, bytes]) => [part, (bytes / 1000).toFixed(1)]),
    note: "Minified, from esbuild's metafile.",
    goals: [],
  };
}

async function loadTable(folder: string, { node, nodeVersion, runs }: Options): Promise<Table> {
  const worker = await bundleWorker("dependency-worker", folder);
  const files = new Map<string, { readonly file: string; readonly bytes: number }>();
  for (const [i, [name, { code }]] of Object.entries(loads).entries()) {
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: process.cwd() },
      bundle: true,
      platform: "node",
      target: "node22",
      format: "cjs",
      minify: true,
      write: false,
      outfile: "index.js",
      logLevel: "error",
    });
    const [{ contents }] = outputFiles as [(typeof outputFiles)[number]];
    const file = join(folder, `dependency-${i}.js`);
    await writeFile(file, contents);
    files.set(name, { file, bytes: contents.length });
  }
  const rounds = Math.min(runs, 15);
  const found = await alternating(
    rounds,
    Object.fromEntries(
      [...files].map(([name, { file }]) => [
        name,
        () => runWorker<{ readonly cpuMs: number; readonly wallMs: number }>(node, [worker, file]),
      ]),
    ),
  );
  return {
    name: "dependencies",
    title: "what loading a dependency costs a cold process",
    head: ["dependency", "kB", "wall", "processor time", "in the authorizer"],
    rows: [...files].map(([name, { bytes }]) => [
      name,
      name.startsWith("node:") ? "" : (bytes / 1000).toFixed(1),
      ms(median((found[name] ?? []).map(({ answer }) => answer.wallMs))),
      ms(median((found[name] ?? []).map(({ answer }) => answer.cpuMs))),
      loads[name]?.has ?? "",
    ]),
    note: `Node ${nodeVersion}; medians of ${rounds} rounds; bundled and minified each alone, after node:crypto.`,
    goals: [],
  };
}
