/**
 * CRLs: from a file to a verdict in a fresh process, as a multiple of the floor (read the file, verify one signature
 * over its bytes), beside `openssl crl` and two libraries; every entry is walked. And the writer (crl-writer.ts).
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareCrl } from "#pki/crl/write.ts";
import { DerReader } from "#pki/der/reader.ts";
import { encodePem } from "#pki/pem.ts";
import { type Hierarchy, makeHierarchy, signWith } from "../support/hierarchy.ts";
import { now, revocations } from "./crl-lists.ts";
import { measureWriter } from "./crl-writer.ts";
import {
  alternating,
  bestRatio,
  bundleWorker,
  count,
  judged,
  judgedBy,
  median,
  ms,
  type Options,
  ratioOf,
  readOptions,
  runWorker,
  times,
  us,
  wall,
} from "./measure.ts";
import { type Goal, goalCell, type Table } from "./report.ts";

const goals: Readonly<Record<number, number>> = { 1000: 4, 10000: 6, 100000: 3, 1000000: 1.8 };

export async function bench(args: readonly string[]): Promise<readonly Table[]> {
  const options = await readOptions(args, 31);
  const folder = await mkdtemp(join(tmpdir(), "crl-bench-"));
  try {
    const hierarchy = makeHierarchy({ now });
    const workers = await prepareFolder(folder, hierarchy);
    const sizes = Object.keys(goals)
      .map(Number)
      .filter((size) => !options.quick || size < 1_000_000);
    const found: Found[] = [];
    for (const size of sizes) found.push(await measureVerdict(folder, workers, hierarchy, size, options));
    return [verdictTable(found, options), libraryTable(found), await measureWriter(folder, 100_000, options)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Workers {
  readonly verdict: string;
  readonly library: string;
}

async function prepareFolder(folder: string, { issuing, leaf }: Hierarchy): Promise<Workers> {
  await writeFile(join(folder, "issuer.der"), issuing.certificate.der);
  await writeFile(join(folder, "issuer.pem"), encodePem("CERTIFICATE", issuing.certificate.der));
  await writeFile(join(folder, "leaf.der"), leaf().certificate.der);
  const key = issuing.privateKey.export({ format: "pem", type: "pkcs8" });
  await writeFile(join(folder, "key.pem"), key, { mode: 0o600 });
  return {
    verdict: await bundleWorker("crl-worker", folder),
    library: await bundleWorker("crl-library-worker", folder),
  };
}

interface Spent {
  readonly milliseconds: number;
  readonly cpuMs: number;
}
interface Verdict extends Spent {
  readonly answer: string;
  readonly entries: number;
  readonly indexMs: number;
  readonly warmUs: number;
  readonly indexBytes: number;
}
interface Found {
  readonly size: number;
  readonly floors: readonly Spent[];
  readonly verdicts: readonly Verdict[];
  readonly openssl: readonly number[];
  readonly libraries: Readonly<Record<string, number | string>>;
}

async function measureVerdict(
  folder: string,
  workers: Workers,
  { issuing }: Hierarchy,
  size: number,
  { node, runs }: Options,
): Promise<Found> {
  const der = signWith(
    issuing.privateKey,
    prepareCrl({
      issuer: issuing.certificate,
      number: 1,
      thisUpdate: new Date(now.getTime() - 60_000),
      nextUpdate: new Date(now.getTime() + 86_400_000),
      entries: revocations(size),
    }),
  );
  const file = join(folder, `${size}.crl`);
  await writeFile(file, der);
  const places = placesOf(der).map(String);
  const worker = async <T>(mode: string): Promise<T> => {
    const args = [workers.verdict, mode, folder, file, ...places, String(now.getTime())];
    return (await runWorker<T>(node, args)).answer;
  };
  const rounds = size >= 1_000_000 ? Math.ceil(runs / 2) : runs;
  const found = await alternating(rounds, {
    floors: () => worker<Spent>("floor"),
    verdicts: () => worker<Verdict>("verdict"),
  });
  if (found.verdicts.some(({ answer, entries }) => answer !== "good" || entries !== size))
    throw new Error("a measured process gave a wrong answer");
  const openssl = ["crl", "-inform", "DER", "-in", file, "-noout", "-CAfile", join(folder, "issuer.pem")];
  const others = await alternating(3, { openssl: () => wall("openssl", openssl) });
  const libraries: Record<string, number | string> = {};
  // Minutes for a million: what they need for 100,000 says enough.
  for (const name of size <= 100_000 ? ["@peculiar/x509", "pkijs"] : [])
    libraries[name] = await measureLibrary(name, folder, file, workers.library, node);
  return { size, ...found, ...others, libraries };
}

async function measureLibrary(name: string, folder: string, file: string, worker: string, node: string) {
  const spent: number[] = [];
  for (let i = 0; i < 3; i++) {
    const { answer } = await runWorker<{ milliseconds?: number; refused?: string; answer?: string }>(node, [
      worker,
      name,
      folder,
      file,
    ]);
    if (answer.milliseconds === undefined) return `refuses: ${answer.refused}`;
    if (answer.answer !== "good") throw new Error(`${name} gave a wrong answer`);
    spent.push(answer.milliseconds);
  }
  return median(spent);
}

function verdictTable(found: readonly Found[], options: Options): Table {
  const ratio = ({ floors, verdicts }: Found, key: keyof Spent) =>
    ratioOf(
      verdicts.map((one) => one[key]),
      floors.map((one) => one[key]),
    );
  const goalOf = (one: Found): Goal => ({
    what: `CRL of ${count(one.size)} entries, file to verdict, × floor`,
    value: judged(options, ratio(one, "milliseconds"), ratio(one, "cpuMs")),
    atMost: goals[one.size] ?? Number.NaN,
  });
  return {
    name: "crl-verdict",
    title: "CRL, file to verdict in a fresh process, every entry walked",
    head: [
      "entries",
      "floor",
      "verdict",
      "× floor",
      "best ÷ best",
      "processor time, × floor",
      "goal",
      "`openssl crl`",
      "index built",
      "warm look-up",
      "index an entry",
    ],
    rows: found.map((one) => {
      const { size, floors, verdicts, openssl } = one;
      const [floor, verdict] = [floors, verdicts].map((all) =>
        all.map(({ milliseconds }) => milliseconds),
      ) as [number[], number[]];
      return [
        count(size),
        ms(median(floor)),
        ms(median(verdict)),
        times(ratio(one, "milliseconds")),
        times(bestRatio(verdict, floor)),
        times(ratio(one, "cpuMs")),
        goalCell(goalOf(one)),
        ms(median(openssl)),
        ms(median(verdicts.map(({ indexMs }) => indexMs))),
        us(median(verdicts.map(({ warmUs }) => warmUs))),
        `${((verdicts[0]?.indexBytes ?? Number.NaN) / size).toFixed(1)} B`,
      ];
    }),
    note: `Node ${options.nodeVersion}; ${options.runs} rounds (half as many for a million), floor and verdict in turn. ${judgedBy(options)}`,
    goals: found.map(goalOf),
  };
}

function libraryTable(found: readonly Found[]): Table {
  const floorOf = ({ floors }: Found) => median(floors.map((one) => one.milliseconds));
  return {
    name: "crl-libraries",
    title: "CRL, file to verdict, by libraries",
    head: ["entries", "library", "wall", "× floor"],
    rows: found.flatMap((one) =>
      Object.entries(one.libraries).map(([name, result]) =>
        typeof result === "number"
          ? [count(one.size), name, ms(result), (result / floorOf(one)).toFixed(0)]
          : [count(one.size), name, result, ""],
      ),
    ),
    note: "Versions as in package-lock.json; medians of three.",
    goals: [],
  };
}

/** Start and end of what is signed, start of the signature. */
function placesOf(der: Buffer): [number, number, number] {
  const list = new DerReader(der).sequence();
  const tbsStart = list.position;
  list.raw();
  const tbsEnd = list.position;
  list.raw();
  return [tbsStart, tbsEnd, der.length - list.bitString().bytes.length];
}
