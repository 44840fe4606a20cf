/** Workflows are sound by actionlint, and hold nothing that moves, nothing that may more than it needs. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { environments } from "#config/environments.ts";
import { findActionlint } from "./actionlint.ts";

const root = resolve(__dirname, "../..");
const folder = join(root, ".github/workflows");
const workflows = readdirSync(folder).map(
  (name) => [name, readFileSync(join(folder, name), "utf8")] as const,
);
const actions = [
  ...workflows,
  ["prepare", readFileSync(join(root, ".github/actions/prepare/action.yml"), "utf8")] as const,
];
const scripts = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts;

const actionlint = findActionlint(root);
(actionlint === undefined ? test.skip : test)(
  "actionlint finds nothing (skipped where neither it nor Go can be had)",
  () => {
    const { status, stdout } = spawnSync(actionlint as string, ["-color=false"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  },
);

/** What is wrong with a workflow, line by line. */
function mistakes(text: string): readonly string[] {
  const lines = text.split("\n");
  const uses = lines.filter((line) => /^\s*(- )?uses:/.test(line));
  const jobs = text
    .slice(text.indexOf("\njobs:"))
    .split(/\n(?= {2}[\w-]+:\n)/)
    .slice(1);
  return [
    ...uses
      .filter((line) => !/uses: (\.\/[\w./-]+|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/.test(line))
      .map((line) => `not pinned: ${line.trim()}`),
    ...lines
      .filter((line) => /\$\{\{/.test(line) && /^\s*(- )?run:/.test(line))
      .map((line) => `an expression in a script: ${line.trim()}`),
    ...(/^permissions: \{\}$/m.test(text) ? [] : ["permissions of the workflow are not none"]),
    ...jobs
      .filter((job) => !/^ {4}permissions:/m.test(job))
      .map((job) => `no permissions of its own: ${job.split("\n")[0]?.trim()}`),
    ...jobs
      .filter((job) => !/^ {4}(timeout-minutes: \d+|uses: .*)$/m.test(job))
      .map((job) => `no end: ${job.split("\n")[0]?.trim()}`),
    ...(/pull_request_target|workflow_run|write-all|secrets:\s*inherit/.test(text)
      ? ["a trigger or a permission that strangers reach"]
      : []),
  ];
}

test.each(workflows)("%s is pinned, bounded, and may little", (_name, text) => {
  expect(mistakes(text)).toEqual([]);
});

test.each([
  ["a tag", (text: string) => text.replace(/@[0-9a-f]{40} # v/, "@v"), /not pinned/],
  [
    "an expression in a script",
    (text: string) => text.replace("- run: npm run synth", `- run: echo \${{ github.head_ref }}`),
    /an expression in a script/,
  ],
  [
    "all permissions",
    (text: string) => text.replace("\npermissions: {}\n", "\n"),
    /permissions of the workflow/,
  ],
  [
    "a job with inherited permissions",
    (text: string) => text.replace(/ {4}permissions:\n( {6}.*\n)+/, ""),
    /no permissions of its own/,
  ],
  ["a job without an end", (text: string) => text.replace(/ {4}timeout-minutes: \d+\n/, ""), /no end/],
  [
    "a trigger with our secrets",
    (text: string) => text.replace("on: pull_request", "on: pull_request_target"),
    /strangers/,
  ],
])("%s would be found", (_what, change, message) => {
  const text = readFileSync(join(folder, "pull-request.yml"), "utf8");
  expect(mistakes(text)).toEqual([]);
  expect(change(text)).not.toBe(text);
  expect(mistakes(change(text))).toContainEqual(expect.stringMatching(message));
});

test("environments and commands that workflows name exist", () => {
  const known = environments.map(({ name }) => name);
  for (const [, text] of actions) {
    const named = [
      ...[...text.matchAll(/environment: \[([^\]]+)\]/g)].flatMap(([, list = ""]) => list.split(", ")),
      ...[...text.matchAll(/^ {6}environment: ([\w-]+)$/gm)].map(([, name = ""]) => name),
    ];
    expect(known).toEqual(expect.arrayContaining(named));
    for (const [, script = ""] of text.matchAll(/npm run (?:-s )?([\w-]+)/g))
      expect(scripts).toHaveProperty(script);
    for (const [, file = ""] of text.matchAll(/node (scripts\/[\w.-]+)/g))
      expect(existsSync(join(root, file))).toBe(true);
  }
});
