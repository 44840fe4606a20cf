// `ca inspect`: the same answers for people, for programs and as exit codes; hostile files get a code, not a stack.
import { sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareCrl } from "#pki/crl/write.ts";
import { encodePem } from "#pki/pem.ts";
import { prepareRequest } from "#pki/request.ts";
import { signatureAlgorithms } from "#pki/signature.ts";
import { attachSignature } from "#pki/unsigned.ts";
import { makeHierarchy, makeKeyPair, signWith } from "#test/support/hierarchy.ts";
import { runCa } from "./run-ca.ts";

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "mtls-api-inspect-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const now = new Date();
const { root, issuing, leaf } = makeHierarchy({ now });
const good = leaf().certificate;
const revoked = leaf().certificate;
const crl = signWith(
  issuing.privateKey,
  prepareCrl({
    issuer: issuing.certificate,
    number: 7,
    thisUpdate: new Date(now.getTime() - 60_000),
    nextUpdate: new Date(now.getTime() + 3_600_000),
    entries: [
      { serial: revoked.serial, revokedAt: new Date("2026-01-31T12:00:00Z"), reason: "keyCompromise" },
    ],
  }),
);

const file = (name: string, content: Buffer | string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const files = {
  good: file("good.pem", encodePem("CERTIFICATE", good.der)),
  revoked: file("revoked.der", revoked.der),
  issuing: file("issuing.crt", encodePem("CERTIFICATE", issuing.certificate.der)),
  truststore: file(
    "truststore.pem",
    encodePem("CERTIFICATE", issuing.certificate.der) + encodePem("CERTIFICATE", root.certificate.der),
  ),
  crl: file("list.crl", encodePem("X509 CRL", crl)),
  garbage: file("garbage.pem", "not a list of anything"),
  zeros: file("zeros.der", Buffer.alloc(10_000_000)),
};

test.each([
  ["a certificate that is not listed", files.good, "GOOD", 0],
  ["a certificate that is listed (DER)", files.revoked, "REVOKED keyCompromise 2026-01-31T12:00:00.000Z", 1],
])("revocation of %s", async (_, certificate, answer, code) => {
  const ended = await runCa(
    ...["inspect", "revocation", "--cert", certificate, "--issuer", files.issuing, "--crl", files.crl],
  );
  expect(ended).toMatchObject({ code, stdout: `${answer}\n` });
});

test.each([
  ["no CRL at all", [], "UNKNOWN no-crl"],
  ["garbage instead of a CRL", ["--crl", files.garbage], "UNKNOWN no-crl"],
  ["a CRL past its end", ["--crl", files.crl, "--at", "2099-01-01T00:00:00Z"], "UNKNOWN next-update-past"],
  ["a CRL older than allowed", ["--crl", files.crl, "--max-age-hours", "0.001"], "UNKNOWN too-old"],
])("revocation with %s is unknown and exits 2", async (_, more, answer) => {
  const ended = await runCa(
    ...["inspect", "revocation", "--cert", files.good, "--issuer", files.issuing, ...more],
  );
  expect(ended).toMatchObject({ code: 2, stdout: `${answer}\n` });
});

test("a batch answers every line with its id, in one process", async () => {
  const at = now.toISOString();
  const base = { issuers: [files.issuing], crls: [files.crl], at };
  const questions = [
    { id: "a", certificate: files.good, ...base },
    { id: 2, certificate: files.revoked, ...base },
    { id: "c", certificate: files.good, ...base, crls: [] },
    { id: "d", certificate: files.garbage, ...base },
    { id: "e", certificate: files.good, ...base, issuers: [], maxAgeHours: 1 },
  ];
  const batch = file("questions.jsonl", questions.map((one) => JSON.stringify(one)).join("\n"));
  const ended = await runCa("inspect", "revocation", "--batch", batch);
  expect(ended.code).toBe(0);
  expect(
    ended.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { id: "a", verdict: "good", code: "good" },
    { id: 2, verdict: "revoked", code: "keyCompromise", revokedAt: "2026-01-31T12:00:00.000Z" },
    { id: "c", verdict: "unknown", code: "no-crl" },
    { id: "d", verdict: "unknown", code: "certificate-pem" },
    { id: "e", verdict: "unknown", code: "issuer-missing" },
  ]);
});

