/**
 * The build: TypeScript → one JavaScript file, and every function of lambdas/ → build/lambdas/<name>.zip.
 *
 * Archives are the same bytes for the same code (fixed dates, fixed order), so that a plan shows a function
 * only when its code has changed. Files appear whole (written aside, then renamed): two builds at once are safe.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { zipSync } from "fflate";

/** Zip knows no dates before 1980. */
const zipDate = new Date("1980-01-02T00:00:00Z");

/** The names of all functions: the folders of lambdas/ that have an index.ts. */
export function functionNames(root) {
  return readdirSync(join(root, "lambdas"))
    .filter((name) => existsSync(join(root, "lambdas", name, "index.ts")))
    .sort();
}

/**
 * The bundle of one function, as it runs in Lambda. `alias` puts other modules in the place of some (benches only).
 */
export function bundleFunction(root, name, alias = {}) {
  return bundle(root, join("lambdas", name, "index.ts"), { minify: true, alias });
}

/** One CommonJS file for Node 22 without any package beside it. */
async function bundle(root, entry, options = {}) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    legalComments: "none",
    outfile: "index.js",
    write: false,
    logLevel: "warning",
    // The SDK's debugging aids are of no use in what is deployed.
    define: { "process.env.NODE_DEBUG": "undefined" },
    metafile: true,
    ...options,
  });
  return {
    code: result.outputFiles[0].contents,
    inputs: Object.keys(result.metafile.inputs),
    parts: Object.values(result.metafile.outputs)[0].inputs,
  };
}

/** Writes build/lambdas/<name>.zip for every function. */
export async function buildFunctions(root) {
  await Promise.all(
    functionNames(root).map(async (name) => {
      const { code } = await bundleFunction(root, name);
      const archive = zipSync({ "index.js": code }, { mtime: zipDate, level: 9 });
      writeWhole(join(root, "build", "lambdas", `${name}.zip`), archive);
    }),
  );
}

/** The program that the private edge's instances run, as they run it: readable. */
export function bundleEdge(root) {
  return bundle(root, "edge/refresh/index.ts");
}

/** Writes build/edge/refresh.cjs; returns its path. */
export async function buildEdge(root) {
  const path = join(root, "build", "edge", "refresh.cjs");
  writeWhole(path, (await bundleEdge(root)).code);
  return path;
}

/**
 * Bundles a program of ours (packages stay outside); returns the file to run. As CommonJS it loads packages that are
 * CommonJS themselves (cdktf) a quarter faster.
 */
export async function buildProgram(root, entry, format = "esm") {
  const name = entry.replace(/\/index\.ts$|\.ts$/, "").replaceAll("/", "-");
  const outfile = join(root, "build", `${name}.${format === "cjs" ? "cjs" : "mjs"}`);
  const result = await build({
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    bundle: true,
    platform: "node",
    target: "node20",
    format,
    packages: "external",
    sourcemap: "inline",
    outfile,
    write: false,
    logLevel: "warning",
  });
  writeWhole(outfile, result.outputFiles[0].contents);
  return outfile;
}

function writeWhole(path, bytes) {
  mkdirSync(dirname(path), { recursive: true });
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, bytes);
  renameSync(aside, path);
}
