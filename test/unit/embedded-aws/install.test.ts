/** Installation, with a stand-in for Python: what is run, what stays, and what a failure leaves behind. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installEmbeddedAws } from "#local/aws/install.ts";

let at: string;
let path: string | undefined;

beforeEach(() => {
  at = mkdtempSync(join(tmpdir(), "install-"));
  mkdirSync(join(at, "bin"));
  mkdirSync(join(at, "local", "aws"), { recursive: true });
  writeFileSync(join(at, "local", "aws", "requirements.txt"), "ministack==1\n");
  path = process.env.PATH;
  process.env.PATH = `${join(at, "bin")}:/usr/bin:/bin`;
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(at, { recursive: true, force: true });
});

/** A python3 that answers our question, "makes" an environment by copying itself, and logs what it is asked. */
function fakePython(pip = "exit 0"): void {
  const script = `#!/bin/sh
case "$*" in
  *sys.version_info*) echo 3.12.1; echo True;;
  *"-m venv"*) for last; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python";;
  *) echo "$@" >> ${join(at, "asked")}; ${pip};;
esac
`;
  const file = join(at, "bin", "python3");
  writeFileSync(file, script);
  chmodSync(file, 0o755);
}
const options = () => ({ project: at });
const asked = () => readFileSync(join(at, "asked"), "utf8").trim().split("\n");
const environments = () => readdirSync(join(at, ".local", "aws"));

test("packages are installed by hash, once", async () => {
  fakePython();
  const first = await installEmbeddedAws(options());
  expect(first.isNew).toBe(true);
  expect(asked()).toHaveLength(1);
  expect(asked()[0]).toContain("--require-hashes");
  expect(await installEmbeddedAws(options())).toEqual({ python: first.python, isNew: false });
  expect(asked()).toHaveLength(1);
});

test("other requirements are installed anew", async () => {
  fakePython();
  const first = await installEmbeddedAws(options());
  writeFileSync(join(at, "local", "aws", "requirements.txt"), "ministack==2\n");
  const second = await installEmbeddedAws(options());
  expect(second.isNew).toBe(true);
  expect(second.python).not.toBe(first.python);
});

test("two at once end with one whole environment", async () => {
  fakePython();
  const both = await Promise.all([installEmbeddedAws(options()), installEmbeddedAws(options())]);
  expect(both[0].python).toBe(both[1].python);
  expect(environments()).toHaveLength(1);
});

test("a failed installation says why and leaves nothing that could be taken for an environment", async () => {
  fakePython("echo 'no matching distribution' >&2; exit 1");
  const refused = installEmbeddedAws(options());
  await expect(refused).rejects.toMatchObject({ code: "install" });
  await expect(refused).rejects.toThrow(/no matching distribution/);
  expect(environments()).toEqual([]);
});

test("what a killed run left is removed, what a living one is making is not", async () => {
  fakePython();
  const folder = join(at, ".local", "aws");
  const [dead, alive] = [`venv-${"a".repeat(16)}.999999999.1`, `venv-${"b".repeat(16)}.${process.ppid}.1`];
  for (const name of [dead, alive]) mkdirSync(join(folder, name), { recursive: true });
  await installEmbeddedAws(options());
  expect(environments()).toContain(alive);
  expect(environments()).not.toContain(dead);
});
