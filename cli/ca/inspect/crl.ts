/** `ca inspect crl`: what a CRL says; with `--issuer` also whether it is theirs. */
import { Command } from "commander";
import { parseCertificate } from "#pki/certificate.ts";
import { openCrl, readUnverifiedCrl } from "#pki/crl/open.ts";
import { formatName, parseName } from "#pki/name.ts";
import { dim, finish, print, printJson, table } from "../../terminal.ts";
import { printFacts } from "./facts.ts";
import { readDer } from "./file.ts";

/** More entries than this are counted, not listed, unless asked for. */
const shown = 20;

interface CrlOptions {
  readonly json: boolean;
  readonly issuer?: string;
  readonly all: boolean;
}

export function inspectCrl(): Command {
  return new Command("crl")
    .description("a CRL: number, dates, entries")
    .argument("<file>", "PEM or DER")
    .option("--issuer <file>", "certificate of the CA: verify signature, names and extensions")
    .option("--all", `list all entries, not only ${shown}`, false)
    .action((file: string, options: CrlOptions) => finish(options.json, async () => inspect(file, options)));
}

function inspect(file: string, { json, issuer, all }: CrlOptions): undefined {
  const der = readDer(file, "X509 CRL");
  const crl = issuer
    ? openCrl(der, parseCertificate(readDer(issuer, "CERTIFICATE")))
    : readUnverifiedCrl(der);
  const facts = {
    issuer: formatName(parseName(crl.issuer)),
    verified: issuer ? "yes" : "no: give --issuer",
    number: crl.number?.toString(),
    thisUpdate: crl.thisUpdate.toISOString(),
    nextUpdate: crl.nextUpdate.toISOString(),
    entries: crl.entries,
    fingerprint: crl.fingerprint,
  };
  const entries: string[][] = [];
  for (const one of crl.revocations()) {
    if (!all && entries.length === shown) break;
    entries.push([
      `0x${one.serial}`,
      one.reason ?? "unspecified",
      one.revokedAt.toISOString(),
      one.invalidSince?.toISOString() ?? "",
    ]);
  }
  if (json) {
    printJson({
      ...facts,
      revocations: entries.map(([serial, reason, revokedAt, invalidSince]) => ({
        ...{ serial, reason, revokedAt },
        ...(invalidSince ? { invalidSince } : {}),
      })),
    });
    return;
  }
  printFacts(facts, false);
  if (entries.length > 0) print(`\n${table(["serial", "reason", "revoked", "invalid since"], entries)}`);
  if (entries.length < crl.entries) print(dim(`… ${crl.entries - entries.length} more: --all`));
}
