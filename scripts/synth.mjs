/**
 * Build and synthesis, and docs/openapi.json: `npm run synth`, and what `cdktf` calls before it plans, deploys or destroys. Functions
 * are built first, because Terraform takes the hash of their archives when it plans.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { installPackages, root } from "./packages.mjs";

installPackages();
process.chdir(root);
process.env.CDKTF_OUTDIR ??= "terraform";
const { buildEdge, buildFunctions, buildProgram } = await import("./build.mjs");
const [, , main, contract] = await Promise.all([
  buildFunctions(root),
  buildEdge(root),
  buildProgram(root, "main.ts", "cjs"),
  buildProgram(root, "contract/openapi.ts"),
]);
withoutTokenTraces();
try {
  await import(pathToFileURL(main).href);
} catch (error) {
  // A mistake in the configuration is the reader's business; a stack trace is not.
  if (error?.name !== "ConfigError") throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
const { openApi } = await import(pathToFileURL(contract).href);
mkdirSync("docs", { recursive: true });
writeFileSync("docs/openapi.json", `${JSON.stringify(openApi(), null, 2)}\n`);

/**
 * CDKTF writes down where each of its tokens was made, which nothing here shows, at a third of the time of a
 * synthesis. Errors keep their traces.
 */
function withoutTokenTraces() {
  const capture = Error.captureStackTrace;
  Error.captureStackTrace = (target, below) => {
    if (target instanceof Error) capture(target, below);
  };
}
