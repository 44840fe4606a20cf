/**
 * `npm run try-next-versions -- STEP [PART…]`: what happens to this project with the versions that come after today's.
 *
 * Copies what git would commit into a folder of its own, changes the packages as the step says, installs them, synthesizes,
 * and runs parts of `npm test` there (types, unit, synth when none is named). Prints how the synthesized Terraform
 * differs, and the tests' result; exits with theirs. The project itself is not touched. It proves what can be proven
 * without the provider's binary: that it applies is for a sandbox account (docs/decisions/0011).
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "./packages.mjs";

/** Packages of each step: a version, or null where one goes. `runtime`: what that provider knows and today's does not. */
const steps = {
  "aws-6": { packages: { "@cdktf/provider-aws": "21.22.1" }, runtime: "nodejs24.x" },
  cdktn: {
    packages: {
      cdktf: "npm:cdktn@0.24.0",
      "@cdktf/provider-aws": "npm:@cdktn/provider-aws@25.7.0",
      constructs: "10.7.2",
      // Its command is the only part that wants Node 22.
      "cdktf-cli": null,
    },
    runtime: "nodejs24.x",
  },
};

const [name, ...asked] = process.argv.slice(2);
const step = steps[name];
if (!step)
  end(2, `usage: npm run try-next-versions -- STEP [PART…]; steps: ${Object.keys(steps).join(", ")}`);
const parts = asked.length > 0 ? asked : ["types", "unit", "synth"];

const folder = mkdtempSync(join(tmpdir(), `mtls-api-${name}-`));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

copyProject();
changePackages();
run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
const edited = changeSources();
run("npm", ["run", "-s", "synth"]);
say(`\n${name}: ${described(step.packages)}`);
say(`\nsources that must change (${edited.length} files):`);
for (const line of edited) say(`  ${line}`);
say("\nthe synthesized Terraform, what differs (stacks):");
for (const line of differences()) say(`  ${line}`);
say("");
process.exit(run("npm", ["test", "--", ...parts], { mayFail: true }));

function copyProject() {
  const known = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const files = new Set(capture("git", known, root).split("\0").filter(Boolean));
  for (const file of files) {
    if (!existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
}

function changePackages() {
  const file = join(folder, "package.json");
  const json = JSON.parse(readFileSync(file, "utf8"));
  for (const [one, version] of Object.entries(step.packages)) {
    if (version === null) delete json.dependencies[one];
    else json.dependencies[one] = version;
  }
  writeFileSync(file, `${JSON.stringify(json, null, 2)}\n`);
}

/** The provider's version where our own code pins it, and the runtime of the functions. */
function changeSources() {
  const pinOf = (project) =>
    JSON.parse(readFileSync(join(project, "node_modules/@cdktf/provider-aws/package.json"), "utf8")).cdktf
      .provider.version;
  const changes = [
    [pinOf(root), pinOf(folder)],
    ["nodejs22.x", step.runtime],
  ];
  const lines = [];
  for (const file of capture("git", ["ls-files", "-z", "*.ts"], root).split("\0").filter(Boolean)) {
    const path = join(folder, file);
    if (!existsSync(path)) continue;
    let text = readFileSync(path, "utf8");
    for (const [from, to] of changes) {
      if (!text.includes(`"${from}"`)) continue;
      text = text.replaceAll(`"${from}"`, `"${to}"`);
      lines.push(`${file}: ${from} → ${to}`);
    }
    writeFileSync(path, text);
  }
  return lines;
}

/** Every value that differs, by its path without the stack; how many stacks have it. */
function differences() {
  const found = new Map();
  for (const stack of readdirSync(join(root, "terraform/stacks"))) {
    const read = (project) =>
      JSON.parse(readFileSync(join(project, "terraform/stacks", stack, "cdk.tf.json"), "utf8"));
    for (const line of new Set(compare(read(root), read(folder), [])))
      found.set(line, (found.get(line) ?? 0) + 1);
  }
  const lines = [...found].map(([line, stacks]) => `${line} (${stacks})`);
  return lines.length > 0 ? lines.sort() : ["nothing"];
}

function compare(before, after, path) {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const isTree = (value) => typeof value === "object" && value !== null;
  if (isTree(before) && isTree(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      compare(before[key], after[key], [...path, key]),
    );
  // The name of a resource says nothing here: its type and the attribute do.
  const where = path[0] === "resource" || path[0] === "data" ? [path[1], ...path.slice(3)] : path;
  const short = (value) => (value === undefined ? "absent" : JSON.stringify(value).slice(0, 60));
  return [`${where.join(".")}: ${short(before)} → ${short(after)}`];
}

function run(command, words, { mayFail = false } = {}) {
  const { status, error } = spawnSync(command, words, {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (error || (status !== 0 && !mayFail))
    end(1, `${command} ${words.join(" ")}: ${error?.message ?? status}`);
  return status ?? 1;
}

function capture(command, words, cwd) {
  const { status, stdout, error } = spawnSync(command, words, { cwd, encoding: "utf8", maxBuffer: 64 << 20 });
  if (error || status !== 0)
    end(1, `${command} ${words.join(" ")} failed: is this a clone of the repository?`);
  return stdout;
}

function described(packages) {
  return Object.entries(packages)
    .map(([one, version]) => `${one} ${version ?? "removed"}`)
    .join(", ");
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

function end(status, text) {
  process.stderr.write(`${text}\n`);
  process.exit(status);
}
