/** The real OpenSSL as judge: runs it in a temporary folder that is gone afterwards. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface OpensslResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
export interface OpensslFolder {
  readonly path: string;
  write(name: string, content: string | Buffer): Promise<string>;
  read(name: string): Promise<Buffer>;
  /** Never rejects because of an exit code: the code is the answer. */
  openssl(...args: readonly string[]): Promise<OpensslResult>;
  /** A whole line, where input comes from a file. */
  shell(line: string): Promise<OpensslResult>;
}

export async function withOpenssl<T>(use: (folder: OpensslFolder) => Promise<T>): Promise<T> {
  const path = await mkdtemp(join(tmpdir(), "openssl-"));
  const folder: OpensslFolder = {
    path,
    write: async (name, content) => {
      await writeFile(join(path, name), content, { mode: 0o600 });
      return join(path, name);
    },
    read: (name) => readFile(join(path, name)),
    openssl: (...args) => run(path, "openssl", args),
    shell: (line) => run(path, "sh", ["-c", line]),
  };
  try {
    return await use(folder);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

function run(cwd: string, program: string, args: readonly string[]): Promise<OpensslResult> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { cwd, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === "number") resolve({ code, stdout, stderr });
      else reject(error);
    });
  });
}
