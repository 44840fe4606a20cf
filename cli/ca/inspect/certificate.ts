/** `ca inspect certificate`. */
import { Command } from "commander";
import { parseCertificate, thumbprint } from "#pki/certificate.ts";
import { lintCertificate } from "#pki/lint/index.ts";
import { formatName } from "#pki/name.ts";
import { serialDecimal } from "#pki/serial.ts";
import { finish } from "../../terminal.ts";
import { printFacts } from "./facts.ts";
import { readDer } from "./file.ts";

export function inspectCertificate(): Command {
  return new Command("certificate")
    .description("a certificate: names, validity, purposes, thumbprint, and what the lint says of it")
    .argument("<file>", "PEM or DER")
    .action((file: string, { json }: { json: boolean }) =>
      finish(json, async () => {
        const certificate = parseCertificate(readDer(file, "CERTIFICATE"));
        printFacts(
          {
            subject: formatName(certificate.subject),
            issuer: formatName(certificate.issuer),
            serial: `0x${certificate.serial}`,
            serialDecimal: serialDecimal(certificate.serial),
            notBefore: certificate.notBefore.toISOString(),
            notAfter: certificate.notAfter.toISOString(),
            key: keyType(() => certificate.publicKey.keyType),
            signature: certificate.algorithm,
            ca: certificate.basicConstraints?.ca ?? false,
            keyUsage: [...(certificate.keyUsage ?? [])],
            extendedKeyUsage: certificate.extendedKeyUsage ?? [],
            subjectAltNames: (certificate.subjectAltNames ?? []).map(({ kind, value }) => `${kind}:${value}`),
            fingerprint: certificate.fingerprint,
            thumbprint: thumbprint(certificate),
            lint: lintCertificate(certificate.der, "unknown").map(
              ({ rule, message }) => `${rule}: ${message}`,
            ),
          },
          json,
        );
        return undefined;
      }),
    );
}

function keyType(read: () => string): string {
  try {
    return read();
  } catch {
    return "not accepted";
  }
}
