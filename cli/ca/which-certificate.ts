/** How commands are told which certificate is meant: by serial, by the certificate itself, or by its client's name. */
import type { Command } from "commander";
import { parseCertificate } from "#pki/certificate.ts";
import { decodePem } from "#pki/pem.ts";
import { parseSerial } from "#pki/serial.ts";
import { CommandError, exitCodes } from "../terminal.ts";
import { readTyped } from "../where-typed.ts";
import type { Authority } from "./authority.ts";
import { findRecord, type LedgerEntry, latestOfClient } from "./records.ts";

export interface Which {
  readonly serial?: string;
  readonly certificate?: string;
  readonly client?: string;
  readonly generation?: string;
}

export const withWhich = (command: Command): Command =>
  command
    .option("--serial <serial>", "decimal, hex (0x…) or colon hex")
    .option("--certificate <file>", "the certificate itself (PEM)")
    .option("--client <name>", "a client of the configuration: its latest certificate")
    .option("--generation <id>", "of the CA; found in the ledger when left out");

/** What does not need the CA, checked before it is asked. */
export function readWhich(which: Which): Which {
  const named = [which.serial, which.certificate, which.client].filter((one) => one !== undefined);
  if (named.length !== 1)
    throw new CommandError(
      "usage",
      "name the certificate by --serial, --certificate or --client, one of them",
      exitCodes.usage,
    );
  const { serial, certificate } = which;
  if (serial !== undefined) return { ...which, serial: parseSerial(serial) };
  if (certificate === undefined) return which;
  const [leaf] = decodePem(readTyped(certificate).toString("latin1"), "CERTIFICATE");
  const { certificate: _, ...rest } = which;
  return { ...rest, serial: parseCertificate(leaf as Buffer).serial };
}

export function findCertificate(
  authority: Authority,
  { serial, client, generation }: Which,
): Promise<LedgerEntry> {
  return serial === undefined
    ? latestOfClient(authority, client as string)
    : findRecord(authority, serial, generation);
}
