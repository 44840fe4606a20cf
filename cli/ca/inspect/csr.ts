/** `ca inspect csr`: fails when the request is not signed with the key that it names. */
import { Command } from "commander";
import { parseCsr } from "#pki/csr.ts";
import { formatName } from "#pki/name.ts";
import { finish } from "../../terminal.ts";
import { printFacts } from "./facts.ts";
import { readDer } from "./file.ts";

export function inspectCsr(): Command {
  return new Command("csr")
    .description("a certification request; its proof of possession is verified")
    .argument("<file>", "PEM or DER")
    .action((file: string, { json }: { json: boolean }) =>
      finish(json, async () => {
        const csr = parseCsr(readDer(file, "CERTIFICATE REQUEST"));
        const asked = csr.requestedExtensions;
        printFacts(
          {
            subject: formatName(csr.subject),
            key: csr.publicKey.keyType,
            keyHash: csr.publicKey.hash,
            signature: `${csr.algorithm}, verified`,
            subjectAltNames: csr.subjectAltNames.map(({ kind, value }) => `${kind}:${value}`),
            keyUsage: [...(asked.keyUsage ?? [])],
            extendedKeyUsage: asked.extendedKeyUsage ?? [],
            otherExtensions: asked.others,
          },
          json,
        );
        return undefined;
      }),
    );
}
