// Our own vectors, as they are committed: own/README.md says how they were made.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCertificate } from "#pki/certificate.ts";
import { judge } from "#pki/crl/judge.ts";
import { revocationUnknownCodes } from "#pki/crl/unknown.ts";

interface Row {
  readonly name: string;
  readonly verdict: string;
  readonly code?: string;
  readonly certificate: string;
  readonly issuers: readonly string[];
  readonly crls: readonly string[];
  readonly at: string;
  readonly maxAgeSeconds?: number;
}

const folder = join(__dirname, "own");
const rows: Row[] = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
const read = (file: string) => readFileSync(join(folder, file));

test.each(rows.map((row) => [row.name, row] as const))("%s", (_, row) => {
  const verdict = judge({
    certificate: parseCertificate(read(row.certificate)),
    issuers: row.issuers.map((file) => parseCertificate(read(file))),
    crls: row.crls.map(read),
    now: new Date(row.at),
    ...(row.maxAgeSeconds !== undefined && { maxAgeSeconds: row.maxAgeSeconds }),
  });
  expect(verdict.status === "unknown" ? verdict.code : verdict.status).toBe(row.code ?? row.verdict);
});

test("every code but two has a vector", () => {
  const covered = new Set(rows.map(({ code }) => code));
  expect(revocationUnknownCodes.filter((code) => !covered.has(code))).toEqual(["size", "issuer-key"]);
});
