/**
 * `npm start -- --environment tls --check`: engine tls applied by the real Terraform with hashicorp/tls, and called
 * with the certificates that it made. Where neither a registry nor Go gives that provider, this fails and says so.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Row {
  readonly what: string;
  readonly expected: string;
  readonly got: string;
  readonly passed: boolean;
}

const minutes = 60_000;
const output = mkdtempSync(join(tmpdir(), "mtls-api-tls-"));
let exitCode: number | null = null;
let rows: readonly Row[] = [];

beforeAll(async () => {
  const child = spawn(
    process.execPath,
    ["scripts/run.mjs", "local/start", "--environment", "tls", "--check", "--json", "--output", output],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  child.stderr.setEncoding("utf8").on("data", (text: string) => process.stderr.write(text));
  exitCode = await new Promise((resolve) => child.on("close", resolve));
  rows = (JSON.parse(readFileSync(join(output, "report.json"), "utf8")) as { rows: Row[] }).rows;
}, 20 * minutes);

afterAll(() => rmSync(output, { recursive: true, force: true }));

test.each([
  "the client that Terraform made is answered",
  "its audit line says that revocation is off",
  "without a certificate the connection is closed",
  "a self-signed certificate is refused",
  "a certificate that no rule names is refused",
  "a client that both let in, at the first",
  "… and at the second",
  "what only the first allows it, at the second",
  "a client that only the second lets in, there",
  "… and at the first",
  "no certificate, at the second",
  "a self-signed one, at the second",
  "connected to the first, Host of the second",
  "the second's authorizer decided, in its own region",
  "doctor on both, with calls to both",
  "plan of tls-ca after the deployment",
  "plan of tls-api after the deployment",
  "plan of tls-ireland after the deployment",
  "private keys in the CA's state",
  "private keys in the state of api",
  "private keys in the state of ireland",
  "destroyed: nothing is left in the account and region of ireland",
])("%s", (what) => {
  expect(rows.filter((row) => row.what === what)).toMatchObject([{ passed: true }]);
});

test("nothing else failed", () => {
  expect(rows.filter((row) => !row.passed)).toEqual([]);
  expect(exitCode).toBe(0);
});
