/**
 * The key and its certificates as one PKCS #12 file, made by OpenSSL. The key goes by the file that was just written
 * (mode 600), the password by standard input: neither is ever an argument or an environment variable.
 */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { CommandError, exitCodes } from "../terminal.ts";
import { fromWhereTyped } from "../where-typed.ts";
import { clientFileNames } from "./client-files.ts";

export const pkcs12Name = "client.p12";
const shortest = 8;

/** From the first line of a file, or asked for twice on a terminal. */
export async function readPassword(file: string | undefined): Promise<string> {
  const password = file === undefined ? await askTwice() : fromFile(fromWhereTyped(file));
  if (password.length >= shortest && !/[^\x20-\x7e]/.test(password)) return password;
  throw new CommandError(
    "password",
    `a .p12 password has at least ${shortest} printable ASCII characters: programs disagree on others`,
    exitCodes.usage,
  );
}

export async function writePkcs12(folder: string, name: string, password: string): Promise<string> {
  const path = join(folder, pkcs12Name);
  const aside = `${path}.${process.pid}`;
  // The file is there, with its mode, before OpenSSL opens it.
  writeFileSync(aside, "", { mode: 0o600, flag: "wx" });
  try {
    await openssl(
      [
        ...["pkcs12", "-export", "-inkey", join(folder, clientFileNames.key)],
        ...["-in", join(folder, clientFileNames.chain), "-name", name],
        ...["-passout", "stdin", "-out", aside],
      ],
      `${password}\n`,
    );
    chmodSync(aside, 0o600);
    renameSync(aside, path);
    return path;
  } finally {
    rmSync(aside, { force: true });
  }
}

function openssl(args: readonly string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("openssl", args, { env: process.env, stdio: ["pipe", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    // A child that ends before it has read everything says so by its exit code.
    child.stdin.on("error", () => undefined);
    child.on("error", () =>
      reject(
        new CommandError(
          "no-openssl",
          "--p12 needs OpenSSL: no openssl on PATH; install it, or leave --p12 out",
        ),
      ),
    );
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new CommandError("openssl", `openssl pkcs12 failed: ${stderr.trim()}`)),
    );
    child.stdin.end(input);
  });
}

function fromFile(path: string): string {
  if (!existsSync(path)) throw new CommandError("no-file", `${path}: no such file`, exitCodes.usage);
  return readFileSync(path, "utf8").split(/\r?\n/, 1)[0] ?? "";
}

async function askTwice(): Promise<string> {
  if (!process.stdin.isTTY)
    throw new CommandError(
      "usage",
      "--p12 asks for a password on a terminal: without one, name a file by --p12-password-file",
      exitCodes.usage,
    );
  const password = await ask("password of the .p12 file: ");
  if ((await ask("again: ")) === password) return password;
  throw new CommandError(
    "password",
    "the two passwords differ: nothing was asked of the CA",
    exitCodes.usage,
  );
}

/** What is typed is not shown. */
function ask(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question);
  return new Promise((resolve) => {
    lines.once("line", (line) => {
      lines.close();
      process.stderr.write("\n");
      resolve(line);
    });
  });
}
