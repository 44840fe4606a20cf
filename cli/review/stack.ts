/**
 * One synthesized stack (`cdk.tf.json`), read for review: blocks by address, and everything else as settings.
 *
 * Guarantees that nothing of the file is left out: what is no resource and no data source is a setting, whatever
 * its name. Does not guarantee that Terraform would accept it.
 */
import { CommandError } from "../terminal.ts";

// Terraform's JSON has no schema of ours.
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export interface Block {
  readonly kind: "resource" | "data";
  readonly type: string;
  /** `aws_kms_key.g1_root_A80E3394`, `data.aws_iam_policy_document.…`. */
  readonly address: string;
  /** The construct's path inside its stack, `g1/root`: how people know it. */
  readonly path: string;
  readonly attributes: JsonObject;
}

export interface Stack {
  readonly name: string;
  readonly blocks: ReadonlyMap<string, Block>;
  /** Providers, backend, outputs, variables and whatever else there is. */
  readonly settings: JsonObject;
}

/** Throws CommandError "shape" for what is not Terraform's JSON as our synthesis writes it. */
export function parseStack(name: string, text: string): Stack {
  let root: Json;
  try {
    root = JSON.parse(text) as Json;
  } catch (error) {
    throw new CommandError("shape", `${name}: cdk.tf.json is no JSON: ${(error as Error).message}`);
  }
  if (!isObject(root)) throw new CommandError("shape", `${name}: cdk.tf.json is no object`);
  const { resource, data, "//": _metadata, ...settings } = root;
  const blocks = new Map<string, Block>();
  for (const [kind, types] of [
    ["resource", resource],
    ["data", data],
  ] as const)
    for (const block of blocksOf(name, kind, types)) blocks.set(block.address, block);
  return { name, blocks, settings };
}

export const emptyStack = (name: string): Stack => ({ name, blocks: new Map(), settings: {} });

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The addresses that an expression names: `${aws_kms_key.g1_root_A80E3394.arn}` → its key. */
export function referencedAddresses(text: string): readonly string[] {
  return [...text.matchAll(/\b(data\.)?([a-z][a-z0-9]*_[a-z0-9_]+)\.([A-Za-z_][\w-]*)/g)].map(
    ([, data = "", type, name]) => `${data}${type}.${name}`,
  );
}

/** Expressions as people read them: `${aws_s3_bucket.external_bucket_79A53824.arn}/crl/*` → `{external/bucket}/crl/*`. */
export function readable(stack: Stack, text: string): string {
  return text.replace(
    /\$\{(data\.)?([a-z][a-z0-9_]*)\.([A-Za-z_][\w-]*)\.([a-z_]+)\}/g,
    (all, data = "", type, name, attribute) => {
      const path = stack.blocks.get(`${data}${type}.${name}`)?.path;
      if (path === undefined) return all;
      return ["arn", "id", "name", "json", "bucket", "function_name"].includes(attribute)
        ? `{${path}}`
        : `{${path}}.${attribute}`;
    },
  );
}

function* blocksOf(stack: string, kind: Block["kind"], types: Json | undefined): Generator<Block> {
  if (types === undefined) return;
  const wrong = (what: string) => new CommandError("shape", `${stack}: ${kind} ${what} is no object`);
  if (!isObject(types)) throw wrong("");
  for (const [type, byName] of Object.entries(types)) {
    if (!isObject(byName)) throw wrong(type);
    for (const [name, attributes] of Object.entries(byName)) {
      if (!isObject(attributes)) throw wrong(`${type}.${name}`);
      const { "//": about, ...own } = attributes;
      const address = `${kind === "data" ? "data." : ""}${type}.${name}`;
      yield { kind, type, address, path: constructPath(about) ?? name, attributes: own };
    }
  }
}

function constructPath(about: Json | undefined): string | undefined {
  const metadata = isObject(about) ? about.metadata : undefined;
  const path = isObject(metadata) ? metadata.path : undefined;
  return typeof path === "string" ? path.slice(path.indexOf("/") + 1) : undefined;
}
