/**
 * Both versions of the synthesized stacks: of a commit, by git, and of the working tree. Reads only, and never the
 * network: a commit that is not here is an error.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CommandError, exitCodes } from "../terminal.ts";
import { parseStack, type Stack } from "./stack.ts";

const folder = "terraform/stacks";

/** What stands in the working tree of the project at `root`. */
export function stacksHere(root: string): readonly Stack[] {
  const stacks = join(root, folder);
  if (!existsSync(stacks))
    throw new CommandError("no-stacks", `${stacks}: no such folder; npm run synth writes it`);
  return readdirSync(stacks)
    .sort()
    .filter((name) => existsSync(join(stacks, name, "cdk.tf.json")))
    .map((name) => parseStack(name, readFileSync(join(stacks, name, "cdk.tf.json"), "utf8")));
}

export interface Commit {
  readonly id: string;
  readonly stacks: readonly Stack[];
}

/** What a commit holds. */
export function stacksAt(root: string, ref: string): Commit {
  const found = git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`]);
  const id = found?.trim();
  if (!id)
    throw new CommandError(
      "no-ref",
      `--base: git knows no commit "${ref}" here; fetch it first (in a workflow: fetch-depth: 0)`,
      exitCodes.usage,
    );
  const prefix = git(root, ["rev-parse", "--show-prefix"])?.trim() ?? "";
  const names = git(root, [
    "ls-tree",
    "-r",
    "--name-only",
    "-z",
    "--full-tree",
    id,
    "--",
    `${prefix}${folder}`,
  ]);
  if (names === undefined) throw new CommandError("git", `git could not list ${folder} of ${ref}`);
  const paths = names.split("\0").filter((path) => path.endsWith("/cdk.tf.json"));
  return { id, stacks: paths.sort().map((path) => parseStack(stackName(path), show(root, id, path))) };
}

const stackName = (path: string): string => path.split("/").at(-2) as string;

function show(root: string, id: string, path: string): string {
  const text = git(root, ["cat-file", "blob", `${id}:${path}`]);
  if (text === undefined) throw new CommandError("git", `git could not read ${path} of ${id}`);
  return text;
}

/** undefined when git says no. */
function git(root: string, parameters: readonly string[]): string | undefined {
  const { status, stdout, error } = spawnSync("git", parameters, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 256 << 20,
    // A partial clone would fetch what is missing.
    env: { ...process.env, GIT_NO_LAZY_FETCH: "1", GIT_OPTIONAL_LOCKS: "0" },
  });
  if (error) throw new CommandError("git", `git could not be run: ${error.message}`);
  return status === 0 ? stdout : undefined;
}
