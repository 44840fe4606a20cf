/** What runs on instances, as the build makes it. */
import { execFileSync } from "node:child_process";
import { pathToFileURL } from "node:url";

const build = pathToFileURL(`${process.cwd()}/scripts/build.mjs`).href;
const program = `
  const { bundleEdge } = await import(${JSON.stringify(build)});
  const { code, inputs } = await bundleEdge(${JSON.stringify(process.cwd())});
  process.stdout.write(JSON.stringify({ code: Buffer.from(code).toString("utf8"), inputs }));`;
const { code, inputs }: { code: string; inputs: string[] } = JSON.parse(
  execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  }),
);

test("is made of contract, pki, aws and edge, and one package", () => {
  const folders = new Set(
    inputs.filter((path) => !path.startsWith("node_modules/")).map((path) => path.split("/")[0]),
  );
  expect([...folders].sort()).toEqual(["aws", "contract", "edge", "pki"]);
  const packages = new Set(
    inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []),
  );
  expect([...packages]).toEqual(["aws4"]);
});

test("asks nobody by plain http but the instance's own metadata service and loopback", () => {
  expect(code.match(/http:\/\/[^\s"'`<>\\)$]+/g)).toEqual(["http://169.254.169.254"]);
});

test("is small enough to be read by whoever audits an instance", () => {
  expect(code.length).toBeLessThan(200_000);
});
