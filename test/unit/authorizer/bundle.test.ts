import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

interface Bundle {
  readonly code: string;
  readonly inputs: readonly string[];
}

const root = join(__dirname, "../../..");

/** What the build makes of a function, by the build's own code. */
async function bundle(name: string): Promise<Bundle> {
  const build = pathToFileURL(join(root, "scripts/build.mjs")).href;
  const program = `
    const { bundleFunction } = await import(${JSON.stringify(build)});
    const { code, inputs } = await bundleFunction(${JSON.stringify(root)}, ${JSON.stringify(name)});
    process.stdout.write(JSON.stringify({ code: Buffer.from(code).toString("utf8"), inputs }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Bundle;
}

describe("the authorizer's bundle", () => {
  let made: Bundle;
  beforeAll(async () => {
    made = await bundle("authorizer");
  });

  test("is at most 100 kB, without SDK and schema library", () => {
    expect(Buffer.byteLength(made.code)).toBeLessThanOrEqual(100_000);
    const packages = new Set(
      made.inputs.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []),
    );
    expect([...packages].sort()).toEqual(["aws4"]);
  });

  test("holds nothing of local/, test/, config/ or stacks/, and no plain-http endpoint", () => {
    expect(made.inputs.filter((path) => /^(local|test|config|stacks|cli|ca)\//.test(path))).toEqual([]);
    expect(made.code).not.toMatch(/http:\/\/(?!127\.0\.0\.1|localhost)/);
  });
});
