/** `ca show`: one certificate: what the ledger says of it, and the certificate itself from the CA's bucket. */
import { Command } from "commander";
import { readObject } from "#aws/read-object.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { externalBucketName } from "#contract/names.ts";
import { serialDecimal } from "#pki/serial.ts";
import { finish, print, printable, printJson } from "../terminal.ts";
import { findAuthority } from "./authority.ts";
import { findCertificate, readWhich } from "./which-certificate.ts";

interface ShowOptions {
  readonly env: string;
  readonly json: boolean;
  readonly client?: string;
  readonly generation?: string;
}

export function showCommand(): Command {
  return new Command("show")
    .description("show one certificate: the ledger's record and the certificate itself")
    .argument("[serial]", "decimal, hex (0x…) or colon hex")
    .option("--client <name>", "a client of the configuration: its latest certificate")
    .option("--generation <id>", "of the CA; found in the ledger when left out")
    .addHelpText(
      "after",
      "\nExamples:\n  npm run ca -- show 0x3fa0… --env dev\n  npm run ca -- show --client partner-a --env dev",
    )
    .action((serial: string | undefined, options: ShowOptions) =>
      finish(options.json, () => show(serial, options)),
    );
}

async function show(serial: string | undefined, options: ShowOptions): Promise<undefined> {
  const which = readWhich({ ...options, ...(serial === undefined ? {} : { serial }) });
  const authority = await findAuthority(options.env);
  const record = await findCertificate(authority, which);
  const bucket = externalBucketName(authority.environment.name, authority.environment.ca.account);
  const key = externalKeys.leafCertificate(record.generation, record.serial);
  // A recorded serial whose certificate never appeared has no object.
  const certificate = (await readObject(authority.connection, bucket, key))?.toString("latin1");
  if (options.json) return void printJson({ ...record, certificate: certificate ?? null });
  const lines = Object.entries({ ...record, decimal: serialDecimal(record.serial) });
  for (const [name, value] of lines) print(`${name.padEnd(12)} ${printable(String(value))}`);
  print(certificate ?? "(the certificate was recorded and never signed)");
  return;
}
