// What the operator's command refuses before anything is asked of AWS, and what a dry run promises.

import { createPrivateKey } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCsr } from "#pki/csr.ts";
import { formatName } from "#pki/name.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { keyTypes, makeKey, makeRequest, writeClientFiles } from "../../../cli/ca/client-files.ts";
import { printable, table } from "../../../cli/terminal.ts";
import { runCa } from "./run-ca.ts";

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "mtls-api-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const issue = ["issue", "--env", "local", "--subject", "CN=partner-a", "--subject", "OU=Partners"];

test("without --yes nothing is asked and nothing is written", async () => {
  const output = join(folder, "dry");
  const ended = await runCa(...issue, "--output", output);
  expect(ended.code).toBe(0);
  expect(ended.stdout).toContain("nothing was changed: add --yes");
  expect(existsSync(output)).toBe(false);
});

test.each([
  ["an unknown environment", ["list", "--env", "nowhere"], 2, /one of .*dev/],
  ["no environment", ["list"], 2, /--env/],
  ["no subject", ["issue", "--env", "local"], 2, /--subject CN=/],
  ["a subject that is none", ["issue", "--env", "local", "--subject", "partner-a"], 2, /TYPE=value/],
  ["an unknown key type", [...issue, "--key-type", "P-192"], 2, /Allowed choices/],
  [
    "a reason that does not exist",
    ["revoke", "--env", "local", "--serial", "1", "--reason", "mood"],
    2,
    /Allowed choices/,
  ],
  [
    "two names for one certificate",
    ["revoke", "--env", "local", "--serial", "1", "--certificate", "x", "--reason", "superseded"],
    2,
    /one of them/,
  ],
  [
    "a serial that is none",
    ["revoke", "--env", "local", "--serial", "12xyz", "--reason", "superseded"],
    1,
    /serial/,
  ],
  ["an unknown command", ["destroy"], 2, /unknown command/],
  ["an unknown option", ["list", "--env", "local", "--al"], 2, /unknown option/],
])("%s: the reason and what is allowed, and the documented exit code", async (_, args, code, message) => {
  const ended = await runCa(...args);
  expect(ended.stderr).toMatch(message);
  expect(ended.code).toBe(code);
});

test("help shows examples and exit codes", async () => {
  const { stdout, code } = await runCa("--help");
  expect(code).toBe(0);
  expect(stdout).toContain("Examples:");
  expect(stdout).toContain("Exit codes:");
});

test("files in the way are not replaced, a key least of all", async () => {
  const output = mkdtempSync(join(folder, "taken-"));
  writeFileSync(join(output, "client-key.pem"), "mine");
  const ended = await runCa(...issue, "--output", output, "--yes");
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("client-key.pem already");
});

test.each(keyTypes)("a key of type %s comes with a request that proves its possession", (type) => {
  const key = makeKey(type);
  const pem = makeRequest(key, [{ type: "CN", value: "Müller, O=x" }], ["a.example.com"]);
  const csr = parseCsr(decodeOnePem(pem, "CERTIFICATE REQUEST"));
  expect(csr.publicKey.keyType).toBe(type);
  expect(formatName(csr.subject)).toContain("Müller");
  expect(csr.subjectAltNames).toMatchObject([{ kind: "dns", value: "a.example.com" }]);
});

test("key files are readable by their owner only, and the key is the one that was made", () => {
  const key = makeKey("P-256");
  const [keyFile, , , both] = writeClientFiles(join(folder, "files"), {
    key,
    certificate: "C\n",
    issuingCertificate: "I\n",
  });
  for (const path of [keyFile, both]) expect(statSync(path as string).mode & 0o777).toBe(0o600);
  expect(createPrivateKey(readFileSync(keyFile as string)).equals(key)).toBe(true);
});

test("foreign text cannot move the terminal's cursor", () => {
  expect(printable("a\r\n\u001b[2Jb\u202e")).toBe("a\\u{d}\\u{a}\\u{1b}[2Jb\\u{202e}");
  expect(table(["name"], [["x\ny"]]).split("\n")).toHaveLength(2);
});
