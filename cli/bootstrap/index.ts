/**
 * `npm run bootstrap -- --env NAME`: what an environment's accounts hold before its stacks come (deploy/foundation).
 * Shows what is missing or differs; makes it with `--yes`. Takes nothing away.
 */
import { Command, InvalidArgumentError } from "commander";
import { AccountSeed } from "#aws/account-seed.ts";
import type { Connection } from "#aws/connection.ts";
import { FoundationReader } from "#aws/foundation-reader.ts";
import { foundationOf } from "#deploy/foundation/foundation.ts";
import { findEnvironment } from "../find-environment.ts";
import { CommandError, dim, exitCodes, finish, print, printJson, table } from "../terminal.ts";
import { enterAccounts } from "./accounts.ts";
import { compareAccount, type Item } from "./compare.ts";

interface BootstrapOptions {
  readonly env: string;
  readonly yes: boolean;
  readonly json: boolean;
  readonly role?: string;
  readonly account?: string;
}

await new Command("bootstrap")
  .description("Makes what an environment's accounts hold before its stacks: state buckets, roles, logging.")
  .usage("--env <name> [options]     (by npm: npm run bootstrap -- --env <name> [options])")
  .requiredOption("--env <name>", "environment, as in config/environments")
  .option("--role <name>", "role to assume in every account, one that may make buckets and roles")
  .option("--account <id>", "this account of the environment alone", account)
  .option("--yes", "do it (without: say what would be done)", false)
  .option("--json", "print one JSON value and nothing else", false)
  .addHelpText(
    "after",
    `
Examples:
  npm run bootstrap -- --env dev --role OrganizationAccountAccessRole
  npm run bootstrap -- --env dev --account 111122223333 --yes

Exit codes: 0 done, 1 refused, 2 the command line is wrong, 3 a fault.`,
  )
  .showHelpAfterError("(--help shows what is allowed)")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage))
  .action((options: BootstrapOptions) => finish(options.json, () => bootstrap(options)))
  .parseAsync();

async function bootstrap(options: BootstrapOptions): Promise<undefined> {
  const environment = findEnvironment(options.env);
  const all = foundationOf(environment);
  const wanted = all.filter((one) => options.account === undefined || one.account === options.account);
  if (wanted.length === 0)
    throw new CommandError(
      "unknown-account",
      `--account ${options.account}: ${environment.name} has ${all.map((one) => one.account).join(" and ")}`,
      exitCodes.usage,
    );
  const entered = await enterAccounts(environment, wanted, options.role);
  const items: Item[] = [];
  for (const foundation of wanted) {
    const connection = entered.get(foundation.account) as Connection;
    items.push(...(await compareAccount(foundation, new FoundationReader(connection))));
  }
  const open = items.filter((one) => one.state !== "as it should be");
  if (options.yes) for (const item of open) await make(item, entered.get(item.account) as Connection);
  show(items, open, options);
  return undefined;
}

async function make(item: Item, connection: Connection): Promise<void> {
  const seed = new AccountSeed({ ...connection, region: item.region });
  if (item.kind === "bucket") await seed.stateBucket(item.name);
  else if (item.kind === "logging") await seed.gatewayLogging(item.name);
  else if (item.role) await seed.role(item.role);
}

function show(items: readonly Item[], open: readonly Item[], { yes, json }: BootstrapOptions): void {
  const done = (item: Item) => (item.state === "missing" ? "made" : "put right");
  const rows = items.map((item) => ({
    ...item,
    state: yes && open.includes(item) ? done(item) : item.state,
  }));
  if (json) {
    printJson({ changed: yes ? open.length : 0, items: rows.map(({ role: _, ...item }) => item) });
    return;
  }
  print(
    table(
      ["account", "kind", "name", "state", ""],
      rows.map((one) => [one.account, one.kind, one.name, one.state, one.what]),
    ),
  );
  if (open.length === 0) print(dim("nothing to do"));
  else print(dim(yes ? `${open.length} done` : `${open.length} to do: nothing was changed; --yes does it`));
}

function account(text: string): string {
  if (!/^\d{12}$/.test(text)) throw new InvalidArgumentError(`got "${text}", expected 12 digits`);
  return text;
}
