/** Runs a program of ours: `node scripts/run.mjs local/start [its arguments]`. */
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { installPackages, root } from "./packages.mjs";

const [entry, ...own] = process.argv.slice(2);
installPackages();
// Paths that a person types are relative to where they stand; npm tells where that was.
process.env.MTLS_API_FROM = process.env.INIT_CWD ?? process.cwd();
process.chdir(root);
// The SDK is pinned: which Node its later versions want is not the reader's concern.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
const { buildProgram } = await import("./build.mjs");
const source = [`${entry}/index.ts`, `${entry}.ts`].find((path) => existsSync(path));
if (!source) {
  process.stderr.write(`mtls-api: no program "${entry}"\n`);
  process.exit(1);
}
const file = await buildProgram(root, source);
process.argv = [process.argv[0], file, ...own];
await import(pathToFileURL(file).href);
