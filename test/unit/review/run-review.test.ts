/** The command: two versions from git and the working tree, plans, exit codes, output that foreign text cannot break. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { markdown, shortened } from "#cli/review/markdown.ts";
import { picture } from "#cli/review/picture.ts";
import { readPlan } from "#cli/review/plan.ts";
import { review } from "#cli/review/review.ts";
import { runReview } from "#cli/review/run-review.ts";
import { code } from "#cli/review/text.ts";
import { apiStack, caStack, type Json, reviewOf, stack } from "./sample.ts";

let root: string;
let printed: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mtls-api-review-"));
  printed = "";
  jest.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  jest.spyOn(process.stderr, "write").mockImplementation(() => true);
  git("init", "--quiet");
  put("dev-ca", caStack());
  put("dev-api", apiStack());
  git("add", ".");
  git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet", "-m", "base");
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

function git(...parameters: string[]): void {
  const { status, stderr } = spawnSync("git", parameters, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

function put(name: string, json: Json): void {
  mkdirSync(join(root, "terraform/stacks", name), { recursive: true });
  writeFileSync(join(root, "terraform/stacks", name, "cdk.tf.json"), JSON.stringify(json));
}

const options = { base: "HEAD", planJson: [], strict: false, json: false, comment: false };
const refused = (change: object) => {
  try {
    runReview(root, { ...options, ...change });
  } catch (error) {
    const { code: name, exitCode, message } = error as { code: string; exitCode: number; message: string };
    return { code: name, exitCode, message };
  }
  throw new Error("not refused");
};
const opened = () => {
  const json = apiStack();
  json.resource.aws_api_gateway_rest_api["rest-api"].disable_execute_api_endpoint = false;
  return json;
};

test("nothing has changed", () => {
  expect(runReview(root, { ...options, strict: true })).toBe(0);
  expect(printed).toContain("Nothing: the synthesized stacks are the same.");
});

test("a loosening is told, and is an error with --strict only", () => {
  put("dev-api", opened());
  expect(runReview(root, options)).toBe(0);
  expect(printed).toMatch(/🔴 \*\*loosens\*\* REST API `rest-api`.*execute-api.*`true` → `false`/);
  expect(runReview(root, { ...options, strict: true })).toBe(3);
});

test("--json is one value", () => {
  put("dev-api", opened());
  runReview(root, { ...options, json: true });
  const { base, attention, trust } = JSON.parse(printed);
  expect(base).toMatch(/^[0-9a-f]{40}$/);
  expect(attention).toBe(1);
  expect(trust).toEqual([
    expect.objectContaining({ concern: "Domain and truststore", mark: "loosens", stacks: ["dev-api"] }),
  ]);
});

test("a stack that is new, and one that is gone", () => {
  put("test-ca", caStack());
  rmSync(join(root, "terraform/stacks/dev-api"), { recursive: true });
  runReview(root, options);
  expect(printed).toContain("Stacks: `dev-api` (gone), `test-ca` (new).");
  expect(printed).toContain("What the new stacks hold");
});

test("nothing is written", () => {
  put("dev-api", opened());
  const before = readdirSync(root, { recursive: true });
  runReview(root, options);
  expect(readdirSync(root, { recursive: true })).toEqual(before);
});

test("a commit that git does not know, an option in its place, a stack that is no JSON", () => {
  expect(refused({ base: "nowhere" })).toMatchObject({ code: "no-ref", exitCode: 2 });
  expect(refused({ base: "--output=x" })).toMatchObject({ code: "no-ref", exitCode: 2 });
  writeFileSync(join(root, "terraform/stacks/dev-ca/cdk.tf.json"), "{");
  expect(refused({})).toMatchObject({ code: "shape" });
  rmSync(join(root, "terraform"), { recursive: true });
  expect(refused({})).toMatchObject({ code: "no-stacks", message: expect.stringContaining("npm run synth") });
});

/** A plan as `terraform show -json` prints it, of the stack as it stands. */
function planOf(json: Json, changes: Json[] = []): Json {
  const blocks = [...stack("x", json).blocks.values()];
  return {
    format_version: "1.2",
    errored: false,
    configuration: {
      root_module: {
        resources: blocks.map(({ address, attributes }) => ({
          address,
          expressions: Object.fromEntries(
            Object.entries(attributes)
              .filter(([, value]) => typeof value !== "object")
              .map(([key, value]) => [key, { constant_value: value }]),
          ),
        })),
      },
    },
    resource_changes: changes,
  };
}
const change = (address: string, actions: string[], more: Json = {}, inner: Json = {}) => ({
  address,
  mode: "managed",
  type: address.split(".")[0],
  change: { actions, before: {}, after: {}, after_unknown: {}, ...inner },
  ...more,
});

