// Invariant I14: what is deployed holds nothing of this machine's system, no test clock, no plain-http endpoint; each
// rule is held against a bundle that breaks it.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

jest.setTimeout(120_000);

interface Bundle {
  readonly name: string;
  readonly text: string;
  readonly inputs: readonly string[];
}

/** Plain http that the SDK carries: who answers is this machine itself, or it is a name and no address. */
const knownHttp = new Map([
  ["http://169.254.169.254", "EC2's metadata service, asked only where there is no Lambda role"],
  ["http://[fd00:ec2::254]", "the same by IPv6"],
  ["http://169.254.170.2", "ECS's credentials, asked only where there is no Lambda role"],
  ["http://localhost:8000", "a default of the SDK's endpoint rules for DynamoDB Local, never chosen on AWS"],
  ["http://dynamodb.amazonaws.com/doc/2012-08-10/", "an XML namespace"],
  ["http://s3.amazonaws.com/doc/2006-03-01/", "an XML namespace"],
  ["http://www.w3.org/2001/XMLSchema-instance", "an XML namespace"],
  ["http://monitoring.amazonaws.com/doc/2010-08-01/", "an XML namespace"],
  ["http://events.amazonaws.com/doc/2015-10-07", "an XML namespace"],
]);

const rules: Readonly<Record<string, (bundle: Bundle) => readonly string[]>> = {
  "nothing of local/, cli/, config/, stacks/ or test/": ({ inputs }) =>
    inputs.filter((path) => /^(local|cli|config|stacks|test)\//.test(path)),
  "no library of tests, synthesis or the command line": ({ inputs }) =>
    inputs.filter((path) => /node_modules\/(@?jest|fast-check|cdktf|constructs|commander|zod)\b/.test(path)),
  "no plain-http endpoint but loopback and names": ({ text }) =>
    (text.match(/http:\/\/[^\s"'`<>\\)$]+/g) ?? []).filter(
      (url) => !knownHttp.has(url) && !/^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)\b/.test(url),
    ),
  "no clock of tests": ({ text }) => text.match(/useFakeTimers|setSystemTime|FAKE_NOW|TEST_CLOCK/g) ?? [],
  "no endpoint or authority of this machine's system": ({ text }) =>
    text.match(/MTLS_API_SYSTEM|embedded-aws|ministack|333333333333/g) ?? [],
};

const bundles = build(process.cwd());

test("every function of lambdas/ has a bundle", () => {
  expect(bundles.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "api-response",
      "authorizer",
      "ca-issue",
      "ca-publish",
      "ca-reconcile",
      "ca-revoke",
    ]),
  );
});

describe.each(bundles.map((bundle) => [bundle.name, bundle] as const))("%s", (_, bundle) => {
  test.each(Object.entries(rules))("%s", (_rule, broken) => {
    expect(broken(bundle)).toEqual([]);
  });
});

/** What only the private API's authorizer may hold: the way to be somebody by a header. */
const edgeCode = /x-(client-certificate|edge-secret)|AWSPREVIOUS|"vpceId"/i;
/** Of our own files, not the SDK's. */
const edgeInputs = ({ inputs }: Bundle) =>
  inputs.filter((path) => /^(lambdas|contract|aws|edge)\/.*\b(private|edge|rotating)-/.test(path));

test("no bundle but the private authorizer's takes a certificate from a header", () => {
  for (const bundle of bundles) {
    const own = bundle.name === "private-authorizer";
    expect([bundle.name, edgeInputs(bundle).length > 0]).toEqual([bundle.name, own]);
    expect([bundle.name, edgeCode.test(bundle.text)]).toEqual([bundle.name, own]);
  }
});

test("the authorizer is small: at most 100 kB", () => {
  const authorizer = bundles.find(({ name }) => name === "authorizer");
  expect(authorizer?.text.length).toBeLessThanOrEqual(100_000);
});

test.each([
  [
    "nothing of local/, cli/, config/, stacks/ or test/",
    'import "../../local/clock.ts"; export const handler = 1;',
  ],
  [
    "no plain-http endpoint but loopback and names",
    'export const handler = () => fetch("http://api.example.com/x");',
  ],
  ["no clock of tests", "export const handler = () => process.env.FAKE_NOW;"],
  [
    "no endpoint or authority of this machine's system",
    'export const handler = () => process.env["MTLS_API_SYSTEM"];',
  ],
  ["no library of tests, synthesis or the command line", 'import "zod"; export const handler = 1;'],
])("control: %s", (rule, source) => {
  const project = mkdtempSync(join(tmpdir(), "mtls-api-bundle-"));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  };
  write("lambdas/broken/index.ts", source);
  write("local/clock.ts", "globalThis.clock = 1;");
  symlinkSync(join(process.cwd(), "node_modules"), join(project, "node_modules"));
  try {
    const [bundle] = build(project);
    expect(rules[rule]?.(bundle as Bundle)).not.toEqual([]);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
});

/** The build is an ES module of scripts/: asked in a process of its own. */
function build(project: string): Bundle[] {
  const script = `
    const { bundleFunction, functionNames } = await import(${JSON.stringify(join(process.cwd(), "scripts/build.mjs"))});
    const found = [];
    for (const name of functionNames(${JSON.stringify(project)})) {
      const { code, inputs } = await bundleFunction(${JSON.stringify(project)}, name);
      found.push({ name, text: Buffer.from(code).toString("utf8"), inputs });
    }
    process.stdout.write(JSON.stringify(found));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
    maxBuffer: 100_000_000,
  });
  return JSON.parse(output) as Bundle[];
}
