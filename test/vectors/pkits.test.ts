// NIST PKITS 1.0.1, the 76 tests on revocation: every certificate of the chain but the anchor is judged.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseCertificate } from "#pki/certificate.ts";
import { judgeChain } from "#pki/crl/judge.ts";
import { readRows, sharedVectors, testRows } from "./shared-vectors.ts";

interface Row {
  test: string;
  title: string;
  certs: string[];
  crls: string[];
  revocation_case?: boolean;
  at: string;
  required: "good" | "not-good" | "good-or-unknown";
}

const read = (folder: string, file: string) => readFileSync(resolve(sharedVectors, "pkits", folder, file));
const suite = readRows("pkits", "pkits.json", 76, (json) =>
  (json as Row[]).filter((row) => row.revocation_case),
);

testRows(
  suite,
  (row) => `${row.test} ${row.title}: ${row.required}`,
  (row) => {
    // Trust anchor first, end entity last; names and keys say who issued whom.
    const certificates = row.certs.map((file) => parseCertificate(read("certs", file)));
    const certificate = certificates.at(-1);
    if (certificate === undefined) throw new Error("a row without certificates");
    const verdict = judgeChain({
      certificate,
      issuers: certificates.slice(0, -1),
      crls: row.crls.map((file) => read("crls", file)),
      now: new Date(row.at),
    });
    const allowed = {
      good: ["good"],
      "not-good": ["revoked", "unknown"],
      "good-or-unknown": ["good", "unknown"],
    }[row.required];
    expect(allowed).toContain(verdict.status);
  },
);
