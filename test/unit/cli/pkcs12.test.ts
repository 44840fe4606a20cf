/** The PKCS #12 file: what is in it, who can read it, and that its password never is an argument. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { makeKey, writeClientFiles } from "../../../cli/ca/client-files.ts";
import { readPassword, writePkcs12 } from "../../../cli/ca/pkcs12.ts";

const folder = mkdtempSync(join(tmpdir(), "mtls-api-p12-"));
const password = "correct horse $(battery)";
const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function files(): string {
  const at = mkdtempSync(join(folder, "client-"));
  const key = makeKey("P-256");
  const file = join(at, "made.pem");
  writeFileSync(file, key.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const args = ["req", "-x509", "-key", file, "-subj", "/CN=partner-a", "-days", "1"];
  const certificate = execFileSync("openssl", args, { encoding: "utf8" });
  writeClientFiles(at, { key, certificate, issuingCertificate: "" });
  return at;
}

test("holds key and certificate under the password, readable by its owner only", async () => {
  const at = files();
  const file = await writePkcs12(at, "partner-a", password);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const open = (secret: string) =>
    execFileSync("openssl", ["pkcs12", "-in", file, "-passin", "stdin", "-nodes"], {
      input: `${secret}\n`,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "ignore"],
    });
  expect(open(password)).toContain("BEGIN CERTIFICATE");
  expect(open(password)).toContain("PRIVATE KEY");
  expect(() => open("wrong password")).toThrow();
});

test("neither password nor key is an argument or a variable of OpenSSL's process", async () => {
  const at = files();
  const bin = mkdtempSync(join(folder, "bin-"));
  const spy = join(bin, "openssl");
  writeFileSync(
    spy,
    `#!/bin/sh\n{ echo "$@"; env; } > ${bin}/seen\nexec /usr/bin/env PATH="${path}" openssl "$@"\n`,
  );
  chmodSync(spy, 0o700);
  process.env.PATH = `${bin}${delimiter}${path}`;
  await writePkcs12(at, "partner-a", password);
  const seen = readFileSync(join(bin, "seen"), "utf8");
  expect(seen).toContain("pkcs12 -export");
  expect(seen).not.toContain(password);
  expect(seen).not.toContain("PRIVATE KEY");
});

test("without OpenSSL it says what to do, and leaves nothing behind", async () => {
  const at = files();
  process.env.PATH = mkdtempSync(join(folder, "empty-"));
  await expect(writePkcs12(at, "partner-a", password)).rejects.toMatchObject({ code: "no-openssl" });
  expect(() => statSync(join(at, "client.p12"))).toThrow("ENOENT");
});

test.each([
  ["a short one", "1234567"],
  ["an empty file", ""],
  ["letters that programs disagree on", "pässword-long"],
])("the password is not %s", async (_what, text) => {
  const file = join(folder, "password");
  writeFileSync(file, `${text}\nsecond line that is long enough\n`);
  await expect(readPassword(file)).rejects.toMatchObject({ code: "password" });
});

test("the password is the first line of its file; without a file there must be a terminal", async () => {
  const file = join(folder, "password");
  writeFileSync(file, `${password}\r\nmore\n`);
  expect(await readPassword(file)).toBe(password);
  if (!process.stdin.isTTY) await expect(readPassword(undefined)).rejects.toMatchObject({ code: "usage" });
  await expect(readPassword(join(folder, "none"))).rejects.toMatchObject({ code: "no-file" });
});
