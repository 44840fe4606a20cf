/**
 * The same question put to a widely used library, in a process of its own: from a file to a verdict, signature
 * verified. The library is loaded before the clock starts. One that refuses the list says so.
 */
import "reflect-metadata";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

const [library, folder, file] = process.argv.slice(2);

type Measurement = () => Promise<{ readonly isListed: boolean; readonly entries: number }>;

async function prepared(): Promise<Measurement> {
  const issuerDer = readFileSync(`${folder}/issuer.der`);
  const leafDer = readFileSync(`${folder}/leaf.der`);
  if (library === "@peculiar/x509") {
    // It needs reflect-metadata, imported above.
    const { X509Crl, X509Certificate } = await import("@peculiar/x509");
    const issuer = new X509Certificate(issuerDer);
    const leaf = new X509Certificate(leafDer);
    return async () => {
      const crl = new X509Crl(readFileSync(`${file}`));
      if (!(await crl.verify({ publicKey: issuer }, globalThis.crypto))) throw new Error("signature");
      return { isListed: crl.findRevoked(leaf.serialNumber) !== null, entries: crl.entries.length };
    };
  }
  const { Certificate, CertificateRevocationList } = await import("pkijs");
  const issuer = Certificate.fromBER(issuerDer);
  const leaf = Certificate.fromBER(leafDer);
  return async () => {
    const crl = CertificateRevocationList.fromBER(readFileSync(`${file}`));
    if (!(await crl.verify({ issuerCertificate: issuer }))) throw new Error("signature");
    return { isListed: crl.isCertificateRevoked(leaf), entries: crl.revokedCertificates?.length ?? 0 };
  };
}

async function main(): Promise<void> {
  const measure = await prepared();
  const start = performance.now();
  try {
    const { isListed, entries } = await measure();
    const milliseconds = performance.now() - start;
    process.stdout.write(JSON.stringify({ milliseconds, answer: isListed ? "revoked" : "good", entries }));
  } catch (error) {
    process.stdout.write(JSON.stringify({ refused: (error as Error).message.slice(0, 80) }));
  }
}

void main();
