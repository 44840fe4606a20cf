/** Chains to the truststore: FACTS 1 ("Checked: syntax, chain, validity dates"). OpenSSL's own verdict is not asked. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTruststore, verifyChain } from "#local/gateway/truststore.ts";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { asIfItWereACa, daysFromNow, issueFrom, makeAuthority, makeIssuing } from "./support/authority.ts";

const ours = makeAuthority("Ours");
const impostor = makeAuthority("Ours");
/** Tomorrow: OpenSSL dates what it issues from the present second on. */
const now = daysFromNow(1);
const subject = [{ type: "CN", value: "somebody" }];
const truststore = openTruststore(ours.truststore, "v1");

test("leaf, issuing and root are a chain", () => {
  const leaf = ours.issue();
  const verdict = verifyChain(leaf.certificate, [], truststore, now);
  expect(verdict).toMatchObject({ trusted: true });
  expect(verdict.trusted && verdict.chain.map(({ der }) => der)).toEqual([
    leaf.certificate.der,
    ours.issuing.certificate.der,
    ours.root.certificate.der,
  ]);
});

test("a root that is in the truststore is trusted itself", () => {
  expect(verifyChain(ours.root.certificate, [], truststore, now)).toMatchObject({ trusted: true });
});

const second = makeIssuing("Second", ours.root);
const byLeaf = issueFrom(asIfItWereACa(ours.issue()), { subject });
const underIssuing = makeIssuing("Too deep", asIfItWereACa(ours.issuing));

test.each([
  ["the impostor's root sent along", impostor.issue(), [impostor.issuing, impostor.root], /another key|root/],
  ["the impostor's issuing certificate sent along", impostor.issue(), [impostor.issuing], /another key/],
  ["a leaf as issuer, sent along", byLeaf, [ours.issue()], /not a CA/],
  [
    "an issuing CA below a path length of 0",
    issueFrom(underIssuing, { subject }),
    [underIssuing],
    /path length/,
  ],
  ["no issuer at all", issueFrom(second, { subject }), [], /not in the truststore/],
])("%s is no chain", (_, leaf, sent, why) => {
  const verdict = verifyChain(
    leaf.certificate,
    sent.map(({ certificate }) => certificate),
    truststore,
    now,
  );
  expect(verdict).toEqual({ trusted: false, why: expect.stringMatching(why) });
});

test("the same leaf with its issuing certificate sent along is one", () => {
  const leaf = issueFrom(second, { subject });
  expect(verifyChain(leaf.certificate, [second.certificate], truststore, now)).toMatchObject({
    trusted: true,
  });
});

test("a leaf that names a non-CA of the truststore as its issuer is refused", () => {
  const client = ours.issue();
  const leaf = issueFrom(asIfItWereACa(client), { subject });
  const wide = openTruststore(ours.truststore + client.cert, "v1");
  expect(verifyChain(leaf.certificate, [], wide, now)).toEqual({ trusted: false, why: "issuer is not a CA" });
});

test("an expired issuing certificate ends the chain, whatever the leaf says", () => {
  const leaf = ours.issue({ notBefore: daysFromNow(-1), notAfter: daysFromNow(30) });
  const later = daysFromNow(399.5);
  const verdict = verifyChain(
    { ...leaf.certificate, notAfter: daysFromNow(500) } as never,
    [],
    truststore,
    later,
  );
  expect(verdict).toMatchObject({ trusted: false, why: expect.stringMatching(/^issuer expired/) });
});

test.each([
  ["one second before its first day", -1000, false],
  ["at its first moment", 0, true],
])("a certificate %s", (_, offset, trusted) => {
  const leaf = ours.issue();
  const at = new Date(leaf.certificate.notBefore.getTime() + offset);
  expect(verifyChain(leaf.certificate, [], truststore, at).trusted).toBe(trusted);
});

test.each([
  ["at its last moment", 0, true],
  ["one second after its last", 1000, false],
])("a certificate %s", (_, offset, trusted) => {
  const leaf = ours.issue();
  const at = new Date(leaf.certificate.notAfter.getTime() + offset);
  expect(verifyChain(leaf.certificate, [], truststore, at).trusted).toBe(trusted);
});

test("a flipped bit in the signature is no signature", () => {
  const leaf = ours.issue();
  const der = Buffer.from(leaf.certificate.der);
  der[der.length - 1] = (der[der.length - 1] as number) ^ 1;
  expect(verifyChain(parseCertificate(der), [], truststore, now)).toEqual({
    trusted: false,
    why: "signature does not verify under the issuer's key",
  });
});

test("many certificates with the issuer's name cost a bounded number of signatures", () => {
  const leaf = ours.issue().certificate;
  let keysUsed = 0;
  const others = Array.from({ length: 200 }, (_, i) =>
    Object.create(impostor.issuing.certificate, {
      der: { value: Buffer.concat([impostor.issuing.certificate.der, Buffer.of(i)]) },
      subjectKeyIdentifier: { value: undefined },
      publicKey: {
        get: () => {
          keysUsed += 1;
          return impostor.issuing.certificate.publicKey;
        },
      },
    }),
  );
  const verdict = verifyChain(leaf, others, openTruststore(ours.root.cert, "v1"), now);
  expect(verdict.trusted).toBe(false);
  expect(keysUsed).toBeGreaterThan(0);
  expect(keysUsed).toBeLessThanOrEqual(50);
});

