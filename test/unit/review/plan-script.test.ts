/** `scripts/plan.mjs`, against a Terraform that only notes what it was asked. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
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
import type { Json } from "./sample.ts";

const script = resolve(__dirname, "../../../scripts/plan.mjs");
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mtls-api-plan-"));
  mkdirSync(join(root, "bin"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const deployRole = `arn:aws:iam::111122223333:role/mtls-api-dev-\${var.access}`;
const provider = (role: string) => ({ provider: { aws: [{ assume_role: [{ role_arn: role }] }] } });

function stack(name: string, json: Json): void {
  mkdirSync(join(root, "terraform/stacks", name), { recursive: true });
  writeFileSync(join(root, "terraform/stacks", name, "cdk.tf.json"), JSON.stringify(json));
}

/** `planned`: what `terraform plan` does, in shell. */
function run(planned: string, ...parameters: string[]) {
  const terraform = join(root, "bin/terraform");
  writeFileSync(
    terraform,
    `#!/bin/sh
echo "$@" >> "${root}/asked"
case "$2" in
  plan) ${planned} ;;
  show) echo '{"shown":true}' ;;
esac
`,
  );
  chmodSync(terraform, 0o755);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...parameters], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, PATH: `${join(root, "bin")}:${process.env.PATH}` },
  });
  return { status, stdout, stderr };
}

const left = () => readdirSync(join(root, "terraform/stacks/dev-ca"));

test("plans with the read-only role, without a lock, the CA first, and leaves the stacks as they were", () => {
  stack("dev-api", provider(deployRole));
  stack("dev-ca", provider(deployRole));
  stack("other-ca", provider(deployRole));
  expect(run("exit 2", "dev", "plans")).toMatchObject({
    status: 0,
    stdout: "dev-ca: changes\ndev-api: changes\n",
  });
  const asked = readFileSync(join(root, "asked"), "utf8").split("\n");
  expect(asked[0]).toContain(
    `init -input=false -no-color -reconfigure -backend-config=assume_role={role_arn="arn:aws:iam::111122223333:role/mtls-api-dev-plan"}`,
  );
  expect(asked[1]).toMatch(
    /^-chdir=terraform\/stacks\/dev-ca plan .*-lock=false -var=access=plan -detailed-exitcode -out=/,
  );
  expect(asked.join("\n")).not.toContain("apply");
  expect(asked.join("\n")).not.toContain("-deploy");
  expect(JSON.parse(readFileSync(join(root, "plans/dev-api.json"), "utf8"))).toEqual({ shown: true });
  expect(readdirSync(join(root, "plans")).sort()).toEqual(["dev-api.json", "dev-ca.json"]);
  expect(left()).toEqual(["cdk.tf.json"]);
});

test("drift is an error only when asked for", () => {
  stack("dev-ca", provider(deployRole));
  expect(run("exit 2", "dev", "plans", "--drift")).toMatchObject({
    status: 3,
    stderr: expect.stringContaining("dev-ca: what is deployed is not"),
  });
  expect(run("exit 0", "dev", "plans", "--drift").status).toBe(0);
});

test("an API whose CA is not deployed yet is pending, any other failure ends, and nothing stays behind", () => {
  stack("dev-ca", provider(deployRole));
  expect(run("echo 'Error: Unable to find remote state' >&2; exit 1", "dev", "plans")).toMatchObject({
    status: 0,
    stdout: "dev-ca: pending CA (dev-ca is not deployed yet)\n",
  });
  expect(run("echo 'Error: no' >&2; exit 1", "dev", "plans")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("Error: no"),
  });
  expect(left()).toEqual(["cdk.tf.json"]);
});

test.each<readonly [string, Json, readonly string[], number]>([
  ["an unknown environment", provider(deployRole), ["production", "plans"], 2],
  ["an unknown flag", provider(deployRole), ["dev", "plans", "--apply"], 2],
  ["no folder", provider(deployRole), ["dev"], 2],
  ["a provider without a role", { provider: { aws: [{}] } }, ["dev", "plans"], 1],
  [
    "a role that is always the deploy role",
    provider("arn:aws:iam::111122223333:role/mtls-api-dev-deploy"),
    ["dev", "plans"],
    1,
  ],
  ["a role of another kind", provider("arn:aws:iam::111122223333:role/admin"), ["dev", "plans"], 1],
])("%s is refused before Terraform runs", (_what, json, parameters, status) => {
  stack("dev-ca", json);
  expect(run("exit 0", ...parameters).status).toBe(status);
  expect(existsSync(join(root, "asked"))).toBe(false);
});
