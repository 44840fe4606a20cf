/**
 * The authorizer: a warm decision as a multiple of one certificate parse and one signature verification, and a
 * cold one (load of the deployed bundle, policy, truststore and CRLs from a loopback S3, first decision) as a
 * multiple of an empty process that parses one certificate and verifies one signature.
 *
 * `--node PATH` measures another Node (Lambda's is 22), `--runs N` the number of cold processes, `--decisions N`
 * the warm ones.
 */
import { execFile } from "node:child_process";
import { createHash, sign } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import type { AuthorizerPolicy } from "#contract/authorizer-policy.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { prepareCrl } from "#pki/crl/write.ts";
import { encodePem } from "#pki/pem.ts";
import { type Hierarchy, makeHierarchy, type Signed, signWith } from "../support/hierarchy.ts";

const run = promisify(execFile);

export interface AuthorizerFigures {
  readonly node: string;
  readonly bundleBytes: number;
  readonly cold: ColdFigures;
  readonly warm: WarmFigures;
}
interface ColdFigures {
  readonly crlEntries: number;
  /** Wall time of the whole process. */
  readonly floorProcessMs: number;
  readonly processMs: number;
  readonly ratio: number;
  /** Processor time of the whole process: what else runs on the machine is not in it. */
  readonly floorCpuMs: number;
  readonly cpuMs: number;
  readonly cpuRatio: number;
  readonly goal: number;
  readonly loadMs: number;
  readonly decisionMs: number;
  readonly emptyProcessMs: number;
}
interface WarmFigures {
  readonly crlEntries: number;
  readonly floorUs: number;
  /** A client that the process has seen before. */
  readonly knownUs: number;
  /** A client that it has not: its certificate is parsed and its signature verified. */
  readonly unknownUs: number;
  readonly knownRatio: number;
  readonly unknownRatio: number;
  readonly goal: number;
  readonly perSecond: number;
  readonly rssMb: number;
}

const coldGoal = 2;
const warmGoal = 1.5;
/** More clients than the function remembers, so that none of them is known when its turn comes. */
const manyClients = 600;

