/**
 * Synthesis inside the test's process: the same constructors as main.ts, into a folder that is removed again.
 * Gives the stacks as they would be written, parsed and as text.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import type { Environment } from "#config/environment.ts";
import { environments } from "#config/environments.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { ApiStack } from "#stacks/api-stack.ts";
import { CaStack } from "#stacks/ca-stack.ts";
import { FoundationStack } from "#stacks/foundation-stack.ts";

// biome-ignore lint/suspicious/noExplicitAny: Terraform's JSON has no schema of ours
export type Json = any;

export type Kind = "foundation" | "ca" | "api";

export interface Synthesized {
  readonly name: string;
  readonly kind: Kind;
  readonly environment: Environment;
  /** cdk.tf.json, parsed. */
  readonly json: Json;
  /** cdk.tf.json, byte for byte. */
  readonly text: string;
}

export interface Change {
  readonly ca?: (stack: CaStack) => void;
  readonly api?: (stack: ApiStack) => void;
}

/** Every stack of the environments; `change` reaches into them before they are written. */
export function synthesize(all: readonly Environment[], change: Change = {}): readonly Synthesized[] {
  const outdir = mkdtempSync(join(tmpdir(), "mtls-api-synth-"));
  try {
    const origin = synthesizeInto(outdir, all, change);
    return [...origin].map(([name, { kind, environment }]) => {
      const text = readFileSync(join(outdir, "stacks", name, "cdk.tf.json"), "utf8");
      return { name, kind, environment, text, json: JSON.parse(text) };
    });
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** What a synthesis that throws has written: nothing, it should be. */
export function refusedSynthesis(
  all: readonly Environment[],
  change: Change,
): { readonly error: unknown; readonly written: readonly string[] } {
  const outdir = mkdtempSync(join(tmpdir(), "mtls-api-synth-"));
  try {
    synthesizeInto(outdir, all, change);
    throw new Error("the synthesis was not refused");
  } catch (error) {
    const written = readdirSync(outdir, { recursive: true, withFileTypes: true });
    return { error, written: written.filter((one) => one.isFile()).map((one) => one.name) };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function synthesizeInto(outdir: string, all: readonly Environment[], change: Change) {
  const app = new App({ stackTraces: false, outdir });
  const origin = new Map<string, Pick<Synthesized, "kind" | "environment">>();
  for (const environment of all) {
    const ca = new CaStack(app, { environment });
    origin.set(ca.node.id, { kind: "ca", environment });
    change.ca?.(ca);
    for (const api of environment.apis) {
      const stack = new ApiStack(app, { environment, api });
      stack.addDependency(ca);
      origin.set(stack.node.id, { kind: "api", environment });
      change.api?.(stack);
    }
    for (const at of foundationAccounts(environment)) {
      new FoundationStack(app, { environment, at });
      origin.set(at.stack, { kind: "foundation", environment });
    }
  }
  app.synth();
  return origin;
}

let committed: readonly Synthesized[] | undefined;

/** The committed environments, synthesized once a test file. */
export function committedStacks(): readonly Synthesized[] {
  committed ??= synthesize(environments);
  return committed;
}

export function committedStack(name: string): Synthesized {
  const found = committedStacks().find((one) => one.name === name);
  if (!found) throw new Error(`no stack "${name}"`);
  return found;
}

export interface Block {
  readonly address: string;
  readonly attributes: Json;
}

/** All resources of a type, with their addresses. */
export function resources(json: Json, type: string): Block[] {
  return Object.entries(json.resource?.[type] ?? {}).map(([name, attributes]) => ({
    address: `${type}.${name}`,
    attributes,
  }));
}

/** The one resource at a construct's path inside its stack: `authorizer/function/role`. */
export function at(json: Json, type: string, path: string): Json {
  const found = [...resources(json, type), ...dataSources(json, type)].filter(
    ({ attributes }) => insideStack(attributes) === path,
  );
  if (found.length !== 1) throw new Error(`${found.length} of type ${type} at ${path}`);
  return found[0]?.attributes;
}

/** A construct's path without its stack's name. */
export const insideStack = (attributes: Json): string =>
  String(attributes["//"]?.metadata?.path).replace(/^[^/]+\//, "");

export function dataSources(json: Json, type: string): Block[] {
  return Object.entries(json.data?.[type] ?? {}).map(([name, attributes]) => ({
    address: `data.${type}.${name}`,
    attributes,
  }));
}

/** The block that an expression such as `${data.aws_iam_policy_document.x.json}` points to. */
export function referenced(json: Json, expression: unknown): Block {
  const match = /^\$\{(data\.)?([a-z0-9_]+)\.([A-Za-z0-9_-]+)\.[a-z_]+\}$/.exec(String(expression));
  const [, data, type, name] = match ?? [];
  const attributes = (data ? json.data : json.resource)?.[type ?? ""]?.[name ?? ""];
  if (!attributes) throw new Error(`nothing at ${String(expression)}`);
  return { address: `${data ?? ""}${type}.${name}`, attributes };
}

export interface Statement {
  readonly sid: string;
  readonly effect: "Allow" | "Deny";
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly principals: readonly { readonly type: string; readonly identifiers: readonly string[] }[];
  readonly condition: readonly {
    readonly test: string;
    readonly variable: string;
    readonly values: readonly string[];
  }[];
}

/** The statements of a policy document, with Terraform's defaults filled in. */
export function statements(attributes: Json): Statement[] {
  return (attributes.statement ?? []).map((one: Json) => ({
    sid: one.sid ?? "",
    effect: one.effect ?? "Allow",
    actions: one.actions ?? [],
    resources: one.resources ?? [],
    principals: one.principals ?? [],
    condition: one.condition ?? [],
  }));
}
