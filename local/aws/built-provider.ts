/**
 * hashicorp/tls built from its source as a Go tool, where no registry and no mirror has it: a module of ours pins it
 * (local/aws/tls-provider, with its sums), the ordinary Go client fetches and builds it once.
 */
import { execFile } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Provider, platform } from "./provider-mirror.ts";

const source = "github.com/hashicorp/terraform-provider-tls";
const minutes = 60_000;

export const isBuildable = (provider: Provider): boolean =>
  provider.source === "hashicorp/tls" && provider.version === "4.1.0";

/** Why it cannot be built; undefined when the store, a folder in mirror layout, holds it now. */
export async function buildProvider(provider: Provider, store: string): Promise<string | undefined> {
  const place = join(store, "registry.terraform.io", provider.source, provider.version, platform);
  const program = join(place, `terraform-provider-tls_v${provider.version}`);
  const aside = `${program}.${process.pid}`;
  mkdirSync(place, { recursive: true });
  try {
    await promisify(execFile)("go", ["build", "-trimpath", "-o", aside, source], {
      cwd: join(process.cwd(), "local", "aws", "tls-provider"),
      env: {
        ...process.env,
        CGO_ENABLED: "0",
        GOFLAGS: "-mod=readonly",
        // Its releases are not in the checksum database under this path; go.sum holds what it must be.
        GONOSUMDB: [process.env.GONOSUMDB, source].filter(Boolean).join(","),
      },
      timeout: 10 * minutes,
      maxBuffer: 16 * 1024 * 1024,
    });
    renameSync(aside, program);
    return undefined;
  } catch (error) {
    rmSync(aside, { force: true });
    const { code, stderr = "", message } = error as { code?: unknown; stderr?: string; message: string };
    if (code === "ENOENT") return "there is no go on PATH";
    return `go build: ${(stderr.trim() || message).split("\n").at(-1)?.slice(0, 200)}`;
  }
}
