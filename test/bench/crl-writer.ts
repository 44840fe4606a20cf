/**
 * Writing a CRL beside `openssl ca -gencrl`: the same list, key and kind of file for both. OpenSSL is a whole process;
 * ours is measured from the list in memory, as the ledger hands it over, to the signed file, in a fresh process, and
 * as a whole process that parses OpenSSL's text file too.
 */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { readUnverifiedCrl } from "#pki/crl/open.ts";
import { revocations } from "./crl-lists.ts";
import { indexTxt, opensslConfig } from "./crl-openssl.ts";
import {
  alternating,
  bundleWorker,
  count,
  judged,
  judgedBy,
  median,
  ms,
  type Options,
  ratioOf,
  runProgram,
  runWorker,
  times,
} from "./measure.ts";
import { type Goal, goalCell, type Table } from "./report.ts";

/** `folder` holds the issuer's certificate and key (prepareFolder in crl.ts). */
export async function measureWriter(folder: string, size: number, options: Options): Promise<Table> {
  const { node, nodeVersion, runs } = options;
  await writeFile(join(folder, "openssl.cnf"), opensslConfig);
  await writeFile(join(folder, "crlnumber"), "01\n");
  await writeFile(join(folder, "index.txt"), indexTxt(revocations(size)));
  const worker = await bundleWorker("crl-writer-worker", folder);
  const [theirs, toDer] = [join(folder, "theirs.pem"), join(folder, "theirs.crl")];
  const gencrl = ["ca", "-config", join(folder, "openssl.cnf"), "-gencrl", "-out", theirs];
  const rounds = Math.min(runs, 5);
  const found = await alternating(rounds, {
    ours: () => runWorker<{ readonly milliseconds: number; readonly cpuMs: number }>(node, [worker, folder]),
    openssl: () => runProgram("openssl", gencrl, folder),
  });
  await promisify(execFile)("openssl", ["crl", "-in", theirs, "-outform", "DER", "-out", toDer]);
  for (const file of [join(folder, "ours.crl"), toDer]) {
    const { entries } = readUnverifiedCrl(await readFile(file));
    if (entries !== size) throw new Error(`${file} has ${entries} entries instead of ${size}`);
  }
  const ours = found.ours.map(({ answer }) => answer.milliseconds);
  const wholes = found.ours.map(({ wallMs }) => wallMs);
  const openssl = found.openssl.map(({ wallMs }) => wallMs);
  const [wallRatio, cpuRatio] = [
    ratioOf(openssl, ours),
    ratioOf(
      found.openssl.map(({ cpuMs }) => cpuMs),
      found.ours.map(({ answer }) => answer.cpuMs),
    ),
  ];
  const goal: Goal = {
    what: `CRL of ${count(size)} entries written, times as fast as openssl ca -gencrl`,
    value: judged(options, wallRatio, cpuRatio),
    atLeast: 5,
  };
  return {
    name: "crl-writer",
    title: `CRL of ${count(size)} entries, written and signed`,
    head: ["what", "wall", "openssl takes", "by processor time", "goal"],
    rows: [
      ["`openssl ca -gencrl`", ms(median(openssl)), "", "", ""],
      [
        "ours, from the list in memory to the signed file",
        ms(median(ours)),
        `${times(wallRatio)} ×`,
        `${times(cpuRatio)} ×`,
        goalCell(goal),
      ],
      [
        "ours, as a whole process that parses index.txt",
        ms(median(wholes)),
        `${times(ratioOf(openssl, wholes))} ×`,
        "",
        "",
      ],
    ],
    note: `Node ${nodeVersion}; ${rounds} rounds. ${judgedBy(options)}`,
    goals: [goal],
  };
}
