// `npm start` when something is wrong: one message with what to do, an exit code, nothing left running or lying about.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

jest.setTimeout(60_000);

const scratch = mkdtempSync(join(tmpdir(), "mtls-api-start-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly text: string;
}

function start(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...environment };
    execFile(
      process.execPath,
      ["scripts/run.mjs", "local/start", ...args],
      { env, timeout: 55_000 },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? 99) : 0, text: stdout + stderr });
      },
    );
  });
}

/** A PATH on which nothing is found but what is named. */
function pathWith(name: string, files: Record<string, string>): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  symlinkSync(process.execPath, join(folder, "node"));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text, { mode: 0o755 });
  return folder;
}

const runFolders = () =>
  (existsSync(".local") ? readdirSync(".local") : []).filter((name) => /^run-/.test(name));

test.each([
  ["no Python", { PATH: pathWith("empty", {}) }, /Python 3\.\d+ or newer/],
  [
    "no Terraform",
    { PATH: [pathWith("no-terraform", {}), ...pythonFolders()].join(delimiter) },
    /Terraform 1\.11 or newer is needed; no terraform was found on PATH/,
  ],
  [
    "an old Terraform",
    {
      PATH: [
        pathWith("old-terraform", { terraform: '#!/bin/sh\necho \'{"terraform_version":"1.5.7"}\'\n' }),
        ...pythonFolders(),
      ].join(delimiter),
    },
    /found 1\.5\.7 on PATH/,
  ],
  [
    "a provider folder that lacks the provider",
    { TF_PROVIDER_MIRROR: scratch },
    /TF_PROVIDER_MIRROR is .*which lacks it/,
  ],
])("%s: says what is needed and what to do", async (_, environment, message) => {
  const before = runFolders();
  const { code, text } = await start(["--check"], environment);
  expect(text).toMatch(message);
  expect(text).not.toMatch(/\n\s+at /);
  expect(code).toBe(1);
  expect(runFolders().filter((name) => !before.includes(name))).toEqual([]);
});

test("a port that is taken is told before anything is deployed", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const { code, text } = await start(["--port", String(port)]);
  server.close();
  expect(text).toMatch(/cannot be used on 127\.0\.0\.1 \(EADDRINUSE\)/);
  expect(code).toBe(1);
});

test.each([
  ["a port that is none", ["--port", "seventy"], /expected a port from 1 to 65535/],
  ["an unknown option", ["--chekc"], /unknown option/],
])("%s is refused", async (_, args, message) => {
  const { code, text } = await start(args);
  expect(text).toMatch(message);
  expect(code).toBe(1);
});

test("an output folder that cannot be written is told before anything is started", async () => {
  const file = join(scratch, "a-file");
  writeFileSync(file, "");
  const { code, text } = await start(["--check", "--output", join(file, "results")]);
  expect(text).toMatch(/--output .* cannot be written/);
  expect(code).toBe(1);
});

/** Where this machine's Python is, so that it is found while Terraform is not. */
function pythonFolders(): string[] {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => existsSync(join(folder, "python3")) && !existsSync(join(folder, "terraform")))
    .concat(dirname("/bin/sh"));
}
