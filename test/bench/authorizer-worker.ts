/**
 * One measurement of the authorizer in a process of its own.
 *
 * `floor`: what a cold process must do at least (load node:crypto, parse one certificate, verify one signature).
 * `cold`: loads the deployed bundle and decides on one request; S3 is the loopback server of the parent.
 * `warm`: decisions per second in a process that is warm, beside the floor of one parse and one verification.
 */
import { readFileSync } from "node:fs";

const [mode = "", folder = "", ...rest] = process.argv.slice(2);

const modes: Readonly<Record<string, () => Promise<unknown>>> = {
  floor: async () => floorOnce(),
  cold,
  warm,
};

void modes[mode]?.().then((answer) => process.stdout.write(`${JSON.stringify(answer)}\n`));

interface Prepared {
  readonly pem: string;
  readonly pems: readonly string[];
  readonly signed: string;
  readonly signature: string;
  readonly environment: Record<string, string>;
  readonly event: object;
  readonly functionArn: string;
}

function prepared(): Prepared {
  return JSON.parse(readFileSync(`${folder}/prepared.json`, "utf8"));
}

function floorOnce() {
  const { pem, signed, signature } = prepared();
  // Opened in both: a function's log is there before its code.
  silenceAudit();
  const start = performance.now();
  const { X509Certificate, verify } = require("node:crypto") as typeof import("node:crypto");
  const key = new X509Certificate(pem).publicKey;
  const isTrue = verify("sha256", Buffer.from(signed), key, Buffer.from(signature, "base64"));
  const milliseconds = performance.now() - start;
  if (!isTrue) throw new Error("the floor's signature does not verify");
  return { milliseconds, cpuMs: cpuMs() };
}

type Handler = (event: object, context: object) => Promise<Answer>;
interface Answer {
  readonly policyDocument: { readonly Statement: readonly [{ readonly Effect: string }] };
}

async function cold() {
  const { environment, event, functionArn } = prepared();
  Object.assign(process.env, environment);
  silenceAudit();
  const start = performance.now();
  const { handler } = require(`${folder}/index.js`) as { handler: Handler };
  const loaded = performance.now();
  const answer = await handler(event, { invokedFunctionArn: functionArn });
  const decided = performance.now();
  setImmediate(() => process.exit(0));
  return {
    milliseconds: decided - start,
    cpuMs: cpuMs(),
    loadMs: loaded - start,
    decisionMs: decided - loaded,
    effect: answer.policyDocument.Statement[0].Effect,
  };
}

async function warm() {
  const { environment, event, functionArn, pem, pems, signed, signature } = prepared();
  const { X509Certificate, verify } = require("node:crypto") as typeof import("node:crypto");
  const decisions = Number(rest[0]);
  Object.assign(process.env, environment);
  silenceAudit();
  const { handler } = require(`${folder}/index.js`) as { handler: Handler };
  const events = pems.map((one) => withPem(event, one));
  const decide = async (one: object) => {
    const answer = await handler(one, { invokedFunctionArn: functionArn });
    if (answer.policyDocument.Statement[0].Effect !== "Allow")
      throw new Error("a measured request was denied");
  };
  const bytes = Buffer.from(signed);
  const proof = Buffer.from(signature, "base64");
  const floor = () => verify("sha256", bytes, new X509Certificate(pem).publicKey, proof);
  const cycle = (i: number) => events[i % events.length] as object;
  for (let i = 0; i < 3000; i++) {
    floor();
    await decide(i % 2 === 0 ? cycle(i) : (events[0] as object));
  }
  // Alternating batches, so that a busy machine is busy for all three.
  const spent = { floor: 0, known: 0, unknown: 0 };
  const batches = 20;
  const size = Math.ceil(decisions / batches);
  let turn = 0;
  for (let batch = 0; batch < batches; batch++) {
    spent.floor += await timed(size, async () => void floor());
    spent.known += await timed(size, () => decide(events[0] as object));
    spent.unknown += await timed(size, () => decide(cycle(turn++)));
  }
  const each = (total: number) => (total / batches / size) * 1000;
  const answer = {
    floorUs: each(spent.floor),
    knownUs: each(spent.known),
    unknownUs: each(spent.unknown),
    rssMb: process.memoryUsage().rss / 1e6,
  };
  setImmediate(() => process.exit(0));
  return answer;
}

async function timed(count: number, run: () => Promise<void>): Promise<number> {
  const start = cpuMs();
  for (let i = 0; i < count; i++) await run();
  return cpuMs() - start;
}

/** Processor time of this process since it began: what others do on the machine is not in it. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function withPem(event: object, clientCertPem: string): object {
  const copy = structuredClone(event) as {
    requestContext: { identity: { clientCert: { clientCertPem: string } } };
  };
  copy.requestContext.identity.clientCert.clientCertPem = clientCertPem;
  return copy;
}

/** Audit lines are made, and go nowhere: what a log costs is the log's business. */
function silenceAudit(): void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = ((text: string, ...others: never[]) =>
    text.startsWith('{"audit"') ? true : write(text, ...others)) as typeof process.stdout.write;
}
