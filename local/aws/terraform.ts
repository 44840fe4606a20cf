/**
 * Finds what deploys: Terraform on PATH, and the provider that the stacks pin, so that `terraform init` needs
 * neither luck nor a second try.
 *
 * A provider comes, in this order, from TF_PROVIDER_MIRROR; from what an earlier run fetched; from wherever the
 * reader's own Terraform gets providers (registry, configured mirror, implied directories); from a folder in
 * mirror layout under /opt or /usr/local. hashicorp/tls, which only engine "tls" needs, is built at last as a Go tool.
 */
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { LocalError } from "#local/start/local-error.ts";
import { buildProvider, isBuildable } from "./built-provider.ts";
import { fetchProviders } from "./provider-fetch.ts";
import { holdsProvider, mirrorFolders, type Provider, platform } from "./provider-mirror.ts";

/** The version that @cdktf/provider-aws pins. */
export const awsProvider: Provider = { source: "hashicorp/aws", version: "5.100.0" };

/** The version that @cdktf/provider-tls pins. */
export const tlsProvider: Provider = { source: "hashicorp/tls", version: "4.1.0" };

export interface Terraform {
  readonly version: string;
  /** Where providers come from, for people. */
  readonly providersFrom: string;
  /** File for TF_CLI_CONFIG_FILE. */
  readonly cliConfig: string;
}

export interface FindOptions {
  /** Folder for the CLI configuration of this run. */
  readonly folder: string;
  /** Folder where fetched providers are kept; `.local/terraform-providers` of the project when left out. */
  readonly store?: string;
  readonly providers?: readonly Provider[];
}

/** The oldest Terraform with S3's own lock (`use_lockfile`) for good. */
const oldest = [1, 11] as const;

export async function findTerraform(options: FindOptions): Promise<Terraform> {
  const { folder, providers = [awsProvider] } = options;
  const store = options.store ?? join(process.cwd(), ".local", "terraform-providers");
  const version = await terraformVersion();
  const found: Found[] = [];
  for (const provider of providers) found.push(await findMirror(provider, storeOf(provider, store), folder));
  mkdirSync(folder, { recursive: true });
  const cliConfig = join(folder, "terraform.tfrc");
  writeFileSync(cliConfig, cliConfiguration(found));
  return { version, providersFrom: [...new Set(found.map(({ from }) => from))].join("; "), cliConfig };
}

/** Asks `terraform` on PATH; throws when there is none or an old one. */
export async function terraformVersion(command = "terraform"): Promise<string> {
  const wanted = `Terraform ${oldest.join(".")} or newer`;
  const hint = "install it from developer.hashicorp.com/terraform/install and put it on PATH";
  let stdout: string;
  try {
    ({ stdout } = await promisify(execFile)(command, ["version", "-json"], {
      env: { ...process.env, CHECKPOINT_DISABLE: "1" },
      timeout: 30_000,
    }));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT")
      throw new LocalError("terraform", `${wanted} is needed; no terraform was found on PATH; ${hint}`);
    throw new LocalError("terraform", `${wanted} is needed; \`terraform version\` failed: ${message}`, {
      cause: error,
    });
  }
  const version = readVersion(stdout);
  const [major = 0, minor = 0] = version.split(/[.-]/).map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
    throw new LocalError(
      "terraform",
      `${wanted} is needed; found ${version || "no version"} on PATH; ${hint}`,
    );
  return version;
}

function readVersion(stdout: string): string {
  try {
    return String((JSON.parse(stdout) as { terraform_version?: unknown }).terraform_version ?? "");
  } catch {
    return "";
  }
}

interface Found {
  readonly provider: Provider;
  readonly mirror: string;
  /** For people. */
  readonly from: string;
}

/** What is fetched replaces its store: each provider has one of its own. */
const storeOf = (provider: Provider, store: string): string =>
  provider.source === awsProvider.source ? store : `${store}-${provider.source.split("/").at(-1)}`;

async function findMirror(provider: Provider, store: string, folder: string): Promise<Found> {
  const holds = (place: string) => holdsProvider(place, provider);
  const at = (mirror: string, from: string): Found => ({ provider, mirror, from });
  const given = process.env.TF_PROVIDER_MIRROR;
  if (given && holds(given)) return at(given, `TF_PROVIDER_MIRROR (${given})`);
  if (given && !isBuildable(provider))
    throw new LocalError("provider", missing(provider, `TF_PROVIDER_MIRROR is ${given}, which lacks it`));
  if (holds(store)) return at(store, `fetched by an earlier run (${store})`);
  const unfetched = await fetchProviders([provider], store, join(folder, "fetch"));
  if (unfetched === undefined) return at(store, "the registry or mirror of your Terraform configuration");
  const mirror = mirrorFolders().find(holds);
  if (mirror) return at(mirror, `${mirror} (no registry: ${unfetched})`);
  const unbuilt = isBuildable(provider) ? await buildProvider(provider, store) : "";
  if (unbuilt === undefined) return at(store, `built as a Go tool (no registry: ${unfetched})`);
  throw new LocalError(
    "provider",
    missing(provider, `terraform init says: ${unfetched}${unbuilt && `; ${unbuilt}`}`),
  );
}

function missing({ source, version }: Provider, why: string): string {
  return [
    `no Terraform provider: ${source} ${version} for ${platform}; ${why}`,
    "make the registry reachable, or name a folder that is laid out as Terraform's filesystem mirror:",
    "  TF_PROVIDER_MIRROR=FOLDER npm start     (FOLDER is what `terraform providers mirror FOLDER` writes)",
  ].join("\n");
}

function cliConfiguration(found: readonly Found[]): string {
  return [
    "disable_checkpoint = true",
    "provider_installation {",
    ...found.flatMap(({ provider, mirror }) => [
      "  filesystem_mirror {",
      `    path    = ${JSON.stringify(mirror)}`,
      `    include = ["registry.terraform.io/${provider.source}"]`,
      "  }",
    ]),
    "}",
    "",
  ].join("\n");
}