describe("a plan", () => {
  const read = (plan: Json) => readPlan("dev-ca.json", JSON.stringify(plan), stack("dev-ca", caStack()));

  test("says what Terraform will do, why it replaces, and that code changes", () => {
    const table = "aws_dynamodb_table.ledger_AAAA1111";
    const lambda = "aws_lambda_function.issue_AAAA1111";
    const { changes, trust } = read(
      planOf(caStack(), [
        change(
          table,
          ["delete", "create"],
          { action_reason: "replace_because_cannot_update" },
          { replace_paths: [["hash_key"]] },
        ),
        change("aws_kms_key.g1_root_AAAA1111", ["no-op"]),
        change(
          lambda,
          ["update"],
          {},
          {
            before: { function_name: "dev-ca-issue", source_code_hash: "a" },
            after: { function_name: "dev-ca-issue", source_code_hash: "b" },
          },
        ),
      ]),
    );
    expect([...changes]).toEqual([
      [
        table,
        { action: "replace", why: "replace because cannot update, forced by `hash_key`", onlyInPlan: [] },
      ],
      [lambda, { action: "change", why: "planned", onlyInPlan: ["at AWS, `source_code_hash`: `a` → `b`"] }],
    ]);
    expect(trust).toEqual([
      { concern: "Code", mark: "changes", text: "function `dev-ca-issue`: its code changes" },
    ]);
    const same = stack("dev-ca", caStack());
    const { stacks } = review([same], [same], new Map([["dev-ca", { changes, trust }]]));
    expect(stacks[0]).toMatchObject({ status: "changed", hasPlan: true });
    expect(stacks[0]?.resources[0]).toMatchObject({
      action: "replace",
      risk: expect.stringContaining("ledger forgets"),
    });
  });

  test("hides what is sensitive, and tells what somebody changed beside Terraform", () => {
    const { changes, trust } = read({
      ...planOf(caStack(), [
        change(
          "aws_s3_object.desired_AAAA1111",
          ["update"],
          {},
          {
            before: { content: "old secret" },
            after: { content: "new secret" },
            before_sensitive: { content: true },
            after_sensitive: {},
          },
        ),
      ]),
      resource_drift: [change("aws_kms_key.g1_root_AAAA1111", ["update"])],
    });
    expect(JSON.stringify([...changes])).not.toContain("secret");
    expect(trust).toEqual([
      expect.objectContaining({ mark: "unjudged", text: expect.stringContaining("beside Terraform") }),
    ]);
  });

  test.each<readonly [string, (plan: Json) => Json, RegExp]>([
    [
      "of another commit: a resource more",
      (plan) => {
        plan.configuration.root_module.resources.push({ address: "aws_x.y" });
        return plan;
      },
      /not a plan of dev-ca as it stands here \(aws_x\.y\)/,
    ],
    [
      "of another commit: a resource less",
      (plan) => {
        plan.configuration.root_module.resources.shift();
        return plan;
      },
      /not a plan of dev-ca/,
    ],
    [
      "of another commit: another value",
      (plan) => {
        const one = plan.configuration.root_module.resources.find((it: Json) =>
          it.address.startsWith("aws_dynamodb"),
        );
        one.expressions.name.constant_value = "other";
        return plan;
      },
      /`other` in the plan, `dev-ca-ledger` here/,
    ],
    ["that failed", (plan) => ({ ...plan, errored: true }), /ended with errors/],
    ["that is no plan", () => ({}), /no plan; expected the output of: terraform show -json/],
  ])("%s is refused", (_what, make, message) => {
    expect(() => read(make(planOf(caStack())))).toThrow(message);
  });

  test("that is no JSON, of no stack, of one stack twice", () => {
    expect(() => readPlan("p", "plan", stack("dev-ca", caStack()))).toThrow("no JSON");
    const file = join(root, "dev-ca.json");
    writeFileSync(file, JSON.stringify(planOf(caStack())));
    expect(runReview(root, { ...options, planJson: [file] })).toBe(0);
    expect(refused({ planJson: [`nobody=${file}`] })).toMatchObject({ code: "no-stack", exitCode: 2 });
    expect(refused({ planJson: [file, `dev-ca=${file}`] })).toMatchObject({ code: "twice", exitCode: 2 });
    expect(refused({ planJson: [join(root, "dev-api.json")] })).toMatchObject({ code: "no-file" });
  });
});

