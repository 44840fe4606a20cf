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
  median,
  ms,
  type Options,
  ratioOf,
  runWorker,
  times,
  wall,
} from "./measure.ts";
import { type Goal, goalCell, type Table } from "./report.ts";

/** `folder` holds the issuer's certificate and key (prepareFolder in crl.ts). */
export async function measureWriter(
  folder: string,
  size: number,
  { node, nodeVersion, runs }: Options,
): Promise<Table> {
  await writeFile(join(folder, "openssl.cnf"), opensslConfig);
  await writeFile(join(folder, "crlnumber"), "01\n");
  await writeFile(join(folder, "index.txt"), indexTxt(revocations(size)));
  const worker = await bundleWorker("crl-writer-worker", folder);
  const [theirs, toDer] = [join(folder, "theirs.pem"), join(folder, "theirs.crl")];
  const gencrl = ["ca", "-config", join(folder, "openssl.cnf"), "-gencrl", "-out", theirs];
  const rounds = Math.min(runs, 5);
  const found = await alternating(rounds, {
    ours: () => runWorker<{ readonly milliseconds: number }>(node, [worker, folder]),
    openssl: () => wall("openssl", gencrl, folder),
  });
  await promisify(execFile)("openssl", ["crl", "-in", theirs, "-outform", "DER", "-out", toDer]);
  for (const file of [join(folder, "ours.crl"), toDer]) {
    const { entries } = readUnverifiedCrl(await readFile(file));
    if (entries !== size) throw new Error(`${file} has ${entries} entries instead of ${size}`);
  }
  const ours = found.ours.map(({ answer }) => answer.milliseconds);
  const wholes = found.ours.map(({ wallMs }) => wallMs);
  const goal: Goal = {
    what: `CRL of ${count(size)} entries written, times as fast as openssl ca -gencrl`,
    value: ratioOf(found.openssl, ours),
    atLeast: 5,
  };
  return {
    name: "crl-writer",
    title: `CRL of ${count(size)} entries, written and signed`,
    head: ["what", "wall", "openssl takes", "goal"],
    rows: [
      ["`openssl ca -gencrl`", ms(median(found.openssl)), "", ""],
      [
        "ours, from the list in memory to the signed file",
        ms(median(ours)),
        `${times(goal.value)} ×`,
        goalCell(goal),
      ],
      [
        "ours, as a whole process that parses index.txt",
        ms(median(wholes)),
        `${times(ratioOf(found.openssl, wholes))} ×`,
        "",
      ],
    ],
    note: `Node ${nodeVersion}; ${rounds} rounds, ratios are medians of the rounds' ratios.`,
    goals: [goal],
  };
}
