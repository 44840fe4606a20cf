/** `ca report`: what differs from the configuration, or will soon. Changes nothing. */
import { Command } from "commander";
import type { ReportResult } from "#contract/ca-outputs.ts";
import { exitCodes, finish, print, printJson, table } from "../terminal.ts";
import { callAuthority, findAuthority } from "./authority.ts";

interface ReportOptions {
  readonly env: string;
  readonly json: boolean;
}

export function reportCommand(): Command {
  return new Command("report")
    .description("revocations that the configuration does not list, clients that need a new request")
    .addHelpText(
      "after",
      "\nExits with 1 when there is anything to do.\n\nExample:\n  npm run ca -- report --env dev",
    )
    .action((options: ReportOptions) => finish(options.json, () => report(options)));
}

async function report(options: ReportOptions): Promise<number> {
  const authority = await findAuthority(options.env);
  const result = (await callAuthority(authority, "ca-reconcile", { action: "report" })) as ReportResult;
  const { drift, clientNotices } = result;
  if (options.json) printJson(result);
  else if (drift.length + clientNotices.length === 0) print("as configured: nothing to do");
  else {
    if (drift.length > 0)
      print(
        table(
          ["drift", "serial", "status", "reason", "since", "subject"],
          drift.map((one) => [
            ...[one.generation, `0x${one.serial}`, one.status],
            ...[one.reason, one.revokedAt, one.subject],
          ]),
        ),
      );
    if (clientNotices.length > 0)
      print(
        table(
          ["client", "why", "until", "generation", "serial"],
          clientNotices.map((one) => [
            ...[one.client, one.why, one.notAfter],
            ...[one.generation, `0x${one.serial}`],
          ]),
        ),
      );
  }
  return drift.length + clientNotices.length === 0 ? exitCodes.ok : exitCodes.refused;
}
