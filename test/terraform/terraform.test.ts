/**
 * Every committed stack before Terraform itself: `init` without backend, `validate`, and `terraform test` with a
 * mocked provider (*.tftest.hcl, copied beside the stack). Without Terraform or its provider this fails, and says
 * what to do: nothing is skipped.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { environments } from "#config/environments.ts";
import { functionEnvironment } from "#contract/function-environment.ts";
import { awsProvider, findTerraform, tlsProvider } from "#local/aws/terraform.ts";

const root = resolve(__dirname, "../..");
const stacks = readdirSync(join(root, "terraform/stacks")).sort();
const folder = mkdtempSync(join(tmpdir(), "mtls-api-terraform-"));
const running = new Set<ChildProcess>();
let cliConfig: string;
let withoutTls: string | undefined;

beforeAll(async () => {
  const store = join(root, ".local", "terraform-providers");
  ({ cliConfig } = await findTerraform({ folder: join(folder, "configuration"), store }));
  try {
    ({ cliConfig } = await findTerraform({
      ...{ folder: join(folder, "configuration-with-tls"), store },
      providers: [awsProvider, tlsProvider],
    }));
  } catch (error) {
    // Only the stack that needs it fails, and says this.
    withoutTls = (error as Error).message.split("\n")[0];
  }
  // Any bytes: only their hash is asked for.
  for (const part of ["lambdas", "edge"]) mkdirSync(join(folder, "build", part), { recursive: true });
  writeFileSync(join(folder, "build/edge/refresh.cjs"), "refresh");
  for (const slug of Object.keys(functionEnvironment))
    writeFileSync(join(folder, "build/lambdas", `${slug}.zip`), slug);
  startAll();
}, 600_000);

afterAll(() => {
  for (const child of running) child.kill("SIGINT");
  rmSync(folder, { recursive: true, force: true });
});

/** One stack after the other would take twice as long; more at once would take the machine's memory. */
const atOnce = 2;
let busy = 0;
const waiting: (() => void)[] = [];
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  while (busy >= atOnce) await new Promise<void>((free) => waiting.push(free));
  busy++;
  try {
    return await work();
  } finally {
    busy--;
    waiting.shift()?.();
  }
}

interface Result {
  readonly status: number | null;
  readonly output: string;
}

function terraform(cwd: string, ...parameters: string[]): Promise<Result> {
  return new Promise((done, fail) => {
    const child = spawn("terraform", parameters, {
      cwd,
      // Nothing of the reader's own AWS: these tests must need none.
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        TMPDIR: process.env.TMPDIR,
        TF_CLI_CONFIG_FILE: cliConfig,
        TF_IN_AUTOMATION: "1",
        CHECKPOINT_DISABLE: "1",
        AWS_EC2_METADATA_DISABLED: "true",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", fail);
    child.on("close", (status) => {
      running.delete(child);
      done({ status, output });
    });
  });
}

/** The stack's folder with a test beside it, as deep as the real one: functions are found from there. */
function copied(name: string, stack: string, test: string): string {
  const place = join(folder, "terraform/stacks", name);
  mkdirSync(place, { recursive: true });
  const text = readFileSync(join(root, "terraform/stacks", stack, "cdk.tf.json"), "utf8");
  // `terraform test` destroys what it has applied; that production forbids this is proven by a rule at synthesis.
  writeFileSync(
    join(place, "cdk.tf.json"),
    text.replace(/"prevent_destroy": true/g, '"prevent_destroy": false'),
  );
  const written = readFileSync(join(__dirname, test), "utf8");
  writeFileSync(join(place, test), [written, ...aliasesOf(text).map(mockedProvider)].join("\n"));
  return place;
}

/** Providers beside the first: of another region, of the zone's account. */
function aliasesOf(json: string): string[] {
  const { provider } = JSON.parse(json) as {
    readonly provider: { readonly aws: { readonly alias?: string }[] };
  };
  return provider.aws.flatMap(({ alias }) => alias ?? []);
}

const mockedProvider = (alias: string): string => `mock_provider "aws" {\n  alias = "${alias}"\n}\n`;

const needsTls = (stack: string): boolean =>
  readFileSync(join(root, "terraform/stacks", stack, "cdk.tf.json"), "utf8").includes('"hashicorp/tls"');

function initialise(place: string): Promise<string> {
  return terraform(place, "init", "-backend=false", "-input=false", "-no-color").then(
    ({ status, output }) => {
      if (status !== 0) throw new Error(`terraform init: ${output}`);
      return place;
    },
  );
}

/** All others have the same provider: the first is initialised, the others take what it got. */
let initialised: Promise<string> | undefined;
async function prepared(name: string, stack: string, test: string): Promise<string> {
  const place = copied(name, stack, test);
  if (needsTls(stack)) {
    if (withoutTls !== undefined) throw new Error(withoutTls);
    return initialise(place);
  }
  const first = initialised;
  if (!first) {
    initialised = initialise(place);
    return initialised;
  }
  for (const part of [".terraform", ".terraform.lock.hcl"])
    cpSync(join(await first, part), join(place, part), { recursive: true, verbatimSymlinks: true });
  return place;
}

/** By engine; an API stack is the same on each. */
function kindOf(stack: string): string {
  if (stack.startsWith("foundation-")) return "foundation";
  const one = environments.find(({ name }) => stack === `${name}-ca`);
  if (!one) return "api";
  return one.ca.engine.kind === "kms" ? "ca" : `ca-${one.ca.engine.kind}`;
}

/** Production holds every statement that any environment has. */
const rendered = ["production-ca", "production-api", "foundation-production-210987654321"];

/** Started at once, in turn; each test waits for its own. */
const validations = new Map<string, Promise<Result>>();
const tests = new Map<string, Promise<Result>>();
function startAll(): void {
  const start = (
    results: Map<string, Promise<Result>>,
    key: string,
    place: Promise<string>,
    ...parameters: string[]
  ) => {
    const result = place.then((cwd) => inTurn(() => terraform(cwd, ...parameters)));
    // Reported by the test that waits for it.
    result.catch(() => {});
    results.set(key, result);
  };
  for (const stack of stacks) {
    const place = prepared(stack, stack, `${kindOf(stack)}.tftest.hcl`);
    start(validations, stack, place, "validate", "-json");
    start(tests, stack, place, "test", "-no-color");
  }
  for (const stack of rendered) {
    const place = prepared(`${stack}-policies`, stack, `${kindOf(stack)}-policies.tftest.hcl`);
    start(tests, `${stack} policies`, place, "test", "-no-color");
  }
}

test("every stack is there to be checked", () => {
  expect(stacks).toEqual(expect.arrayContaining(["local-ca", "local-api", ...rendered]));
});

describe.each(stacks)("%s", (stack) => {
  test("is valid", async () => {
    const { output } = (await validations.get(stack)) ?? { output: "{}" };
    expect(JSON.parse(output)).toMatchObject({
      valid: true,
      error_count: 0,
      warning_count: 0,
      diagnostics: [],
    });
  }, 600_000);

  test("keeps its promises when Terraform applies it", async () => {
    expect(await tests.get(stack)).toMatchObject({
      status: 0,
      output: expect.stringMatching(/Success! [1-9]\d* passed, 0 failed\./),
    });
  }, 600_000);
});

test.each(rendered)(
  "%s: policies are rendered as meant",
  async (stack) => {
    expect(await tests.get(`${stack} policies`)).toMatchObject({
      status: 0,
      output: expect.stringMatching(/Success! 1 passed, 0 failed\./),
    });
  },
  600_000,
);
