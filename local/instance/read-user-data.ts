/**
 * What an instance is told by its user data, read back: the settings it would find, and the program it would fetch.
 * Whatever is not exactly as edge/instance/user-data.ts writes it is an error, without quoting what was there.
 */
import { type EdgeSettings, edgePaths, parseEdgeSettings } from "#contract/private-edge.ts";
import { type PinnedProgram, userDataHead } from "#edge/instance/user-data.ts";

export interface Told {
  readonly settings: EdgeSettings;
  readonly program: PinnedProgram;
}

export function readUserData(text: string): Told {
  if (!text.startsWith(userDataHead)) throw new Error(`user data: not headed ${userDataHead.trim()}`);
  const config = json(text.slice(userDataHead.length));
  return { settings: settingsIn(config.write_files), program: programIn(config.runcmd) };
}

function json(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("user data: no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error("user data: no JSON object");
  return value as Record<string, unknown>;
}

function settingsIn(files: unknown): EdgeSettings {
  const file = only(files, "files", (one) => (one as { path?: unknown })?.path === edgePaths.settings);
  const { encoding, content } = file as { encoding?: unknown; content?: unknown };
  if (encoding !== "b64" || typeof content !== "string")
    throw new Error("user data: the settings are not in Base64");
  return parseEdgeSettings(Buffer.from(content, "base64").toString("utf8"));
}

/** Of `install-program BUCKET KEY VERSION SHA256 REGION`. */
function programIn(commands: unknown): PinnedProgram {
  const command = only(
    commands,
    "commands",
    (one) => Array.isArray(one) && one[0] === edgePaths.installer,
  ) as readonly unknown[];
  const words = command.slice(1);
  if (words.length !== 5 || !words.every((word) => typeof word === "string" && word !== ""))
    throw new Error("user data: the program is not named by bucket, key, version, hash and region");
  const [bucket, key, version, sha256, region] = words as [string, string, string, string, string];
  // S3's word for an object without versions.
  if (version === "null") throw new Error("user data: the program has no version");
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error("user data: the program's SHA-256 is none");
  return { bucket, key, version, sha256, region };
}

function only(all: unknown, what: string, is: (one: unknown) => boolean): unknown {
  const found = Array.isArray(all) ? all.filter(is) : [];
  if (found.length !== 1) throw new Error(`user data: ${found.length} ${what} of ours, expected one`);
  return found[0];
}
