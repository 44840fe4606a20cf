/** `ca inspect …`: what a file says, offline; the same parsers and the same revocation code as the authorizer. */
import { Command } from "commander";
import { inspectCertificate } from "./certificate.ts";
import { inspectCrl } from "./crl.ts";
import { inspectCsr } from "./csr.ts";
import { inspectRevocation } from "./revocation.ts";
import { inspectTruststore } from "./truststore.ts";

export function inspectCommand(): Command {
  const command = new Command("inspect").description("say what a file holds; works without AWS");
  for (const one of [
    inspectCertificate(),
    inspectCsr(),
    inspectCrl(),
    inspectTruststore(),
    inspectRevocation(),
  ])
    command.addCommand(one.option("--json", "print JSON and nothing else", false));
  return command;
}
