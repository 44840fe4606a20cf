/**
 * One measurement of the authorizer in a process of its own.
 *
 * `floor`: what a cold process must do at least (load node:crypto, parse one certificate, verify one signature).
 * `cold`: loads a bundle and decides on one request. `warm`: decisions in a process that is warm, beside the floor
 * of one parse and one verification. `memory`: what is held after a few decisions.
 */
import { readFileSync } from "node:fs";
import type { Caller, Prepared } from "./authorizer-world.ts";
import { cpuMs } from "./processor-time.ts";

const [mode = "", folder = "", ...rest] = process.argv.slice(2);

const modes: Readonly<Record<string, (world: Prepared) => Promise<unknown>>> = { floor, cold, warm, memory };

void modes[mode]?.(JSON.parse(readFileSync(`${folder}/prepared.json`, "utf8"))).then((answer) => {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  // Kept-alive connections would hold the process.
  setImmediate(() => process.exit(0));
});

async function floor({ callers: [{ pem }], signed, signature }: Prepared) {
  // Opened in both: a function's log is there before its code.
  silenceAudit();
  const { X509Certificate, verify } = require("node:crypto") as typeof import("node:crypto");
  const key = new X509Certificate(pem).publicKey;
  if (!verify("sha256", Buffer.from(signed), key, Buffer.from(signature, "base64")))
    throw new Error("the floor's signature does not verify");
  return { cpuMs: cpuMs() };
}

type Decide = (event: object) => Promise<void>;

/** The bundle's function, loaded now; a decision that is no Allow throws. */
function loaded(world: Prepared, bundle: string): Decide {
  Object.assign(process.env, world.environment, { BENCH_OBJECTS: `${folder}/objects` });
  silenceAudit();
  const { handler } = require(bundle) as { handler: (event: object, context: object) => Promise<Answer> };
  return async (event) => {
    const answer = await handler(event, { invokedFunctionArn: world.functionArn });
    if (answer.policyDocument.Statement[0].Effect !== "Allow")
      throw new Error("a measured request was denied");
  };
}
interface Answer {
  readonly policyDocument: { readonly Statement: readonly [{ readonly Effect: string }] };
}

async function cold(world: Prepared) {
  const [bundle = "", kind] = rest;
  // Not `performance.now()`: it would load a module that the floor does not.
  const milliseconds = () => Number(process.hrtime.bigint()) / 1e6;
  const start = milliseconds();
  const decide = loaded(world, bundle);
  const ready = milliseconds();
  await decide(eventOf(world.callers[0], kind === "token"));
  return { cpuMs: cpuMs(), loadMs: ready - start, decisionMs: milliseconds() - ready };
}

async function warm(world: Prepared) {
  const { callers, signed, signature } = world;
  const [bundle = "", decisions] = rest;
  const { X509Certificate, verify } = require("node:crypto") as typeof import("node:crypto");
  const decide = loaded(world, bundle);
  const bytes = Buffer.from(signed);
  const proof = Buffer.from(signature, "base64");
  const plain = callers.map((caller) => eventOf(caller, false));
  const withToken = callers.map((caller) => eventOf(caller, true));
  const [known, knownWithToken] = [plain[0] as object, withToken[0] as object];
  let turn = 0;
  const next = (events: readonly object[]) => events[turn++ % events.length] as object;
  const kinds: Readonly<Record<string, () => unknown>> = {
    floor: () => verify("sha256", bytes, new X509Certificate(callers[0].pem).publicKey, proof),
    known: () => decide(known),
    knownWithToken: () => decide(knownWithToken),
    unknown: () => decide(next(plain)),
    unknownWithToken: () => decide(next(withToken)),
  };
  for (let i = 0; i < 2000; i++) for (const one of Object.values(kinds)) await one();
  // Alternating batches, so that a busy machine is busy for all of them.
  const batches = 40;
  const size = Math.ceil(Number(decisions) / batches);
  const spent: Record<string, { cpuUs: number; wallUs: number }[]> = {};
  for (let batch = 0; batch < batches; batch++)
    for (const [name, one] of Object.entries(kinds)) {
      spent[name] ??= [];
      spent[name].push(await timed(size, one));
    }
  return spent;
}

async function timed(count: number, run: () => unknown) {
  const [cpu, wall] = [cpuMs(), performance.now()];
  for (let i = 0; i < count; i++) await run();
  return { cpuUs: ((cpuMs() - cpu) / count) * 1000, wallUs: ((performance.now() - wall) / count) * 1000 };
}

/** After the third decision: the index stands, and the garbage is gone (`--expose-gc`). */
async function memory(world: Prepared) {
  const decide = loaded(world, rest[0] ?? "");
  const event = eventOf(world.callers[0], true);
  for (let i = 0; i < 3; i++) await decide(event);
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heapUsed, external };
}

function eventOf({ pem, token }: Caller, withToken: boolean): object {
  return {
    type: "REQUEST",
    resource: withToken ? "/time" : "/api",
    path: withToken ? "/time" : "/api",
    httpMethod: withToken ? "GET" : "POST",
    headers: withToken ? { Authorization: `Bearer ${token}` } : {},
    requestContext: {
      apiId: "a1b2c3d4e5",
      stage: "bench",
      domainName: "api.bench.example.com",
      requestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
      identity: { sourceIp: "192.0.2.1", clientCert: { clientCertPem: pem } },
    },
  };
}

/** Audit lines are made, and go nowhere: what a log costs is the log's business. */
function silenceAudit(): void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = ((text: string, ...others: never[]) =>
    text.startsWith('{"audit"') ? true : write(text, ...others)) as typeof process.stdout.write;
}
