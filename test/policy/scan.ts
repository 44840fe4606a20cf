/**
 * checkov over synthesized stacks, without a network: what passed, what failed, by stack and resource.
 *
 * A scan that could not read a file, or that scanned nothing, is an error: it would look like a clean one.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { installRequirements } from "#local/aws/install.ts";
import type { Reason } from "./reasons.ts";

export interface Finding {
  readonly check: string;
  readonly stack: string;
  /** Without the hash of the logical id. */
  readonly resource: string;
  readonly title: string;
}

export interface Scan {
  readonly passed: number;
  readonly failed: readonly Finding[];
}

/** The Python that has the scanner, in a virtual environment of its own; installed once. */
export async function installScanner(project: string): Promise<string> {
  const { python } = await installRequirements({
    what: "the policy scanner (it needs Python 3.11 or newer)",
    requirements: join(project, "test", "policy", "requirements.txt"),
    folder: join(project, ".local", "policy"),
  });
  return python;
}

// Terraform's JSON has no schema of ours.
export type Stacks = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export async function scan(python: string, stacks: Stacks): Promise<Scan> {
  const folder = mkdtempSync(join(tmpdir(), "mtls-api-policy-"));
  try {
    for (const [name, { terraform: _settings, "//": _metadata, ...scanned }] of Object.entries(stacks)) {
      // The scanner cannot parse a file with `required_version`, and says so in its log only.
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "cdk.tf.json"), JSON.stringify(scanned, null, 2));
    }
    return read(await run(python, folder), Object.keys(stacks));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(python: string, folder: string): Promise<string> {
  // Its script names the folder in which the environment was made: the module does not.
  const scanner = ["-I", "-m", "checkov.main"];
  // `--framework terraform` scans no JSON and exits 0; --soft-fail: we judge.
  const parameters = ["-d", folder, "--framework", "terraform_json", "--skip-download", "--soft-fail"];
  const { stdout } = await promisify(execFile)(
    python,
    [...scanner, ...parameters, "--quiet", "--compact", "-o", "json"],
    {
      cwd: folder,
      maxBuffer: 256 << 20,
      // Nothing of the reader's: no configuration, no account of the scanner's maker, no downloads.
      env: { PATH: process.env.PATH, HOME: folder, LOG_LEVEL: "ERROR", BC_SKIP_MAPPING: "TRUE" },
    },
  );
  return stdout;
}

interface Report {
  readonly summary: { readonly passed: number; readonly failed: number; readonly parsing_errors: number };
  readonly results: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly file_path: string;
      readonly resource: string;
    }[];
  };
}

function read(text: string, names: readonly string[]): Scan {
  const report = JSON.parse(text) as Report;
  // With nothing to scan the scanner prints another shape, and exits 0.
  if (!report.summary || !report.results) throw new Error(`the scan has read nothing: ${text.slice(0, 300)}`);
  const { passed, failed, parsing_errors: unread } = report.summary;
  if (unread > 0) throw new Error(`the scan could not read ${unread} of ${names.length} stacks`);
  if (passed + failed === 0) throw new Error("the scan has checked nothing");
  const findings = report.results.failed_checks.map((one) => ({
    check: one.check_id,
    stack: one.file_path.split("/").find((part) => names.includes(part)) ?? one.file_path,
    resource: (one.resource.split(".").at(-1) as string).replace(/_[0-9A-F]{8}$/, ""),
    title: one.check_name,
  }));
  if (findings.length !== failed) throw new Error(`${failed} failed, ${findings.length} told`);
  return { passed, failed: findings };
}

/** Findings without a reason, and reasons without a finding. */
export function judge(findings: readonly Finding[], reasons: readonly Reason[]) {
  const answers = (reason: Reason, finding: Finding): boolean =>
    reason.check === finding.check &&
    reason.resources.some((name) => fits(name, finding.resource)) &&
    (reason.stacks ?? ["*"]).some((name) => fits(name, finding.stack));
  const isUsed = (reason: Reason, resource: string, stack: string): boolean =>
    findings.some((finding) => answers({ ...reason, resources: [resource], stacks: [stack] }, finding));
  return {
    unanswered: findings
      .filter((finding) => !reasons.some((reason) => answers(reason, finding)))
      .map(({ check, stack, resource, title }) => `${stack}: ${resource}: ${check} ${title}`),
    unused: reasons.flatMap((reason) =>
      reason.resources.flatMap((resource) =>
        (reason.stacks ?? ["*"])
          .filter((stack) => !isUsed(reason, resource, stack))
          .map((stack) => `${reason.check} for ${resource} in ${stack}`),
      ),
    ),
  };
}

/** `*` stands for any part of a name, `!` for everything but. */
function fits(pattern: string, name: string): boolean {
  if (pattern.startsWith("!")) return !fits(pattern.slice(1), name);
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}
