/**
 * `npm test`: everything that must hold, part by part, with the time of each; the last line counts.
 * `npm test -- unit synth` runs only those parts; `npm test -- unit --mutations=200000` mutates more CRLs and certificates.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPackages, root } from "./packages.mjs";

installPackages();
process.chdir(root);
// The SDK is pinned: which Node its later versions want is not the reader's concern.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

const bin = (name) => join("node_modules", ".bin", name);
/** A tool that is right or wrong as a whole counts as one test. */
const tool = (command, args) => () => {
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
};

/** In this order: what is quick to fail comes first. */
const parts = {
  lint: tool(bin("biome"), ["ci", "--colors=off"]),
  types: tool(bin("tsc"), []),
  unit: jest("test/unit/"),
  // The real NGINX; where there is none, one line says so and the tests count as skipped.
  edge: jest("test/edge/", "--runInBand"),
  vectors: jest("test/vectors/"),
  synth: jest("test/synth/"),
  policy: jest("test/policy/"),
  terraform: jest("test/terraform/"),
  // One system at a time: each starts an AWS, a Terraform and two providers.
  e2e: jest("test/e2e/", "--runInBand"),
};

const mutations = process.argv.find((one) => /^--mutations=[1-9]\d*$/.test(one));
if (mutations) process.env.MUTATIONS = mutations.split("=")[1];
const asked = process.argv.slice(2).filter((one) => one !== mutations);
const unknown = asked.filter((name) => !(name in parts));
if (unknown.length > 0) {
  process.stderr.write(`npm test: no part ${unknown.join(", ")}; one of ${Object.keys(parts).join(", ")}\n`);
  process.exit(2);
}

const rows = [];
for (const name of asked.length > 0 ? asked : Object.keys(parts)) {
  process.stdout.write(`\n── ${name}\n`);
  const begun = performance.now();
  rows.push({ name, ...(await parts[name]()), seconds: (performance.now() - begun) / 1000 });
}
const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
process.stdout.write(`\n${"part".padEnd(12)}passed  failed  skipped  seconds\n`);
for (const row of [
  ...rows,
  {
    name: "all",
    passed: sum("passed"),
    failed: sum("failed"),
    skipped: sum("skipped"),
    seconds: sum("seconds"),
  },
])
  process.stdout.write(
    `${row.name.padEnd(12)}${String(row.passed).padStart(6)}${String(row.failed).padStart(8)}${String(row.skipped).padStart(9)}${row.seconds.toFixed(1).padStart(9)}\n`,
  );
const skipped = sum("skipped") > 0 ? `, ${sum("skipped")} skipped` : "";
process.stdout.write(`\n${sum("passed")} passed, ${sum("failed")} failed${skipped}\n`);
process.exitCode = sum("failed") === 0 ? 0 : 1;

/** Runs the tests below a folder; a run that breaks, or finds no test, is a failure. */
function jest(folder, ...more) {
  return () => {
    const scratch = mkdtempSync(join(tmpdir(), "mtls-api-test-"));
    const report = join(scratch, "report.json");
    try {
      const { status } = spawnSync(
        process.execPath,
        [
          bin("jest"),
          folder,
          "--json",
          `--outputFile=${report}`,
          "--reporters=default",
          "--silent=false",
          ...more,
        ],
        { stdio: ["ignore", "ignore", "inherit"] },
      );
      const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = JSON.parse(
        readFileSync(report, "utf8"),
      );
      // A suite that cannot even be loaded has no failed test: it is one.
      const failed =
        numFailedTests > 0 ? numFailedTests : Math.max(numFailedTestSuites, status === 0 ? 0 : 1);
      const none = numPassedTests + failed === 0 ? 1 : 0;
      return { passed: numPassedTests, failed: failed + none, skipped: numPendingTests };
    } catch (error) {
      process.stderr.write(`${folder}: jest wrote no report: ${error.message}\n`);
      return { passed: 0, failed: 1, skipped: 0 };
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  };
}
