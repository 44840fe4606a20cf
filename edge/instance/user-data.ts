/**
 * The user data of an instance: cloud-init's configuration as JSON, which is YAML. It writes the files, installs the
 * distribution's packages, fetches the refresh program by version and hash, and starts what instance-files.ts says.
 *
 * Nothing secret is in it: whoever may describe the launch template, and everybody on the instance, reads it. AWS takes
 * at most 16 KB before Base64.
 */
import { edgePaths } from "#contract/private-edge.ts";
import { type InstanceOptions, instanceCommands, instanceFiles } from "./instance-files.ts";

/** The refresh program's object. Values may be Terraform's expressions, here and in `settingsBase64`. */
export interface PinnedProgram {
  readonly bucket: string;
  readonly key: string;
  readonly version: string;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly region: string;
}

export interface UserData extends InstanceOptions {
  /** `EdgeSettings` as JSON, in Base64. */
  readonly settingsBase64: string;
  readonly program: PinnedProgram;
  /** Of one's own, with the packages in it: none is installed, no repository asked. */
  readonly ownImage: boolean;
}

/** Amazon Linux 2023's own; its repositories are reached through the gateway endpoint for S3. */
const packages = ["nginx", "nodejs22", "amazon-cloudwatch-agent"];

/** Without its first line, which says that it is cloud-init's: `JSON.stringify` it. */
export function cloudConfig({ settingsBase64, program, ownImage, ...options }: UserData) {
  const { bucket, key, version, sha256, region } = program;
  const settings = {
    path: edgePaths.settings,
    encoding: "b64",
    content: settingsBase64,
    permissions: "0644",
  };
  const installer = { path: edgePaths.installer, content: installProgram, permissions: "0755" };
  const files = instanceFiles(options).map(({ path, content }) => ({ path, content, permissions: "0644" }));
  return {
    ...(ownImage ? {} : { packages }),
    write_files: [settings, installer, ...files],
    runcmd: [
      [edgePaths.installer, bucket, key, version, sha256, region],
      ...instanceCommands.map((command) => command.split(" ")),
    ],
  };
}

export const userDataHead = "#cloud-config\n";

const installProgram = `#!/bin/sh
# install-program BUCKET KEY VERSION SHA256 REGION: the refresh program, or nothing.
set -eu
program=${edgePaths.program}
for attempt in 1 2 3 4 5; do
  aws s3api get-object --region "$5" --bucket "$1" --key "$2" --version-id "$3" "$program.new" >/dev/null && break
  sleep "$attempt"
done
echo "$4  $program.new" | sha256sum --check --status || { rm -f "$program.new"; echo "not the pinned program" >&2; exit 1; }
chmod 0644 "$program.new"
mv "$program.new" "$program"
`;