describe("foreign text", () => {
  test.each([
    ["a plain name", "`a plain name`"],
    ["`x`", "`` `x` ``"],
    ["a```b", "````a```b````"],
    ["line\nbreak\u001b[2J", "`line\\u{a}break\\u{1b}[2J`"],
    ["", "`  `"],
  ])("%j stays code", (text, shown) => {
    expect(code(text)).toBe(shown);
  });

  test("a name cannot end its line, open HTML or call people", () => {
    const evil = "</details>\n\n# Approved @everyone `";
    const result = reviewOf("dev-ca", (json) => {
      json.data.aws_iam_policy_document.reader_trust.statement.push({
        sid: evil,
        actions: ["sts:AssumeRole"],
        principals: [{ type: "AWS", identifiers: [evil] }],
      });
    });
    const text = markdown(result, { base: "0".repeat(40) }, []);
    expect(text).not.toMatch(/^# Approved/m);
    const outside = text.replace(/(`+)(?!`).*?[^`]\1(?!`)/g, "");
    expect(outside).not.toContain("Approved");
    expect(outside.match(/<\/details>/g)).toHaveLength(outside.match(/<details>/g)?.length ?? 0);
  });

  test("a picture has no text of others outside its quotes", () => {
    const json = caStack();
    json.resource.aws_kms_key.g1_root_AAAA1111["//"].metadata.path = 'dev-ca/"]; click n1 "javascript:x';
    const text = picture([[undefined, stack("dev-ca", json)]]);
    expect(text.replace(/"[^"]*"/g, '""')).not.toContain("click");
  });
});

test("a picture shows who signs with what, and marks what is new and what is gone", () => {
  const after = caStack();
  delete after.resource.aws_dynamodb_table;
  after.data.aws_iam_policy_document.issue_permissions.statement.splice(1, 1);
  after.resource.aws_kms_key.g2 = { "//": { metadata: { path: "dev-ca/g2/root" } } };
  const text = picture([[stack("dev-ca", caStack()), stack("dev-ca", after)]]);
  expect(text).toMatch(/^flowchart LR\n {2}subgraph s_dev_ca\["dev-ca"\]/);
  expect(text).toMatch(/-->\|"Sign"\|/);
  expect(text).toMatch(/-\.->\|"no longer: GetItem, PutItem"\|/);
  expect(text).toMatch(/class n\d+ added\n/);
  expect(text).toMatch(/class n\d+ removed$/);
});

test("a comment that is too long is cut between lines, closed, and says so", () => {
  const text = `# T\n\n<details><summary>S</summary>\n\n\`\`\`mermaid\n${"line\n".repeat(1000)}\`\`\`\n\n</details>\n`;
  const cut = shortened(text, 600);
  expect(cut.length).toBeLessThan(750);
  expect(cut.match(/^```/gm)).toHaveLength(2);
  expect(cut).toMatch(/<\/details>\n\n\*\*Cut here: \d+ more characters\.\*\*/);
  expect(shortened(text)).toBe(text);
});
