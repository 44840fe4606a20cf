/** `ca revoke`: has a certificate revoked, and returns only once the published CRL holds it. */
import { Command, Option } from "commander";
import { type RevokeResult, revocationReasons } from "#contract/ca-requests.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { decodePem } from "#pki/pem.ts";
import { parseSerial } from "#pki/serial.ts";
import { CommandError, exitCodes, finish, print, printJson, say } from "../terminal.ts";
import { type Authority, callAuthority, findAuthority } from "./authority.ts";
import { findRecord } from "./records.ts";
import { readTyped } from "./where-typed.ts";

interface RevokeOptions {
  readonly env: string;
  readonly json: boolean;
  readonly serial?: string;
  readonly certificate?: string;
  readonly generation?: string;
  readonly reason: string;
  readonly invalidSince?: string;
  readonly yes: boolean;
}

export function revokeCommand(): Command {
  return new Command("revoke")
    .description("revoke a certificate and wait until the published CRL holds it")
    .option("--serial <serial>", "decimal, hex (0x…) or colon hex")
    .option("--certificate <file>", "the certificate itself (PEM)")
    .option("--generation <id>", "of the CA; found in the ledger when left out")
    .addOption(new Option("--reason <reason>", "why").choices(revocationReasons).makeOptionMandatory())
    .option("--invalid-since <time>", "ISO 8601: since when the key is believed lost")
    .option("--yes", "do it; without, only show what would be asked", false)
    .addHelpText(
      "after",
      `
Examples:
  npm run ca -- revoke --env dev --certificate partner-a/client-cert.pem --reason superseded --yes
  npm run ca -- revoke --env dev --serial 3f:a0:… --reason keyCompromise --invalid-since 2026-01-31T00:00:00Z --yes`,
    )
    .action((options: RevokeOptions) => finish(options.json, () => revoke(options)));
}

async function revoke(options: RevokeOptions): Promise<undefined> {
  const serial = serialOf(options);
  const authority = await findAuthority(options.env);
  const record = await findRecord(authority, serial, options.generation);
  const what = `${record.generation} 0x${record.serial} (${record.subject})`;
  if (!options.yes) {
    if (options.json) printJson({ dryRun: true, ...record, reason: options.reason });
    else print(`would revoke ${what}, reason ${options.reason}\nnothing was changed: add --yes`);
    return;
  }
  if (!options.json) say(`revoking ${what} …`);
  const result = await ask(authority, record.generation, record.serial, options);
  if (options.json) printJson(result);
  else
    print(
      `${result.status}: ${what}, reason ${result.reason}, since ${result.revokedAt}; CRL ${result.crlNumber} holds it`,
    );
}

function ask(
  authority: Authority,
  generation: string,
  serial: string,
  options: RevokeOptions,
): Promise<RevokeResult> {
  return callAuthority(authority, "ca-revoke", {
    generation,
    serial,
    reason: options.reason,
    ...(options.invalidSince === undefined ? {} : { invalidSince: options.invalidSince }),
  });
}

function serialOf({ serial, certificate }: RevokeOptions): string {
  if ((serial === undefined) === (certificate === undefined))
    throw new CommandError(
      "usage",
      "name the certificate by --serial or by --certificate, one of them",
      exitCodes.usage,
    );
  if (serial !== undefined) return parseSerial(serial);
  const [leaf] = decodePem(readTyped(certificate as string).toString("latin1"), "CERTIFICATE");
  return parseCertificate(leaf as Buffer).serial;
}
