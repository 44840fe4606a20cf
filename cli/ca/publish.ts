/** `ca publish`: has the CRL of every issuing CA published now. */
import { Command } from "commander";
import { finish, print, printJson, say, table } from "../terminal.ts";
import { callAuthority, findAuthority } from "./authority.ts";

interface PublishOptions {
  readonly env: string;
  readonly json: boolean;
  readonly yes: boolean;
}

export function publishCommand(): Command {
  return new Command("publish")
    .description("publish the CRL of every issuing CA now")
    .option("--yes", "do it; without, only say what would be done", false)
    .addHelpText("after", "\nExample:\n  npm run ca -- publish --env dev --yes")
    .action((options: PublishOptions) => finish(options.json, () => publish(options)));
}

async function publish(options: PublishOptions): Promise<undefined> {
  if (!options.yes) {
    if (options.json) printJson({ dryRun: true });
    else
      print(`would have ${options.env}-ca-publish publish every issuing CRL\nnothing was changed: add --yes`);
    return;
  }
  const authority = await findAuthority(options.env);
  if (!options.json) say("publishing …");
  const { published } = await callAuthority(authority, "ca-publish", { action: "publish" });
  if (options.json) return void printJson(published);
  print(
    table(
      ["generation", "number", "entries", "next update"],
      published.map((one) => [one.generation, String(one.number), String(one.entries), one.nextUpdate]),
    ),
  );
  return;
}