export async function bench(args: readonly string[] = []): Promise<AuthorizerFigures> {
  const options = readOptions(args);
  const folder = await mkdtemp(join(tmpdir(), "authorizer-bench-"));
  try {
    const bundleBytes = await prepareCode(folder);
    const { stdout } = await run(options.node, ["--version"]);
    const figures = {
      node: stdout.trim(),
      bundleBytes,
      cold: await measureCold(folder, 10_000, options),
      warm: await measureWarm(folder, 100_000, options),
    };
    print(figures);
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Options {
  readonly node: string;
  readonly runs: number;
  readonly decisions: number;
}

function readOptions(args: readonly string[]): Options {
  const after = (flag: string) => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);
  return {
    node: after("--node") ?? process.execPath,
    runs: Number(after("--runs") ?? 15),
    decisions: Number(after("--decisions") ?? 6000),
  };
}

/** The function as the build makes it, and the worker. */
async function prepareCode(folder: string): Promise<number> {
  const builder = pathToFileURL(join(process.cwd(), "scripts/build.mjs")).href;
  const { bundleFunction } = (await import(builder)) as {
    bundleFunction(root: string, name: string): Promise<{ code: Uint8Array }>;
  };
  const { code } = await bundleFunction(process.cwd(), "authorizer");
  await writeFile(join(folder, "index.js"), code);
  await build({
    entryPoints: [join(process.cwd(), "test/bench/authorizer-worker.ts")],
    outfile: join(folder, "worker.cjs"),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "warning",
  });
  return code.length;
}

async function measureCold(folder: string, crlEntries: number, options: Options): Promise<ColdFigures> {
  return withWorld(folder, crlEntries, 1, async () => {
    const floors: number[] = [];
    const empties: number[] = [];
    const colds: number[] = [];
    const answers: ColdAnswer[] = [];
    const floorAnswers: { readonly cpuMs: number }[] = [];
    const worker = [join(folder, "worker.cjs")];
    for (let i = 0; i < options.runs; i++) {
      empties.push(await wall(options.node, ["-e", "0"]));
      floors.push(await wall(options.node, [...worker, "floor", folder], floorAnswers));
      colds.push(await wall(options.node, [...worker, "cold", folder], answers));
    }
    if (answers.some(({ effect }) => effect !== "Allow")) throw new Error("a measured request was denied");
    const floorProcessMs = median(floors);
    const processMs = median(colds);
    const floorCpuMs = median(floorAnswers.map((one) => one.cpuMs));
    const cpuMs = median(answers.map((one) => one.cpuMs));
    return {
      crlEntries,
      floorProcessMs,
      processMs,
      ratio: processMs / floorProcessMs,
      floorCpuMs,
      cpuMs,
      cpuRatio: cpuMs / floorCpuMs,
      goal: coldGoal,
      loadMs: median(answers.map((one) => one.loadMs)),
      decisionMs: median(answers.map((one) => one.decisionMs)),
      emptyProcessMs: median(empties),
    };
  });
}

interface ColdAnswer {
  readonly loadMs: number;
  readonly decisionMs: number;
  readonly cpuMs: number;
  readonly effect: string;
}

async function measureWarm(folder: string, crlEntries: number, options: Options): Promise<WarmFigures> {
  return withWorld(folder, crlEntries, manyClients, async () => {
    const { stdout } = await run(options.node, [
      join(folder, "worker.cjs"),
      "warm",
      folder,
      String(options.decisions),
    ]);
    const { floorUs, knownUs, unknownUs, rssMb } = JSON.parse(stdout);
    return {
      crlEntries,
      floorUs,
      knownUs,
      unknownUs,
      knownRatio: knownUs / floorUs,
      unknownRatio: unknownUs / floorUs,
      goal: warmGoal,
      perSecond: 1_000_000 / knownUs,
      rssMb,
    };
  });
}

/** Hierarchy, policy and lists behind a loopback S3; `prepared.json` tells the workers. */
async function withWorld<T>(
  folder: string,
  crlEntries: number,
  clients: number,
  use: () => Promise<T>,
): Promise<T> {
  const hierarchy = makeHierarchy();
  const objects = objectsOf(hierarchy, crlEntries);
  const server = await serve(objects);
  try {
    await writeFile(
      join(folder, "prepared.json"),
      JSON.stringify(prepared(hierarchy, objects, (server.address() as AddressInfo).port, clients)),
    );
    return await use();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const policyObject = "authorizer-policy.json";

function objectsOf(hierarchy: Hierarchy, crlEntries: number): Map<string, Buffer> {
  const { root, issuing } = hierarchy;
  const pems = [issuing, root].map(({ certificate }) => encodePem("CERTIFICATE", certificate.der));
  const truststore = Buffer.from(pems.join(""));
  const policy: AuthorizerPolicy = {
    truststore: {
      bucket: "external",
      region: "eu-west-2",
      key: externalKeys.truststore,
      version: "1",
      sha256: sha256(truststore),
    },
    issuers: [
      {
        generation: "g1",
        issuingFingerprint: issuing.certificate.fingerprint,
        issuingCrlKey: externalKeys.issuingCrl("g1"),
        rootFingerprint: root.certificate.fingerprint,
        rootCrlKey: externalKeys.rootCrl("g1"),
      },
    ],
    revocation: {
      issuingMaxAgeSeconds: 1800,
      rootMaxAgeSeconds: 86_400,
      refreshSeconds: 5,
      maxOutageSeconds: 60,
    },
    rules: [{ name: "partners", routes: "all", subject: { OU: { equals: "Partners" } } }],
  };
  return new Map([
    [policyObject, Buffer.from(JSON.stringify(policy))],
    [externalKeys.truststore, truststore],
    [externalKeys.issuingCrl("g1"), crlOf(issuing, crlEntries)],
    [externalKeys.rootCrl("g1"), crlOf(root, 1)],
  ]);
}

function crlOf(signer: Signed, entries: number): Buffer {
  const thisUpdate = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000);
  return signWith(
    signer.privateKey,
    prepareCrl({
      issuer: signer.certificate,
      number: 1,
      thisUpdate,
      nextUpdate: new Date(thisUpdate.getTime() + 86_400_000),
      entries: Array.from({ length: entries }, (_, i) => ({
        serial: `4${createHash("sha256").update(String(i)).digest("hex").slice(1, 32)}`,
        revokedAt: thisUpdate,
        reason: "superseded" as const,
      })),
    }),
  );
}

function prepared(hierarchy: Hierarchy, objects: ReadonlyMap<string, Buffer>, port: number, clients: number) {
  const all = Array.from({ length: clients }, () => hierarchy.leaf());
  const pems = all.map(({ certificate }) => encodePem("CERTIFICATE", certificate.der));
  const [first] = all as [Signed];
  const signed = "x".repeat(600);
  return {
    pem: pems[0],
    pems,
    signed,
    signature: sign("sha256", Buffer.from(signed), first.privateKey).toString("base64"),
    functionArn: "arn:aws:lambda:eu-west-2:222222222222:function:bench-api-authorizer",
    event: eventWith(pems[0] as string),
    environment: {
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_REGION: "eu-west-2",
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      API_ID: "a1b2c3d4e5",
      STAGE: "bench",
      DOMAIN_NAME: "api.bench.example.com",
      POLICY_BUCKET: "policy",
      POLICY_KEY: policyObject,
      POLICY_VERSION: "1",
      POLICY_SHA256: sha256(objects.get(policyObject) as Buffer),
    },
  };
}

function eventWith(clientCertPem: string) {
  return {
    type: "REQUEST",
    resource: "/api",
    path: "/api",
    httpMethod: "POST",
    headers: {},
    requestContext: {
      apiId: "a1b2c3d4e5",
      stage: "bench",
      domainName: "api.bench.example.com",
      requestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
      identity: { sourceIp: "192.0.2.1", clientCert: { clientCertPem } },
    },
  };
}

async function serve(objects: ReadonlyMap<string, Buffer>): Promise<Server> {
  const server = createServer((request, response) => {
    const key = (request.url as string).split("?")[0]?.split("/").slice(2).join("/") ?? "";
    const body = objects.get(key);
    const etag = `"${key}"`;
    if (body && request.headers["if-none-match"] === etag) response.writeHead(304).end();
    else response.writeHead(body ? 200 : 404, { ETag: etag }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Runs a process to its end; what it says is added to `answers`. */
async function wall<T>(file: string, args: readonly string[], answers?: T[]): Promise<number> {
  const start = performance.now();
  const { stdout } = await run(file, [...args]);
  const milliseconds = performance.now() - start;
  answers?.push(JSON.parse(stdout));
  return milliseconds;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

function print({ node, bundleBytes, cold, warm }: AuthorizerFigures): void {
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const us = (value: number) => `${value.toFixed(0)} µs`;
  process.stdout.write(
    [
      `authorizer, Node ${node}, bundle ${(bundleBytes / 1000).toFixed(0)} kB (goal 100)`,
      `  cold, CRL of ${cold.crlEntries}: process ${ms(cold.processMs)} = ${cold.ratio.toFixed(2)} × floor ${ms(cold.floorProcessMs)} (goal ${cold.goal}); an empty process ${ms(cold.emptyProcessMs)}`,
      `    processor time ${ms(cold.cpuMs)} = ${cold.cpuRatio.toFixed(2)} × floor ${ms(cold.floorCpuMs)}`,
      `    load of the bundle ${ms(cold.loadMs)}, first decision with four GETs ${ms(cold.decisionMs)}`,
      `  warm, CRL of ${warm.crlEntries}: floor (one parse, one ES256 verification) ${us(warm.floorUs)}`,
      `    client seen before ${us(warm.knownUs)} = ${warm.knownRatio.toFixed(2)} ×, new client ${us(warm.unknownUs)} = ${warm.unknownRatio.toFixed(2)} × (goal ${warm.goal}, token included)`,
      `    ${warm.perSecond.toFixed(0)} decisions a second and core, ${warm.rssMb.toFixed(0)} MB resident`,
      "",
    ].join("\n"),
  );
}
