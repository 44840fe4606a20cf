/** `ca inspect truststore`: what API Gateway would refuse, or accept although it is unsafe. */
import { Command } from "commander";
import { formatName } from "#pki/name.ts";
import { lintTruststore } from "#pki/truststore.ts";
import { exitCodes, finish, green, print, printJson, red, table, yellow } from "../../terminal.ts";
import { readTyped } from "../../where-typed.ts";

export function inspectTruststore(): Command {
  return new Command("truststore")
    .description("a bundle of CA certificates, as API Gateway would take it; exit 1 when it has errors")
    .argument("<file>", "PEM")
    .action((file: string, { json }: { json: boolean }) => finish(json, async () => inspect(file, json)));
}

function inspect(file: string, json: boolean): number {
  const { errors, warnings, certificates } = lintTruststore(readTyped(file).toString("latin1"), new Date());
  const rows = certificates.map((one) => ({
    subject: formatName(one.subject),
    notAfter: one.notAfter.toISOString(),
    fingerprint: one.fingerprint,
  }));
  const exitCode = errors.length > 0 ? exitCodes.refused : exitCodes.ok;
  if (json) {
    printJson({ certificates: rows, errors, warnings });
    return exitCode;
  }
  print(
    table(
      ["subject", "until", "SHA-256"],
      rows.map((one) => [one.subject, one.notAfter, one.fingerprint]),
    ),
  );
  for (const { rule, message } of errors) print(`${red("error")}   ${rule}: ${message}`);
  for (const { rule, message } of warnings) print(`${yellow("warning")} ${rule}: ${message}`);
  if (errors.length === 0) print(green(`${certificates.length} certificates, no errors`));
  return exitCode;
}
