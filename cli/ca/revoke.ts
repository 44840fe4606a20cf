/**
 * `ca revoke`: has a certificate revoked, and returns only once the published CRL holds it. With `--issuer` it is a
 * generation's issuing certificate, by the root's CRL: all its leaves are refused.
 */
import { Command, Option } from "commander";
import {
  issuingRevocationReasons,
  type RevokeIssuingResult,
  revocationReasons,
} from "#contract/ca-requests.ts";
import { CommandError, exitCodes, finish, print, printJson, say } from "../terminal.ts";
import { callAuthority, findAuthority } from "./authority.ts";
import { findCertificate, readWhich, type Which, withWhich } from "./which-certificate.ts";

interface RevokeOptions extends Which {
  readonly env: string;
  readonly json: boolean;
  readonly issuer?: string;
  readonly reason: string;
  readonly invalidSince?: string;
  readonly yes: boolean;
}

const leafReasons: readonly string[] = revocationReasons.filter((one) => one !== "certificateHold");
const issuerReasons: readonly string[] = issuingRevocationReasons;

export function revokeCommand(): Command {
  return withWhich(
    new Command("revoke").description("revoke a certificate and wait until the published CRL holds it"),
  )
    .option("--issuer <generation>", "revoke a generation's issuing certificate instead, for ever")
    .addOption(
      new Option("--reason <reason>", "why")
        .choices([...new Set([...leafReasons, ...issuerReasons])])
        .makeOptionMandatory(),
    )
    .option("--invalid-since <time>", "ISO 8601: since when the key is believed lost")
    .option("--yes", "do it; without, only show what would be asked", false)
    .addHelpText(
      "after",
      `
A hold is put by \`ca hold\`. What is revoked here shows as drift until ca.revoked of the configuration lists it.

Examples:
  npm run ca -- revoke --env dev --certificate partner-a/client-cert.pem --reason superseded --yes
  npm run ca -- revoke --env dev --serial 3f:a0:… --reason keyCompromise --invalid-since 2026-01-31T00:00:00Z --yes
  npm run ca -- revoke --env dev --issuer g1 --reason cACompromise --yes`,
    )
    .action((options: RevokeOptions) =>
      finish(options.json, () => (options.issuer === undefined ? revoke(options) : revokeIssuer(options))),
    );
}

async function revoke(options: RevokeOptions): Promise<undefined> {
  assertReason(options.reason, leafReasons, "a certificate of a client");
  const which = readWhich(options);
  const authority = await findAuthority(options.env);
  const record = await findCertificate(authority, which);
  const what = `${record.generation} 0x${record.serial} (${record.subject})`;
  if (!options.yes) {
    if (options.json) printJson({ dryRun: true, ...record, reason: options.reason });
    else print(`would revoke ${what}, reason ${options.reason}\nnothing was changed: add --yes`);
    return;
  }
  if (!options.json) say(`revoking ${what} …`);
  const result = await callAuthority(authority, "ca-revoke", {
    generation: record.generation,
    serial: record.serial,
    reason: options.reason,
    ...(options.invalidSince === undefined ? {} : { invalidSince: options.invalidSince }),
  });
  if (options.json) printJson(result);
  else
    print(
      `${result.status}: ${what}, reason ${result.reason}, since ${result.revokedAt}; CRL ${result.crlNumber} holds it`,
    );
}

async function revokeIssuer(options: RevokeOptions): Promise<undefined> {
  const { env, json, reason, yes } = options;
  const generation = options.issuer as string;
  assertReason(reason, issuerReasons, "an issuing certificate");
  const others = [
    options.serial,
    options.certificate,
    options.client,
    options.generation,
    options.invalidSince,
  ];
  if (others.some((one) => one !== undefined))
    throw new CommandError(
      "usage",
      "--issuer names the certificate: leave the other names out",
      exitCodes.usage,
    );
  if (!yes) {
    if (json) printJson({ dryRun: true, generation, reason });
    else
      print(
        `would revoke the issuing certificate of ${generation}, reason ${reason}: every certificate under it is refused, for ever\nnothing was changed: add --yes`,
      );
    return;
  }
  const authority = await findAuthority(env);
  if (!json) say(`revoking the issuing certificate of ${generation} …`);
  const order = { action: "revoke-issuing", generation, reason } as const;
  const result = (await callAuthority(authority, "ca-reconcile", order)) as RevokeIssuingResult;
  if (json) return void printJson(result);
  print(
    `revoked: issuing certificate of ${generation} (0x${result.serial}), reason ${result.reason}, since ${result.revokedAt}; root CRL ${result.crlNumber} holds it`,
  );
  return;
}

function assertReason(reason: string, allowed: readonly string[], what: string): void {
  if (!allowed.includes(reason))
    throw new CommandError(
      "usage",
      `--reason ${reason} is not for ${what}: one of ${allowed.join(", ")}`,
      exitCodes.usage,
    );
}
