// The CRL cases of rustls-webpki: 32 chains, and 19 CRLs for the reader alone.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseCertificate } from "#pki/certificate.ts";
import { judge, judgeChain } from "#pki/crl/judge.ts";
import type { Verdict } from "#pki/crl/look-up.ts";
import { readUnverifiedCrl } from "#pki/crl/open.ts";
import { unknownCodeOf } from "#pki/crl/unknown.ts";
import { PkiError } from "#pki/errors.ts";
import { readRows, sharedVectors, testRows } from "./shared-vectors.ts";

interface Index {
  verify_time_unix: number;
  cases: Row[];
}
interface Row {
  name: string;
  ee: string;
  intermediates: string[];
  root: string;
  crls: string[];
  depth: "EndEntity" | "Chain";
  unknown_status: "allow" | "deny";
  required: "good" | "revoked" | "not-good" | "not-applicable";
  now: Date;
}
interface ParseRow {
  name: string;
  files: string[];
  required: "parses" | "refused" | "either";
}

const read = (...path: string[]) => readFileSync(resolve(sharedVectors, "webpki-2024", "tests", ...path));

describe("chains", () => {
  const suite = readRows("webpki-2024", "index.json", 32, (json) => {
    const { cases, verify_time_unix } = json as Index;
    return cases.map((row) => ({ ...row, now: new Date(verify_time_unix * 1000) }));
  });
  testRows(
    suite,
    (row) => `${row.name}: ${row.required}`,
    (row) => {
      const verdict = judgeRow(row);
      if (row.required === "not-good") expect(["revoked", "unknown"]).toContain(verdict);
      // Revocation switched off is no question of ours; without CRLs the answer must not be good.
      else if (row.required === "not-applicable") expect(verdict).toBe("unknown");
      else expect(verdict).toBe(row.required);
    },
  );
});

describe("the reader alone", () => {
  const suite = readRows("webpki-2024", "crl_parse_index.json", 19, (json) =>
    Array.isArray(json) ? (json as ParseRow[]) : (json as { cases: ParseRow[] }).cases,
  );
  testRows(
    suite,
    (row) => `${row.name}: ${row.required}`,
    (row) => {
      for (const file of row.files) {
        const refusal = refusalOf(read("crls", file));
        if (row.required === "parses") expect(refusal).toBeUndefined();
        if (row.required === "refused") expect(refusal).toBeDefined();
      }
    },
  );
});

function judgeRow(row: Row): Verdict["status"] {
  const parse = (file: string) => parseCertificate(read("client_auth_revocation", file));
  try {
    const options = {
      certificate: parse(row.ee),
      issuers: [...row.intermediates, row.root].map(parse),
      crls: row.crls.map((file) => read("client_auth_revocation", file)),
      now: row.now,
    };
    if (row.unknown_status === "deny")
      return row.depth === "Chain" ? judgeChain(options).status : judge(options).status;
    const depth =
      row.depth === "Chain" ? [options.certificate, ...row.intermediates.map(parse)] : [options.certificate];
    const verdicts = depth.map((certificate) => forgiving(judge({ ...options, certificate })));
    return verdicts.find((one) => one === "revoked") ?? verdicts.find((one) => one === "unknown") ?? "good";
  } catch (error) {
    // A certificate that cannot be read is judged by nobody.
    if (error instanceof PkiError) return "unknown";
    throw error;
  }
}

/** `unknown_status: allow` forgives that no CRL applies, and nothing else. */
function forgiving(verdict: Verdict): Verdict["status"] {
  const forgiven = ["no-crl", "issuer-mismatch"];
  return verdict.status === "unknown" && forgiven.includes(verdict.code) ? "good" : verdict.status;
}

function refusalOf(der: Buffer): string | undefined {
  try {
    readUnverifiedCrl(der);
    return undefined;
  } catch (error) {
    const code = unknownCodeOf(error);
    if (code === undefined) throw error;
    return code;
  }
}
