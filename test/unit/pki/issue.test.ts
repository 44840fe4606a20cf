import { encodePem } from "#pki/pem.ts";
import type { KeyType } from "#pki/public-key.ts";
import { makeHierarchy } from "../../support/hierarchy.ts";
import { withOpenssl } from "../../support/openssl.ts";

const rows: readonly { root: KeyType; issuing: KeyType; leaf: KeyType }[] = [
  { root: "P-384", issuing: "P-256", leaf: "P-256" },
  { root: "P-384", issuing: "P-384", leaf: "RSA-2048" },
  { root: "RSA-3072", issuing: "RSA-2048", leaf: "P-384" },
  { root: "RSA-2048", issuing: "P-256", leaf: "RSA-3072" },
];

describe("certificates of the hierarchy", () => {
  test.each(rows)("openssl -x509_strict accepts root $root, issuing $issuing, leaf $leaf", async (row) => {
    const hierarchy = makeHierarchy({ root: row.root, issuing: row.issuing });
    const leaf = hierarchy.leaf({
      keyType: row.leaf,
      crlDistributionPoint: "http://crl.example.com/g1-issuing.crl",
      caIssuers: "http://crl.example.com/g1-issuing.crt",
      subjectAltNames: [
        { kind: "dns", value: "partner-a.example.com" },
        { kind: "ip", value: "2001:db8::1" },
        { kind: "email", value: "ops@example.com" },
        { kind: "uri", value: "spiffe://example.com/partner-a" },
      ],
    });
    await withOpenssl(async (folder) => {
      const pem = (certificate: { der: Buffer }) => encodePem("CERTIFICATE", certificate.der);
      await folder.write("root.pem", pem(hierarchy.root.certificate));
      await folder.write("issuing.pem", pem(hierarchy.issuing.certificate));
      await folder.write("leaf.pem", pem(leaf.certificate));
      const result = await folder.openssl(
        ...["verify", "-x509_strict", "-purpose", "sslclient"],
        ...["-CAfile", "root.pem", "-untrusted", "issuing.pem", "leaf.pem"],
      );
      expect(result).toMatchObject({ code: 0, stdout: "leaf.pem: OK\n" });
      const server = await folder.openssl(
        ...["verify", "-x509_strict", "-purpose", "sslserver"],
        ...["-CAfile", "root.pem", "-untrusted", "issuing.pem", "leaf.pem"],
      );
      expect(server.code).not.toBe(0);
    });
  });
});