test.each([
  ["a line that is no JSON", "{"],
  [
    "an unknown key",
    JSON.stringify({ id: 1, certificate: "x", issuers: [], crls: [], at: now.toISOString(), chian: true }),
  ],
  ["a missing moment", JSON.stringify({ id: 1, certificate: "x", issuers: [], crls: [] })],
])("a batch with %s says which line, and exits 2", async (_, line) => {
  const ended = await runCa("inspect", "revocation", "--batch", file("bad.jsonl", `\n${line}\n`));
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain("bad.jsonl:2:");
});

test("a certificate, for people and as JSON", async () => {
  const people = await runCa("inspect", "certificate", files.good);
  expect(people.stdout).toContain(`0x${good.serial}`);
  const json = JSON.parse((await runCa("inspect", "certificate", files.good, "--json")).stdout) as Record<
    string,
    unknown
  >;
  expect(json).toMatchObject({
    serial: `0x${good.serial}`,
    fingerprint: good.fingerprint,
    extendedKeyUsage: ["clientAuth"],
    lint: [],
  });
});

test("a CRL: what it says, and whether it is theirs", async () => {
  const unverified = JSON.parse((await runCa("inspect", "crl", files.crl, "--json")).stdout) as Record<
    string,
    unknown
  >;
  expect(unverified).toMatchObject({ number: "7", entries: 1, verified: "no: give --issuer" });
  expect((await runCa("inspect", "crl", files.crl, "--issuer", files.issuing)).code).toBe(0);
  const stranger = file("stranger.crt", encodePem("CERTIFICATE", root.certificate.der));
  expect(await runCa("inspect", "crl", files.crl, "--issuer", stranger, "--json")).toMatchObject({ code: 1 });
});

test("a truststore: exit 0 when API Gateway would take it, 1 and the reason when not", async () => {
  expect((await runCa("inspect", "truststore", files.truststore)).code).toBe(0);
  const ended = await runCa("inspect", "truststore", files.issuing);
  expect(ended.code).toBe(1);
  expect(ended.stdout).toContain("missing-issuer");
});

test("a request: read when it is signed with its own key, refused when not", async () => {
  const own = makeKeyPair("P-256");
  const unsigned = prepareRequest({
    publicKey: own.publicKey,
    subject: [{ type: "CN", value: "partner-a" }],
  });
  const csr = file("own.csr", encodePem("CERTIFICATE REQUEST", signWith(own.privateKey, unsigned)));
  expect((await runCa("inspect", "csr", csr)).stdout).toContain("CN=partner-a");
  const { hash } = signatureAlgorithms[unsigned.algorithm];
  const forged = attachSignature(unsigned, sign(hash, unsigned.tbs, makeKeyPair("P-256").privateKey));
  const ended = await runCa(
    "inspect",
    "csr",
    file("forged.csr", encodePem("CERTIFICATE REQUEST", forged)),
    "--json",
  );
  expect(ended.code).toBe(1);
  expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: "signature" } });
});

test.each([
  ["10 MB of zeros", "certificate", files.zeros],
  ["a CRL instead of a certificate", "certificate", files.crl],
  ["a certificate instead of a CRL", "crl", files.good],
  ["garbage as a request", "csr", files.garbage],
  ["a missing file", "certificate", join(folder, "nothing.pem")],
  ["a folder", "crl", folder],
])("%s: one line with the reason, no stack trace", async (_, what, path) => {
  const ended = await runCa("inspect", what, path);
  expect([1, 2]).toContain(ended.code);
  expect(ended.stderr).toMatch(/^error: .+/);
  expect(ended.stderr).not.toMatch(/\n\s+at /);
});
