/** The policy scan over every committed stack; and that it would find what it is there for. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Reason, reasons } from "./reasons.ts";
import { installScanner, judge, type Scan, type Stacks, scan } from "./scan.ts";

const root = resolve(__dirname, "../..");
const folder = join(root, "terraform/stacks");
// biome-ignore lint/suspicious/noExplicitAny: Terraform's JSON has no schema of ours
type Json = any;
const committed: Record<string, Json> = Object.fromEntries(
  readdirSync(folder).map((name) => [
    name,
    JSON.parse(readFileSync(join(folder, name, "cdk.tf.json"), "utf8")),
  ]),
);

let python: string;
let result: Scan;

beforeAll(async () => {
  python = await installScanner(root);
  result = await scan(python, committed);
}, 600_000);

test("every stack is scanned, and most checks pass", () => {
  expect(Object.keys(committed).length).toBeGreaterThan(0);
  expect(new Set(result.failed.map(({ stack }) => stack))).toEqual(new Set(Object.keys(committed)));
  expect(result.passed).toBeGreaterThan(100 * Object.keys(committed).length);
});

test("no check fails without a written reason (test/policy/reasons.ts)", () => {
  expect(judge(result.failed, reasons).unanswered).toEqual([]);
});

test("every reason is used", () => {
  expect(judge(result.failed, reasons).unused).toEqual([]);
});

/** One fault each, put into a committed stack: the scan must find it although all reasons hold. */
const faults: readonly (readonly [
  fault: string,
  check: string,
  stack: string,
  make: (json: Json) => void,
])[] = [
  [
    "a bucket that may be public",
    "CKV2_AWS_6",
    "dev-ca",
    (json) => {
      delete json.resource.aws_s3_bucket_public_access_block;
    },
  ],
  [
    "a policy that allows everything",
    "CKV_AWS_1",
    "dev-ca",
    (json) => {
      json.data.aws_iam_policy_document.extra = {
        statement: [{ effect: "Allow", actions: ["*"], resources: ["*"] }],
      };
    },
  ],
  [
    "a table that cannot be restored",
    "CKV_AWS_28",
    "dev-ca",
    (json) => {
      for (const table of Object.values<Json>(json.resource.aws_dynamodb_table))
        table.point_in_time_recovery.enabled = false;
    },
  ],
  [
    "old TLS at the door",
    "CKV_AWS_206",
    "dev-api",
    (json) => {
      for (const domain of Object.values<Json>(json.resource.aws_api_gateway_domain_name))
        domain.security_policy = "TLS_1_0";
    },
  ],
  [
    "a stage without access log",
    "CKV_AWS_76",
    "dev-api",
    (json) => {
      for (const stage of Object.values<Json>(json.resource.aws_api_gateway_stage))
        delete stage.access_log_settings;
    },
  ],
  [
    "a route that asks nobody",
    "CKV_AWS_59",
    "dev-api",
    (json) => {
      for (const method of Object.values<Json>(json.resource.aws_api_gateway_method))
        method.authorization = "NONE";
    },
  ],
];

test("the scan finds seeded faults", async () => {
  const names = faults.map(([, check]) => `${check.toLowerCase().replaceAll("_", "-")}`);
  const broken: Stacks = Object.fromEntries(
    faults.map(([, , stack, make], index) => {
      const json = structuredClone(committed[stack]);
      make(json);
      return [names[index] as string, json];
    }),
  );
  const { failed } = await scan(python, broken);
  const { unanswered } = judge(failed, reasons);
  for (const [index, [, check]] of faults.entries())
    expect(unanswered).toContainEqual(expect.stringMatching(`^${names[index]}: .*: ${check} `));
}, 300_000);

test("a stack that cannot be read, and nothing at all, are errors", async () => {
  await expect(scan(python, { "x-ca": { resource: { aws_s3_bucket: "no block" } } })).rejects.toThrow();
  await expect(scan(python, {})).rejects.toThrow("nothing");
}, 120_000);

test("a reason answers its check, its resources and its stacks, and nothing else", () => {
  const finding = { check: "CKV_AWS_1", stack: "dev-ca", resource: "ledger_table", title: "t" };
  const reason = { check: "CKV_AWS_1", resources: ["ledger_*"], stacks: ["dev-*"], reason: "r" };
  expect(judge([finding], [reason])).toEqual({ unanswered: [], unused: [] });
  const wrong: readonly Partial<Reason>[] = [
    { check: "CKV_AWS_11" },
    { resources: ["ledger"] },
    { resources: ["ledger.table"] },
    { stacks: ["production-*"] },
    { stacks: ["!dev-*"] },
  ];
  for (const other of wrong) expect(judge([finding], [{ ...reason, ...other }]).unanswered).toHaveLength(1);
  expect(judge([finding], [{ ...reason, resources: ["ledger_*", "other"] }]).unused).toEqual([
    "CKV_AWS_1 for other in dev-*",
  ]);
});
