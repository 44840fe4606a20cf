/**
 * Writes the committed vectors afresh (README): certificates, CRLs, and index.json with what is to be answered.
 * The keys exist while this runs and nowhere else.
 */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeCases } from "./cases.ts";

const folder = join(process.cwd(), "test", "vectors", "own");
for (const part of ["certificates", "crls"]) {
  rmSync(join(folder, part), { recursive: true, force: true });
  mkdirSync(join(folder, part), { recursive: true });
}

const written = new Map<string, string>();

/** One file for the same bytes, named after its first use. */
function put(part: "certificates" | "crls", name: string, der: Buffer): string {
  const hash = createHash("sha256").update(der).digest("hex");
  const known = written.get(hash);
  if (known !== undefined) return known;
  const file = `${part}/${name.replaceAll(/[^a-z0-9]+/gi, "-")}.${part === "crls" ? "crl" : "crt"}`;
  if ([...written.values()].includes(file)) throw new Error(`two files would be called ${file}`);
  writeFileSync(join(folder, file), der);
  written.set(hash, file);
  return file;
}

const rows = makeCases().map(({ name, verdict, code, at, maxAgeSeconds, ...bytes }) => ({
  name,
  verdict,
  code,
  certificate: put("certificates", `${name} certificate`, bytes.certificate.der),
  issuers: bytes.issuers.map(({ der }) => put("certificates", `${name} issuer`, der)),
  crls: bytes.crls.map((der, n) => put("crls", n === 0 ? name : `${name} ${n + 1}`, der)),
  at: at.toISOString(),
  maxAgeSeconds,
}));
writeFileSync(join(folder, "index.json"), `${JSON.stringify(rows, null, 1)}\n`);
