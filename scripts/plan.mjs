/**
 * `node scripts/plan.mjs ENVIRONMENT FOLDER [--drift]`: plans every stack of an environment as it is committed, with
 * the read-only role, and writes FOLDER/<stack>.json (`terraform show -json`) for `npm run review -- --plan-json`.
 *
 * Changes nothing: no lock is taken, and the plan role could not. The committed file stays as it is: it has a variable
 * for the role. With --drift a plan that is not empty is an error (exit 3). A CA that is not deployed yet leaves its
 * API's plan out: "pending CA".
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [environment, folder, ...flags] = process.argv.slice(2);
const stacksFolder = join("terraform", "stacks");
const say = (text) => process.stdout.write(`${text}\n`);

process.on("uncaughtException", (error) => {
  process.stderr.write(`plan: ${error.message}\n`);
  process.exit(error.status ?? 1);
});

if (!environment || !folder || flags.some((flag) => flag !== "--drift"))
  fail(2, "usage: node scripts/plan.mjs ENVIRONMENT FOLDER [--drift]");
const stacks = readdirSync(stacksFolder)
  .filter((name) => name.startsWith(`${environment}-`))
  // The CA first: its outputs are what an API's plan reads.
  .sort(
    (a, b) => Number(b === `${environment}-ca`) - Number(a === `${environment}-ca`) || a.localeCompare(b),
  );
if (!stacks.includes(`${environment}-ca`)) fail(2, `no stack ${environment}-ca in ${stacksFolder}`);

mkdirSync(folder, { recursive: true });
const drifted = stacks.filter((stack) => plan(stack) === "changes");
if (flags.includes("--drift") && drifted.length > 0)
  fail(3, `${drifted.join(", ")}: what is deployed is not what is committed`);

function plan(stack) {
  const directory = join(stacksFolder, stack);
  const file = resolve(folder, `${stack}.tfplan`);
  const role = planRole(JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8")), stack);
  try {
    const init = terraform(
      directory,
      "init",
      "-input=false",
      "-no-color",
      "-reconfigure",
      `-backend-config=assume_role={role_arn="${role}"}`,
    );
    if (init.status !== 0) fail(1, `${stack}: terraform init failed\n${init.output}`);
    const done = terraform(
      directory,
      "plan",
      "-input=false",
      "-no-color",
      "-lock=false",
      "-var=access=plan",
      "-detailed-exitcode",
      `-out=${file}`,
    );
    if (done.status !== 0 && done.status !== 2) return failedPlan(stack, done.output);
    const shown = terraform(directory, "show", "-json", file);
    if (shown.status !== 0) fail(1, `${stack}: terraform show failed\n${shown.output}`);
    writeFileSync(join(folder, `${stack}.json`), shown.output);
    say(`${stack}: ${done.status === 2 ? "changes" : "no changes"}`);
    return done.status === 2 ? "changes" : "none";
  } finally {
    if (existsSync(file)) rmSync(file);
  }
}

function failedPlan(stack, output) {
  if (!/Unable to find remote state/.test(output)) fail(1, `${stack}: terraform plan failed\n${output}`);
  say(`${stack}: pending CA (${environment}-ca is not deployed yet)`);
  return "pending";
}

/** The committed provider's role, which ends in the variable. */
function planRole({ provider }, stack) {
  const written = String(provider?.aws?.[0]?.assume_role?.[0]?.role_arn ?? "");
  const plan = written.replace(/-\$\{var\.access\}$/, "-plan");
  if (!/^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+-plan$/.test(plan))
    fail(
      1,
      `${stack}: no plan role: its provider assumes ${JSON.stringify(written)}, expected …-\${var.access}`,
    );
  return plan;
}

function terraform(directory, command, ...parameters) {
  const { status, stdout, stderr, error } = spawnSync(
    "terraform",
    [`-chdir=${directory}`, command, ...parameters],
    {
      encoding: "utf8",
      maxBuffer: 512 << 20,
      env: { ...process.env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
    },
  );
  if (error) fail(1, `terraform could not be run: ${error.message}`);
  return { status, output: status === 0 || status === 2 ? stdout : `${stdout}${stderr}` };
}

/** Thrown, so that what was written aside is removed on the way out. */
function fail(status, message) {
  throw Object.assign(new Error(message), { status });
}
