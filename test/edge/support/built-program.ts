/** The refresh program as the build makes it: its path. Jest cannot load the build itself, which is an ES module. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export function builtProgram(): string {
  const build = JSON.stringify(pathToFileURL(join(process.cwd(), "scripts/build.mjs")).href);
  const source = `const { buildEdge } = await import(${build});
process.stdout.write(await buildEdge(${JSON.stringify(process.cwd())}));`;
  return execFileSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8" });
}
