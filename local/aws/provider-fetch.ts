/**
 * Fetches providers once, with the reader's own Terraform and its configuration, into a folder that later runs use
 * as a mirror: without it, every stack of every run would load some hundred megabytes again.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { holdsProvider, type Provider } from "./provider-mirror.ts";

/** Why they cannot be had; undefined when the store holds them now. Work happens in `folder`, then it is gone. */
export async function fetchProviders(
  providers: readonly Provider[],
  store: string,
  folder: string,
): Promise<string | undefined> {
  const cache = `${store}.${process.pid}`;
  rmSync(cache, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(join(folder, "providers.tf.json"), JSON.stringify(requirement(providers)));
    // The cache's layout is that of an unpacked mirror.
    await promisify(execFile)("terraform", ["init", "-backend=false", "-input=false", "-no-color"], {
      cwd: folder,
      env: { ...process.env, ...quickly, TF_PLUGIN_CACHE_DIR: cache },
      maxBuffer: 16 * 1024 * 1024,
    });
    if (!providers.every((provider) => holdsProvider(cache, provider)))
      return "terraform init fetched nothing";
    publish(cache, store, providers);
    return undefined;
  } catch (error) {
    return reason(error as { stderr?: string; message: string });
  } finally {
    rmSync(cache, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Without a network the answer should come soon. */
const quickly = {
  CHECKPOINT_DISABLE: "1",
  TF_IN_AUTOMATION: "1",
  TF_REGISTRY_DISCOVERY_RETRY: "0",
  TF_REGISTRY_CLIENT_TIMEOUT: "5",
};

function requirement(providers: readonly Provider[]): object {
  const named = providers.map((one) => [one.source.split("/").at(-1), one]);
  return { terraform: { required_providers: Object.fromEntries(named) } };
}

function publish(cache: string, store: string, providers: readonly Provider[]): void {
  mkdirSync(dirname(store), { recursive: true });
  for (;;)
    try {
      renameSync(cache, store);
      return;
    } catch (error) {
      // Another run was faster; or it is an earlier one's, of other versions.
      if (!existsSync(store)) throw error;
      if (providers.every((provider) => holdsProvider(store, provider))) return;
      const old = `${store}.old.${process.pid}`;
      renameSync(store, old);
      rmSync(old, { recursive: true, force: true });
    }
}

/** What matters of Terraform's error box: what could not be reached, or how it begins. */
function reason({ stderr = "", message }: { stderr?: string; message: string }): string {
  const text = stderr.replace(/[│╷╵]/g, " ").replace(/\s+/g, " ").trim();
  const [unreachable] = /could not connect to [^\s:]+/.exec(text) ?? [];
  const error = /Error: (.*?)(?: To see which modules|Error: |$)/.exec(text)?.[1];
  return unreachable ?? (error ?? message.split("\n")[0] ?? "").trim().slice(0, 200);
}
