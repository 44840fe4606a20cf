/** `ca hold` and `ca release`: a certificate is refused for a while, and admitted again. */
import { Command } from "commander";
import type { RevokeRequest } from "#contract/ca-requests.ts";
import { finish, print, printJson, say } from "../terminal.ts";
import { callAuthority, findAuthority } from "./authority.ts";
import type { LedgerEntry } from "./records.ts";
import { findCertificate, readWhich, type Which, withWhich } from "./which-certificate.ts";

interface HoldOptions extends Which {
  readonly env: string;
  readonly json: boolean;
  readonly yes: boolean;
}

interface Order {
  readonly name: "hold" | "release";
  readonly description: string;
  readonly request: (certificate: LedgerEntry) => RevokeRequest;
}

const of = ({ generation, serial }: LedgerEntry) => ({ generation, serial });

export const holdCommand = (): Command =>
  command({
    name: "hold",
    description: "have a certificate refused until it is released, and wait until the CRL says so",
    request: (certificate) => ({ ...of(certificate), reason: "certificateHold" }),
  });

export const releaseCommand = (): Command =>
  command({
    name: "release",
    description: "admit a certificate again that is on hold; what is revoked stays revoked",
    request: (certificate) => ({ ...of(certificate), action: "release" }),
  });

function command(order: Order): Command {
  return withWhich(new Command(order.name).description(order.description))
    .option("--yes", "do it; without, only show what would be asked", false)
    .addHelpText("after", `\nExample:\n  npm run ca -- ${order.name} --env dev --client partner-a --yes`)
    .action((options: HoldOptions) => finish(options.json, () => run(order, options)));
}

async function run({ name, request }: Order, options: HoldOptions): Promise<undefined> {
  const which = readWhich(options);
  const authority = await findAuthority(options.env);
  const record = await findCertificate(authority, which);
  const what = `${record.generation} 0x${record.serial} (${record.subject})`;
  if (!options.yes) {
    if (options.json) printJson({ dryRun: true, order: name, ...record });
    else print(`would ${name} ${what}\nnothing was changed: add --yes`);
    return;
  }
  if (!options.json) say(`${name} ${what} …`);
  const result = await callAuthority(authority, "ca-revoke", request(record));
  if (options.json) return void printJson(result);
  print(`${result.status}: ${what}; published with CRL ${result.crlNumber}`);
  return;
}
