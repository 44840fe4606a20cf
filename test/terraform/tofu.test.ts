/**
 * OpenTofu accepts the committed stacks as Terraform does. Only where `tofu` is on PATH: nothing here installs it.
 * Providers come from its registry or, without a network, from a mirror that TF_CLI_CONFIG_FILE names.
 */
import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { functionEnvironment } from "#contract/function-environment.ts";

const root = resolve(__dirname, "../..");
const stacks = readdirSync(join(root, "terraform/stacks")).sort();
const isThere = spawnSync("tofu", ["version"]).status === 0;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mtls-api-tofu-"));
  mkdirSync(join(folder, "build/lambdas"), { recursive: true });
  // Any bytes: only their hash is asked for.
  for (const slug of Object.keys(functionEnvironment))
    writeFileSync(join(folder, "build/lambdas", `${slug}.zip`), slug);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function tofu(directory: string, ...parameters: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("tofu", parameters, {
    cwd: directory,
    env: { ...process.env, CHECKPOINT_DISABLE: "1", TF_PLUGIN_CACHE_DIR: "" },
    maxBuffer: 64 << 20,
  });
  return stdout;
}

(isThere ? test.each(stacks) : test.skip.each(stacks))(
  "tofu: %s is valid (skipped where tofu is not on PATH)",
  async (stack) => {
    const directory = join(folder, "terraform/stacks", stack);
    mkdirSync(directory, { recursive: true });
    cpSync(join(root, "terraform/stacks", stack, "cdk.tf.json"), join(directory, "cdk.tf.json"));
    await tofu(directory, "init", "-backend=false", "-input=false", "-no-color");
    expect(JSON.parse(await tofu(directory, "validate", "-json"))).toMatchObject({
      valid: true,
      error_count: 0,
    });
  },
  300_000,
);
