/**
 * What another CA's software, or a thief with the issuing key, could write into a name: it reaches neither context nor
 * audit line nor backend token, and makes no answer that API Gateway would not take. Our own CA writes no such name.
 */
import { sign } from "node:crypto";
import { auditLine } from "#lambdas/authorizer/audit.ts";
import { policy as answerOf } from "#lambdas/authorizer/steps/policy.ts";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { attachSignature } from "#pki/unsigned.ts";
import { makeHierarchy } from "../../support/hierarchy.ts";
import { rewriteDer } from "../../support/rewrite-der.ts";
import { account, deployment, makeWorld, pem, requestEvent, start } from "./fixture.ts";

const hierarchy = makeHierarchy({ now: start });

function named(commonName: string): Certificate {
  const { certificate } = hierarchy.leaf({
    subject: [
      { type: "OU", value: "Partners" },
      { type: "CN", value: "ZZZZZZZZ" },
    ],
  });
  const tbs = rewriteDer(certificate.tbs, Buffer.from("ZZZZZZZZ"), Buffer.from(commonName, "utf8"));
  const signature = sign("sha256", tbs, hierarchy.issuing.privateKey);
  return parseCertificate(attachSignature({ tbs, algorithm: certificate.algorithm }, signature));
}

const hostile = [
  ["CR and LF and a header", "SECRET\r\nX-Admin: 1"],
  ["a null byte", "SECRET\0"],
  ["quotation marks and JSON", 'SECRET","code":"allowed"'],
  ["a variable of API Gateway", "SECRET$context.authorizer.principalId"],
  ["a wildcard", "SECRET*"],
  ["10 kB", `SECRET${"x".repeat(10_000)}`],
] as const;

test.each(hostile)("a CN of %s leaves no trace in the answer and the audit line", async (_, commonName) => {
  const it = makeWorld({ hierarchy });
  const decision = await it.decide(requestEvent(pem(named(commonName))));
  expect(decision).toMatchObject({ allowed: true });
  const answer = JSON.stringify(answerOf(decision, deployment, account));
  expect(Buffer.byteLength(answer)).toBeLessThan(8192);
  const line = auditLine(decision, deployment, start);
  for (const text of [answer, line]) expect(text).not.toMatch(/SECRET|[\r\n]/);
});

test.each(hostile)("a rule that names a CN is not matched by one of %s", async (_, commonName) => {
  const subject = { CN: { oneOf: ["SECRET"] } };
  const it = makeWorld({ hierarchy, rules: [{ name: "by-name", routes: "all", subject }] });
  expect(await it.decide(requestEvent(pem(named(commonName))))).toMatchObject({ code: "no-rule" });
  const pattern = { CN: { pattern: "SECRET.*" } };
  const wide = makeWorld({ hierarchy, rules: [{ name: "by-pattern", routes: "all", subject: pattern }] });
  const { allowed } = await wide.decide(requestEvent(pem(named(commonName))));
  // A dot is no line break, and more than 256 characters match no pattern.
  expect(allowed).toBe(!/[\r\n]/.test(commonName) && commonName.length <= 256);
});

test.each([
  ["CR and LF", "a\r\nX-Admin: 1"],
  ["a null byte", "a\0"],
  ["10 kB", "x".repeat(10_000)],
])("our CA issues no name of %s", (_, value) => {
  expect(() => hierarchy.leaf({ subject: [{ type: "CN", value }] })).toThrow(
    expect.objectContaining({ code: expect.any(String) }),
  );
});
