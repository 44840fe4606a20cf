/**
 * `npm run bootstrap -- --env NAME`: what an environment's accounts hold before its stacks come: state buckets, made
 * here because Terraform needs them first, and the foundation stack. Shows what is missing or differs; makes it with
 * `--yes`. Nothing is made in one account before all of them have been entered and planned.
 */
import { Command, InvalidArgumentError } from "commander";
import { FoundationReader } from "#aws/foundation-reader.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { endTerraform } from "#deploy/run-command.ts";
import { findEnvironment } from "../find-environment.ts";
import { CommandError, dim, exitCodes, finish, print, printJson, say, table } from "../terminal.ts";
import { type Entered, enterAccounts } from "./accounts.ts";
import { compareBuckets, makeBucket } from "./buckets.ts";
import { applyFoundation, forgetPlans, planFoundations, synthesizeFoundations } from "./foundations.ts";
import type { Item } from "./item.ts";

interface BootstrapOptions {
  readonly env: string;
  readonly yes: boolean;
  readonly json: boolean;
  readonly role?: string;
  readonly account?: string;
}

// Terraform finishes its step and gives its lock back.
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    say(`${signal}: Terraform finishes its current step first …`);
    void endTerraform();
  });

await new Command("bootstrap")
  .description(
    "Makes what an environment's accounts hold before its stacks: state buckets and the foundation.",
  )
  .usage("--env <name> [options]     (by npm: npm run bootstrap -- --env <name> [options])")
  .requiredOption("--env <name>", "environment, as in config/environments")
  .option("--role <name>", "role to assume in every account, an administrator of it")
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
  const all = foundationAccounts(environment);
  const wanted = all.filter((one) => options.account === undefined || one.account === options.account);
  if (wanted.length === 0)
    throw new CommandError(
      "unknown-account",
      `--account ${options.account}: ${environment.name} has ${all.map((one) => one.account).join(" and ")}`,
      exitCodes.usage,
    );
  const entered = await enterAccounts(environment, wanted, options.role);
  const buckets = new Map(
    await Promise.all(
      entered.map(
        async (one) => [one, await compareBuckets(one.at, new FoundationReader(one.connection))] as const,
      ),
    ),
  );
  const isThere = (one: Entered) => buckets.get(one)?.[0]?.state !== "missing";
  const [first] = entered;
  if (first) await synthesizeFoundations(first);
  try {
    // A mistake in the foundation must be seen before the first bucket is made.
    const foundations = await planFoundations(environment.name, entered, isThere);
    if (options.yes) await makeAll(environment.name, buckets, foundations);
    show([...[...buckets.values()].flat(), ...foundations], options);
  } finally {
    forgetPlans(entered);
  }
  return undefined;
}

async function makeAll(
  environment: string,
  buckets: ReadonlyMap<Entered, readonly Item[]>,
  foundations: readonly Item[],
): Promise<void> {
  const hadNoState: Entered[] = [];
  for (const [one, items] of buckets) {
    if (items[0]?.state === "missing") hadNoState.push(one);
    for (const item of items.filter(isOpen)) await makeBucket(item, one.connection);
  }
  // What was planned without a state is planned anew: only such a plan can be applied.
  await planFoundations(environment, hadNoState, () => true);
  const open = new Set(foundations.filter(isOpen).map(({ name }) => name));
  for (const one of buckets.keys()) if (open.has(one.at.stack)) await applyFoundation(one);
}

function isOpen({ state }: Item): boolean {
  return state !== "as it should be";
}

function show(items: readonly Item[], { yes, json }: BootstrapOptions): void {
  const open = items.filter(isOpen);
  const done = (item: Item) => (item.state === "missing" ? "made" : "put right");
  const rows = items.map((item) => ({ ...item, state: yes && isOpen(item) ? done(item) : item.state }));
  if (json) {
    printJson({ changed: yes ? open.length : 0, items: rows });
    return;
  }
  print(
    table(
      ["account", "kind", "name", "state"],
      rows.map((one) => [one.account, one.kind, one.name, one.state]),
    ),
  );
  for (const { name, what } of items.filter(({ what }) => what !== ""))
    print(`\n${name}:\n  ${what.split(", ").join("\n  ")}`);
  if (open.length === 0) print(dim("nothing to do"));
  else print(dim(yes ? `${open.length} done` : `${open.length} to do: nothing was changed; --yes does it`));
}

function account(text: string): string {
  if (!/^\d{12}$/.test(text)) throw new InvalidArgumentError(`got "${text}", expected 12 digits`);
  return text;
}
