/** Does what `openssl ca -gencrl` does; the clock runs from the list in memory to the signed file. */
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { parseCertificate } from "#pki/certificate.ts";
import { prepareCrl } from "#pki/crl/write.ts";
import { signatureAlgorithms } from "#pki/signature.ts";
import { attachSignature } from "#pki/unsigned.ts";
import { readIndexTxt } from "./crl-openssl.ts";
import { cpuMs } from "./processor-time.ts";

const folder = process.argv[2] as string;
const issuer = parseCertificate(readFileSync(`${folder}/issuer.der`));
const key = createPrivateKey(readFileSync(`${folder}/key.pem`));
const entries = readIndexTxt(readFileSync(`${folder}/index.txt`, "latin1"));
const thisUpdate = new Date();
const nextUpdate = new Date(thisUpdate.getTime() + 86_400_000);

const [start, cpuStart] = [performance.now(), cpuMs()];
const unsigned = prepareCrl({ issuer, number: 1, thisUpdate, nextUpdate, entries });
const signature = sign(signatureAlgorithms[unsigned.algorithm].hash, unsigned.tbs, key);
writeFileSync(`${folder}/ours.crl`, attachSignature(unsigned, signature));
process.stdout.write(JSON.stringify({ milliseconds: performance.now() - start, cpuMs: cpuMs() - cpuStart }));
