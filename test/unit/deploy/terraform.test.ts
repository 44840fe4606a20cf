/** What Terraform is asked for, by one that only notes it; and how it is asked to end. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endTerraform, runCommand, type TerraformSurroundings } from "#deploy/run-command.ts";
import { apply, planStack } from "#deploy/terraform.ts";

let at: TerraformSurroundings;
const asked = () => readFileSync(join(at.project, "asked"), "utf8").trim().split("\n");
const stack = (name: string) => join(at.project, "terraform/stacks", name);

beforeEach(() => {
  const project = mkdtempSync(join(tmpdir(), "mtls-api-terraform-"));
  at = { project, logs: project, environment: { PATH: `${join(project, "bin")}:/usr/bin:/bin` } };
  mkdirSync(join(project, "bin"));
  program(
    `echo "\${TF_DATA_DIR##*/} $@" >> ${project}/asked
case "$1" in
  plan) echo planned > plan ;;
  show) echo '{"resource_changes":[{"address":"a.b","change":{"actions":["create"],"before":null,"after":{"name":"n"}}}]}' ;;
esac`,
  );
  mkdirSync(stack("dev-ca"), { recursive: true });
});
afterEach(() => rmSync(at.project, { recursive: true, force: true }));

function program(text: string): void {
  const file = join(at.project, "bin/terraform");
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

function synthesized(role: string): void {
  const json = { provider: { aws: [{ assume_role: [{ role_arn: role }] }] } };
  writeFileSync(join(stack("dev-ca"), "cdk.tf.json"), JSON.stringify(json));
}
const role = `arn:aws:iam::111122223333:role/mtls-api-dev-\${var.access}`;

test("as the read-only role: its state, its providers, no lock, a backend of its own, and nothing stays", async () => {
  synthesized(role);
  const { changes } = await planStack(at, "dev-ca", "plan");
  expect(changes).toEqual([{ address: "a.b", name: "n", actions: ["create"], attributes: ["name"] }]);
  expect(asked()).toEqual([
    'read-only init -input=false -no-color -reconfigure -backend-config=assume_role={role_arn="arn:aws:iam::111122223333:role/mtls-api-dev-plan"}',
    "read-only plan -input=false -no-color -out=plan -lock=false -var=access=plan",
    "read-only show -json plan",
  ]);
  expect(existsSync(join(stack("dev-ca"), "plan"))).toBe(false);
});

test("as the deploy role: with the lock, and what was planned is what is applied", async () => {
  synthesized(role);
  await planStack(at, "dev-ca", "deploy");
  expect(existsSync(join(stack("dev-ca"), "plan"))).toBe(true);
  await apply(at, "dev-ca");
  expect(asked().map((line) => line.trim())).toEqual([
    "init -input=false -no-color",
    "plan -input=false -no-color -out=plan",
    "show -json plan",
    "apply -input=false -no-color plan",
  ]);
  expect(existsSync(join(stack("dev-ca"), "plan"))).toBe(false);
});

test.each(["arn:aws:iam::111122223333:role/mtls-api-dev-deploy", "", "arn:aws:iam::111122223333:role/admin"])(
  "a provider that would not read by the plan role (%p) is refused before Terraform runs",
  async (written) => {
    synthesized(written);
    await expect(planStack(at, "dev-ca", "plan")).rejects.toThrow(/does not depend on var\.access/);
    expect(existsSync(join(at.project, "asked"))).toBe(false);
  },
);

test("what failed is told in Terraform's words, without the file that it quotes", async () => {
  program("echo 'Error: no such thing' >&2; echo '   1: {\"secret\":\"of a whole stack\"}' >&2; exit 1");
  synthesized(role);
  const failed = planStack(at, "dev-ca", "deploy");
  await expect(failed).rejects.toThrow(/terraform init ended with 1:\nError: no such thing\n/);
  await expect(failed).rejects.not.toThrow(/whole stack/);
});

test("however often it is asked to end, Terraform hears of it once", async () => {
  const file = (name: string) => join(at.project, name);
  program(
    `trap 'echo interrupted >> ${file("heard")}' INT
touch ${file("begun")}
while [ ! -e ${file("go")} ]; do :; done`,
  );
  const running = runCommand(at, { program: "terraform", args: ["apply"], folder: at.project, log: "x" });
  await appeared(file("begun"));
  const ends = [endTerraform()];
  await appeared(file("heard"));
  ends.push(endTerraform(), endTerraform());
  writeFileSync(file("go"), "");
  await Promise.all([running, ...ends]);
  expect(readFileSync(file("heard"), "utf8")).toBe("interrupted\n");
});

async function appeared(file: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const watcher = watch(at.project, seen);
    function seen(): void {
      if (!existsSync(file)) return;
      watcher.close();
      resolve();
    }
    seen();
  });
}
