/** Invariant I13: the committed Terraform is what the code synthesizes, byte for byte. */

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
import { join, resolve } from "node:path";
import { environments } from "#config/environments.ts";
import { synthesize } from "./synthesized.ts";

const root = resolve(__dirname, "../..");
const committed = join(root, "terraform");
let fresh: string;

beforeAll(async () => {
  fresh = mkdtempSync(join(tmpdir(), "mtls-api-terraform-"));
  // main.ts itself, not a copy of what it does.
  process.env.CDKTF_OUTDIR = fresh;
  await import("../../main.ts");
});
afterAll(() => {
  delete process.env.CDKTF_OUTDIR;
  rmSync(fresh, { recursive: true, force: true });
});

/** What is committed of terraform/: the manifest and one file a stack. */
function files(folder: string): string[] {
  const stacks = existsSync(join(folder, "stacks")) ? readdirSync(join(folder, "stacks")).sort() : [];
  return ["manifest.json", ...stacks.map((stack) => `stacks/${stack}/cdk.tf.json`)].filter((file) =>
    existsSync(join(folder, file)),
  );
}

/** Unified diff, committed against synthesized; empty when they are the same. */
function difference(left: string, right: string): string {
  const names = [...new Set([...files(left), ...files(right)])];
  return names
    .filter((name) => read(left, name) !== read(right, name))
    .map((name) => {
      const pair = [join(left, name), join(right, name)].map((path) =>
        existsSync(path) ? path : "/dev/null",
      );
      const { stdout } = spawnSync(
        "diff",
        ["-u", "--label", `committed/${name}`, "--label", `synthesized/${name}`, ...pair],
        {
          encoding: "utf8",
          maxBuffer: 64 << 20,
        },
      );
      return stdout || `${name} differs`;
    })
    .join("\n");
}

const read = (folder: string, name: string) =>
  existsSync(join(folder, name)) ? readFileSync(join(folder, name)).toString("utf8") : undefined;

test("terraform/ is what the code synthesizes (if not: npm run synth, review, commit)", () => {
  expect(difference(committed, fresh)).toBe("");
});

test("a stale byte, a missing and a surplus stack are seen", () => {
  const copy = mkdtempSync(join(tmpdir(), "mtls-api-stale-"));
  try {
    cpSync(fresh, copy, { recursive: true });
    expect(difference(copy, fresh)).toBe("");
    rmSync(join(copy, "stacks/dev-api"), { recursive: true });
    expect(difference(copy, fresh)).toContain("+++ synthesized/stacks/dev-api/cdk.tf.json");
    expect(difference(fresh, copy)).toContain("--- committed/stacks/dev-api/cdk.tf.json");
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

test("a function's code is no part of it: Terraform takes the hash when it plans", () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "mtls-api-elsewhere-"));
  const before = process.cwd();
  try {
    mkdirSync(join(elsewhere, "build/lambdas"), { recursive: true });
    writeFileSync(join(elsewhere, "build/lambdas/authorizer.zip"), "other code");
    process.chdir(elsewhere);
    for (const { name, text } of synthesize(environments))
      expect([name, text]).toEqual([name, read(fresh, `stacks/${name}/cdk.tf.json`)]);
  } finally {
    process.chdir(before);
    rmSync(elsewhere, { recursive: true, force: true });
  }
});

test("nothing of a Terraform run is committed beside it", () => {
  const { stdout } = spawnSync("git", ["ls-files", "terraform"], { cwd: root, encoding: "utf8" });
  const tracked = stdout.split("\n").filter(Boolean);
  // In an archive without git there is nothing to ask.
  if (!existsSync(join(root, ".git"))) return;
  expect(
    tracked.filter((path) => !/^terraform\/(manifest\.json|stacks\/[a-z0-9-]+\/cdk\.tf\.json)$/.test(path)),
  ).toEqual([]);
});
