/**
 * One measurement in a process of its own: from a file to a verdict, or the floor under it. Parsing certificates and
 * loading code come before the clock starts, in both; what V8 has not compiled yet is part of the price.
 */
import { verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { parseCertificate } from "#pki/certificate.ts";
import { lookUp } from "#pki/crl/look-up.ts";
import { openCrl } from "#pki/crl/open.ts";
import { cpuMs } from "./processor-time.ts";

const [mode, folder, file, tbsStart, tbsEnd, signatureStart, now] = process.argv.slice(2);

const measurements: Readonly<Record<string, () => unknown>> = { floor, verdict };
process.stdout.write(JSON.stringify(measurements[mode ?? ""]?.()));

/** Reads the file and verifies one signature over its bytes. */
function floor() {
  const key = parseCertificate(readFileSync(`${folder}/issuer.der`)).publicKey.keyObject;
  const [start, cpuStart] = [performance.now(), cpuMs()];
  const der = readFileSync(`${file}`);
  const tbs = der.subarray(Number(tbsStart), Number(tbsEnd));
  const isTrue = verify("sha256", tbs, key, der.subarray(Number(signatureStart)));
  const milliseconds = performance.now() - start;
  const cpu = cpuMs() - cpuStart;
  if (!isTrue) throw new Error("the floor's signature does not verify");
  return { milliseconds, cpuMs: cpu };
}

function verdict() {
  const issuer = parseCertificate(readFileSync(`${folder}/issuer.der`));
  const certificate = parseCertificate(readFileSync(`${folder}/leaf.der`));
  const at = new Date(Number(now));
  void issuer.publicKey.keyObject;
  const [start, cpuStart] = [performance.now(), cpuMs()];
  const crl = openCrl(readFileSync(`${file}`), issuer);
  const answer = lookUp(crl, certificate, at).status;
  const milliseconds = performance.now() - start;
  const cpu = cpuMs() - cpuStart;
  const indexMs = timed(() => lookUp(crl, certificate, at));
  const warmUs = timed(() => {
    for (let i = 0; i < 1000; i++) lookUp(crl, certificate, at);
  });
  return {
    milliseconds,
    cpuMs: cpu,
    answer,
    indexMs,
    warmUs,
    entries: crl.entries,
    indexBytes: crl.indexBytes,
  };
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}
