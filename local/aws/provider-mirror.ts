/**
 * Folders in the layout of Terraform's filesystem mirror, packed or unpacked, and where such folders may be.
 * https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation
 */
import { existsSync, readdirSync } from "node:fs";
import { arch, homedir, platform as os } from "node:os";
import { join } from "node:path";

export interface Provider {
  /** `hashicorp/aws` */
  readonly source: string;
  readonly version: string;
}

const architectures: Readonly<Record<string, string>> = {
  x64: "amd64",
  arm64: "arm64",
  ia32: "386",
  arm: "arm",
};

/** This machine, as Terraform writes it: `linux_amd64`. */
export const platform = `${os()}_${architectures[arch()] ?? arch()}`;

/** Whether a folder holds a provider for this machine: its directory, or its archive. */
export function holdsProvider(folder: string, { source, version }: Provider): boolean {
  const place = join(folder, "registry.terraform.io", source);
  const type = source.split("/").at(-1);
  const program = `terraform-provider-${type}_v${version}`;
  return (
    entries(join(place, version, platform)).some(
      (name) => name === program || name.startsWith(`${program}_`),
    ) || existsSync(join(place, `terraform-provider-${type}_${version}_${platform}.zip`))
  );
}

/** Where mirrors are looked for: Terraform's implied directories, then one level under /opt and /usr/local. */
export function mirrorFolders(
  surroundings: {
    readonly home?: string;
    readonly dataHome?: string | undefined;
    readonly dataDirs?: string | undefined;
    readonly parents?: readonly string[];
  } = {},
): string[] {
  const {
    home = homedir(),
    dataHome = process.env.XDG_DATA_HOME,
    dataDirs = process.env.XDG_DATA_DIRS,
    parents = ["/opt", "/usr/local"],
  } = surroundings;
  const implied =
    os() === "darwin"
      ? [
          join(home, ".terraform.d", "plugins"),
          join(home, "Library", "Application Support", "io.terraform", "plugins"),
          "/Library/Application Support/io.terraform/plugins",
        ]
      : [
          join(home, ".terraform.d", "plugins"),
          join(dataHome || join(home, ".local", "share"), "terraform", "plugins"),
          ...(dataDirs || "/usr/local/share:/usr/share")
            .split(":")
            .filter((one) => one !== "")
            .map((one) => join(one, "terraform", "plugins")),
        ];
  return [...implied, ...parents.flatMap((parent) => entries(parent).map((name) => join(parent, name)))];
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // Not there, or not ours to read.
    return [];
  }
}