/** The same certificate, saying something else of itself. */
const saying = (certificate: Certificate, ...changes: [keyof Certificate, unknown][]): Certificate =>
  Object.create(certificate, Object.fromEntries(changes.map(([name, value]) => [name, { value }])));

test("an issuer whose key usage lacks keyCertSign is no issuer", () => {
  const leaf = ours.issue().certificate;
  const issuing = saying(ours.issuing.certificate, ["keyUsage", new Set(["cRLSign"])]);
  const store = { ...openTruststore(ours.root.cert, "v1"), certificates: [issuing, ours.root.certificate] };
  expect(verifyChain(leaf, [], store, now)).toEqual({
    trusted: false,
    why: "issuer may not sign certificates",
  });
});

test.each([
  [4, true],
  [5, false],
])("a chain of %i certificates", (length, trusted) => {
  let issuer = ours.root;
  const between: Certificate[] = [];
  for (let i = 0; i < length - 2; i++) {
    const made = makeIssuing(`Level ${i}`, { ...issuer, certificate: asIfItWereACa(issuer).certificate });
    issuer = { ...made, certificate: saying(made.certificate, ["basicConstraints", { ca: true }]) };
    between.push(issuer.certificate);
  }
  const leaf = issueFrom(issuer, { subject }).certificate;
  expect(verifyChain(leaf, between, openTruststore(ours.root.cert, "v1"), now)).toMatchObject(
    trusted ? { trusted } : { trusted, why: "chain is longer than 4 certificates" },
  );
});

describe("OpenSSL's certificates", () => {
  const folder = mkdtempSync(join(tmpdir(), "truststore-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const ca = (name: string, ...key: string[]) => {
    const files = ["-keyout", `${name}.key`, "-out", `${name}.pem`];
    openssl("req", "-x509", "-nodes", "-days", "30", "-subj", `/CN=${name}`, "-newkey", ...key, ...files);
    return readFileSync(join(folder, `${name}.pem`), "utf8");
  };
  const issued = (issuer: string, ...more: string[]) => issuedFor(issuer, "rsa:2048", ...more);
  const issuedFor = (issuer: string, key: string, ...more: string[]) => {
    openssl("req", "-new", "-nodes", "-newkey", key, "-keyout", "l.key", "-out", "l.csr", "-subj", "/CN=l");
    openssl(
      "x509",
      "-req",
      "-in",
      "l.csr",
      "-CA",
      `${issuer}.pem`,
      "-CAkey",
      `${issuer}.key`,
      "-out",
      "l.pem",
      ...more,
    );
    return decodeOnePem(readFileSync(join(folder, "l.pem"), "utf8"), "CERTIFICATE");
  };

  test.each([
    ["RSA 2048", "rsa", ["rsa:2048"]],
    ["P-384", "p384", ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]],
  ])("%s is accepted", (_, name, key) => {
    const store = openTruststore(ca(name, ...key), "v1");
    expect(verifyChain(parseCertificate(issued(name)), [], store, now)).toMatchObject({ trusted: true });
  });

  test("a leaf signed with SHA-1 is refused", () => {
    const store = openTruststore(ca("sha1", "rsa:2048"), "v1");
    const der = issued("sha1", "-sha1");
    const judge = () => verifyChain(parseCertificate(der), [], store, now).trusted;
    expect(safely(judge)).not.toBe(true);
  });

  test("a leaf with a key of 1024 bits is refused", () => {
    const store = openTruststore(ca("strong", "rsa:2048"), "v1");
    const der = issuedFor("strong", "rsa:1024");
    expect(safely(() => verifyChain(parseCertificate(der), [], store, now).trusted)).not.toBe(true);
  });

  test("a CA with a key of 1024 bits vouches for nobody", () => {
    const store = openTruststore(ca("weak", "rsa:1024"), "v1");
    const der = issued("weak");
    expect(safely(() => verifyChain(parseCertificate(der), [], store, now).trusted)).not.toBe(true);
  });
});

/** Refused with an error is refused as well; the door answers both alike. */
function safely(judge: () => boolean): boolean | string {
  try {
    return judge();
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test("a truststore with a private key in it does not open", () => {
  expect(() => openTruststore(ours.truststore + ours.root.key, "v1")).toThrow(
    expect.objectContaining({ code: "pem" }),
  );
});

test("a certificate of the truststore that cannot be read is told and vouches for nobody", () => {
  const broken = "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n";
  const store = openTruststore(broken + ours.truststore, "v1");
  expect(store.warnings).toEqual([expect.stringMatching(/^certificate 1 of the truststore/)]);
  expect(verifyChain(ours.issue().certificate, [], store, now)).toMatchObject({ trusted: true });
});
