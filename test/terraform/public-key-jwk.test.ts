/**
 * The JWK of a KMS key is computed by Terraform's own expressions (stacks/api/public-key-jwk.ts): here Terraform
 * computes them, as committed, for some keys, and node:crypto says what they are.
 */
import { execFileSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const stack = JSON.parse(
  readFileSync(resolve(__dirname, "../../terraform/stacks/local-api/cdk.tf.json"), "utf8"),
) as { readonly locals: Readonly<Record<string, string>> };
const folder = mkdtempSync(join(tmpdir(), "mtls-api-jwk-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Those of the backend's key; the stack has others. */
const jwkLocals = Object.entries(stack.locals).filter(([name]) => name.startsWith("backend-keys_"));

/** The stack's locals for one key, under names of their own. */
function localsFor(key: string, index: number): Record<string, string> {
  return Object.fromEntries(
    jwkLocals.map(([name, expression]) => [
      `${name}-${index}`,
      expression
        .replace(/data\.aws_kms_public_key\.[\w-]+\.public_key/g, JSON.stringify(key))
        .replace(/local\.[\w-]+/g, (reference) => `${reference}-${index}`),
    ]),
  );
}

const keys = (): string[] =>
  Array.from({ length: 6 }, () =>
    generateKeyPairSync("ec", { namedCurve: "P-256" })
      .publicKey.export({ type: "spki", format: "der" })
      .toString("base64"),
  );

test("x and y are those of the key", () => {
  const all = keys();
  const locals = Object.assign({}, ...all.map(localsFor)) as Record<string, string>;
  const names = ["x", "y"].map((one) =>
    Object.keys(stack.locals).find((name) => name.includes(`-jwk-${one}_`)),
  );
  const output = Object.fromEntries(
    all.map((_, index) => [`k${index}`, { value: names.map((name) => `\${local.${name}-${index}}`) }]),
  );
  writeFileSync(join(folder, "main.tf.json"), JSON.stringify({ locals, output }));
  const environment = {
    PATH: process.env.PATH,
    HOME: folder,
    CHECKPOINT_DISABLE: "1",
    TF_IN_AUTOMATION: "1",
  };
  const terraform = (...args: string[]) =>
    execFileSync("terraform", args, { cwd: folder, env: environment, encoding: "utf8" });
  terraform("init", "-input=false");
  terraform("apply", "-auto-approve", "-input=false");
  const outputs = JSON.parse(terraform("output", "-json")) as Record<string, { value: [string, string] }>;
  all.forEach((key, index) => {
    const [x, y] = outputs[`k${index}`]?.value ?? [];
    const jwk: JsonWebKey = { kty: "EC", crv: "P-256", ...(x ? { x } : {}), ...(y ? { y } : {}) };
    const expected = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
    expect({ x, y, kty: "EC", crv: "P-256" }).toEqual(expected.export({ format: "jwk" }));
    expect(createPublicKey({ key: jwk, format: "jwk" }).equals(expected)).toBe(true);
  });
}, 60_000);
