/**
 * A plan as `terraform show -json` writes it: what Terraform will really do, and why it replaces.
 *
 * A plan of another commit is refused: its resources and plain attributes must be those of the stack. Sensitive
 * values stay hidden. Changes that stand in no synthesized file (a function's code) come from here.
 */
import { CommandError } from "../terminal.ts";
import type { Action } from "./resource-changes.ts";
import { isObject, type Json, type JsonObject, type Stack } from "./stack.ts";
import { code, showValue } from "./text.ts";
import { canonical, differences, formatPath } from "./tree.ts";
import type { TrustChange } from "./trust-change.ts";

export interface PlannedChange {
  readonly action: Action;
  /** Terraform's reason and the attributes that force a replacement. */
  readonly why: string;
  /** Attributes that change in the plan although the stack's file says nothing about them. */
  readonly onlyInPlan: readonly string[];
}

export interface Plan {
  readonly changes: ReadonlyMap<string, PlannedChange>;
  readonly trust: readonly TrustChange[];
}

/** Throws CommandError "plan" for what is no plan, failed, or belongs to another version of the stack. */
export function readPlan(file: string, text: string, stack: Stack): Plan {
  const wrong = (what: string) => new CommandError("plan", `${file}: ${what}`);
  const root = parse(text, wrong);
  if (root.errored === true) throw wrong("the plan ended with errors: plan again");
  const configuration = object(object(root.configuration).root_module);
  assertSameCommit(array(configuration.resources), stack, wrong);
  const raw = array(root.resource_changes).filter((one) => one.mode !== "data");
  const planned = raw.flatMap((one) => plannedChange(one, stack));
  return {
    changes: new Map(planned),
    trust: [...raw.flatMap(codeChange), ...array(root.resource_drift).map(drift)],
  };
}

function parse(text: string, wrong: (what: string) => CommandError): JsonObject {
  let root: Json;
  try {
    root = JSON.parse(text) as Json;
  } catch {
    throw wrong("no JSON; expected the output of: terraform show -json PLANFILE");
  }
  if (!isObject(root) || !Array.isArray(root.resource_changes) || !isObject(root.configuration))
    throw wrong("no plan; expected the output of: terraform show -json PLANFILE");
  return root;
}

function assertSameCommit(
  resources: readonly JsonObject[],
  stack: Stack,
  wrong: (what: string) => CommandError,
): void {
  const hint = "it was made from another version: plan this one, then run review again";
  const planned = new Map(resources.map((one) => [String(one.address), one]));
  const differing = [
    ...[...stack.blocks.keys()].filter((address) => !planned.has(address)),
    ...[...planned.keys()].filter((address) => !stack.blocks.has(address)),
  ];
  if (differing.length > 0)
    throw wrong(
      `not a plan of ${stack.name} as it stands here (${differing.slice(0, 3).join(", ")}); ${hint}`,
    );
  for (const [address, one] of planned)
    for (const [key, expression] of Object.entries(object(one.expressions))) {
      const constant = isObject(expression) ? expression.constant_value : undefined;
      const ours = stack.blocks.get(address)?.attributes[key];
      const isPlain = typeof ours === "string" || typeof ours === "number" || typeof ours === "boolean";
      // What has no reference is evaluated, anything else stands as in the file.
      const allowed = [String(ours), String(ours).replaceAll("$${", "${").replaceAll("%%{", "%{")];
      if (constant !== undefined && isPlain && !allowed.includes(String(constant)))
        throw wrong(
          `${address}.${key} is ${code(String(constant))} in the plan, ${code(String(ours))} here; ${hint}`,
        );
    }
}

/** Terraform's lists of actions. `read`, `no-op` and `forget` change nothing at AWS. */
const actionNames: Readonly<Record<string, Action>> = {
  create: "add",
  update: "change",
  delete: "destroy",
  "delete,create": "replace",
  "create,delete": "replace",
};

function plannedChange(raw: JsonObject, stack: Stack): readonly (readonly [string, PlannedChange])[] {
  const change = object(raw.change);
  const action = actionNames[(change.actions as readonly string[]).join()];
  if (!action) return [];
  const reason = typeof raw.action_reason === "string" ? raw.action_reason.replaceAll("_", " ") : "planned";
  const paths = (change.replace_paths as readonly (readonly Json[])[] | undefined) ?? [];
  const forced =
    paths.length > 0 ? `, forced by ${paths.map((path) => code(path.join("."))).join(", ")}` : "";
  return [
    [String(raw.address), { action, why: `${reason}${forced}`, onlyInPlan: realDifferences(change, stack) }],
  ];
}

/** Before and after as AWS has them, but for what Terraform calls sensitive or learns during the apply. */
function realDifferences(change: JsonObject, stack: Stack): readonly string[] {
  if (!isObject(change.before) || !isObject(change.after)) return [];
  const hidden = [object(change.before_sensitive), object(change.after_sensitive)];
  return differences(change.before, change.after).map(({ path, before, after }) => {
    const name = `at AWS, ${code(formatPath(path))}`;
    const key = path[0] as string;
    if (hidden.some((one) => one[key] !== undefined && one[key] !== false)) return `${name}: (sensitive)`;
    return `${name}: ${showValue(stack, before)} → ${showValue(stack, after)}`;
  });
}

/** Who changes the CA's functions is the CA: code is trust, and stands in no synthesized file. */
function codeChange(raw: JsonObject): readonly TrustChange[] {
  if (raw.type !== "aws_lambda_function") return [];
  const { before, after, after_unknown: unknown } = object(raw.change);
  if (!isObject(before) || !isObject(after)) return [];
  const isSame =
    canonical(before.source_code_hash) === canonical(after.source_code_hash) &&
    object(unknown).source_code_hash !== true;
  if (isSame) return [];
  return [
    {
      concern: "Code",
      mark: "changes",
      text: `function ${code(String(after.function_name))}: its code changes`,
    },
  ];
}

/** Somebody changed it beside Terraform. */
function drift(raw: JsonObject): TrustChange {
  const actions = (object(raw.change).actions as readonly string[] | undefined)?.join(", ") ?? "";
  return {
    concern: "Deployment",
    mark: "unjudged",
    text: `${code(String(raw.address))} was changed beside Terraform since the last apply (${code(actions)})`,
  };
}

const object = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const array = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];
