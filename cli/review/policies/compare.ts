/**
 * What changes between two versions of a stack's policies: not which lines, but who may more and who may less.
 *
 * An Allow that no earlier Allow reached is a grant; a Deny that no later Deny reaches is a protection lost: both
 * loosen. The reverse tightens. Order, names and the cut of statements do not matter.
 */
import { type Block, readable, type Stack } from "../stack.ts";
import { code } from "../text.ts";
import type { Concern, Mark, TrustChange } from "../trust-change.ts";
import { type Atom, atoms, conditionsHold, covers } from "./cover.ts";
import { type FoundPolicy, findPolicies } from "./find-policies.ts";
import { describeCondition, type Show, sentences } from "./sentence.ts";
import type { Statement } from "./statement.ts";

export function comparePolicies(before: Stack, after: Stack): readonly TrustChange[] {
  const [olds, news] = [findPolicies(before), findPolicies(after)];
  const isNewStack = before.blocks.size === 0;
  return [...new Set([...olds.keys(), ...news.keys()])].flatMap((key) => {
    const [old, now] = [olds.get(key), news.get(key)];
    if (old?.content === now?.content) return [];
    return changesOf({ old, now, before, after, isNewStack });
  });
}

interface Pair {
  readonly old: FoundPolicy | undefined;
  readonly now: FoundPolicy | undefined;
  readonly before: Stack;
  readonly after: Stack;
  readonly isNewStack: boolean;
}

function changesOf(pair: Pair): readonly TrustChange[] {
  const { old, now } = pair;
  const where = describeHolder((now ?? old) as FoundPolicy);
  const [left, right] = [readAtoms(old), readAtoms(now)];
  if (left === undefined || right === undefined)
    return [
      {
        concern: concernOf((now ?? old) as FoundPolicy, []),
        mark: "unjudged",
        text: `${where}: a policy that this review cannot read has changed (${opaqueReason(old) ?? opaqueReason(now) ?? "too large to compare"})`,
      },
    ];
  return [...lost(pair, where, left, right), ...gained(pair, where, left, right)];
}

interface Read {
  readonly statements: readonly Statement[];
  readonly atoms: readonly Atom[];
}

/** Nothing is a policy without statements. */
function readAtoms(found: FoundPolicy | undefined): Read | undefined {
  if (!found) return { statements: [], atoms: [] };
  if ("opaque" in found.policy) return undefined;
  const parts = found.policy.statements.map(atoms);
  if (parts.some((part) => part === undefined)) return undefined;
  return { statements: found.policy.statements, atoms: parts.flatMap((part) => part ?? []) };
}

const opaqueReason = (found: FoundPolicy | undefined): string | undefined =>
  found && "opaque" in found.policy ? found.policy.opaque : undefined;

function gained(pair: Pair, where: string, left: Read, right: Read): readonly TrustChange[] {
  const { now, after, isNewStack } = pair;
  if (!now) return [];
  const show: Show = (text) => readable(after, text);
  const fresh = right.atoms.filter((atom) => !left.statements.some((one) => covers(one, atom)));
  return byStatement(fresh).flatMap((group): readonly TrustChange[] => {
    const statement = (group[0] as Atom).statement;
    if (statement.effect === "Deny")
      return sentences(group, show).map((text) => ({
        concern: concernOf(now, group),
        mark: isNewStack ? ("changes" as const) : ("tightens" as const),
        text: `${where}: ${text}`,
      }));
    const alarm = alarmOf(now, statement, group);
    const ordinary =
      !alarm &&
      (isNewStack || (!pair.old && group.every(isOrdinary)) || (!pair.old && group.every(isOwnSource)));
    const mark: Mark = ordinary ? "changes" : "loosens";
    // What every new function has is no news in a report about trust.
    if (ordinary && group.every(isOrdinary)) return [];
    const looser = conditionChange(left.statements, group, show);
    return sentences(group, show).map((text) => ({
      concern: concernOf(now, group),
      mark,
      text: `${where}: ${text}${looser}${alarm ? ` — **${alarm}**` : ""}`,
    }));
  });
}

function lost(pair: Pair, where: string, left: Read, right: Read): readonly TrustChange[] {
  const { old, now, before, after } = pair;
  if (!old) return [];
  // With the thing itself goes what protected it.
  const isGone = !now && !stillThere(old.holder, after);
  const show: Show = (text) => readable(before, text);
  const gone = left.atoms.filter((atom) => !right.statements.some((one) => covers(one, atom)));
  return byStatement(gone).flatMap((group): readonly TrustChange[] => {
    const isDeny = (group[0] as Atom).statement.effect === "Deny";
    const mark: Mark = isDeny ? (isGone ? "changes" : "loosens") : "tightens";
    if (!isDeny && isGone && group.every(isOrdinary)) return [];
    const looser = isDeny ? conditionChange(right.statements, group, show) : "";
    return sentences(group, show).map((text) => ({
      concern: concernOf(old, group),
      mark,
      text: `${where}: ${isDeny ? "no longer denied" : "no longer allowed"}: ${text}${looser}`,
    }));
  });
}

/** A bucket's policy protects the bucket; elsewhere the policy stands in the thing that it protects. */
function stillThere(holder: Block, after: Stack): boolean {
  const protects = /^\$\{([a-z0-9_]+\.[\w-]+)\.\w+\}$/.exec(
    String(holder.attributes.bucket ?? holder.attributes.key_id ?? holder.attributes.rest_api_id),
  )?.[1];
  return after.blocks.has(protects ?? holder.address);
}

function byStatement(all: readonly Atom[]): readonly (readonly Atom[])[] {
  const groups = new Map<Statement, Atom[]>();
  for (const atom of all) groups.set(atom.statement, [...(groups.get(atom.statement) ?? []), atom]);
  return [...groups.values()];
}

/** When the same was there with another condition: which one. */
function conditionChange(others: readonly Statement[], group: readonly Atom[], show: Show): string {
  const same = others.find((one) => group.every((atom) => covers(one, atom, true)));
  if (!same) return "";
  const own = (group[0] as Atom).statement.conditions;
  const missing = same.conditions.filter((one) => !conditionsHold([one], own));
  const there = missing.map((one) => describeCondition(one, show)).join(" and ");
  return there === "" ? " (the other version has no such condition)" : ` (the other version: if ${there})`;
}

/** Why a grant is an alarm by itself, in a stack that is new too. */
function alarmOf(found: FoundPolicy, statement: Statement, group: readonly Atom[]): string | undefined {
  const { principals, actions, resources, conditions } = statement;
  if (principals?.not) return "everybody but those named (NotPrincipal)";
  if (principals?.values.includes("*"))
    return conditions.length === 0 ? "everybody, without a condition" : "everybody who meets the condition";
  if (actions.not) return "every action but those named (NotAction)";
  if (resources.not) return "every resource but those named (NotResource)";
  const wide = group.flatMap(({ action }) => action.values).find((one) => /^(\*|[\w-]+:\*)$/.test(one));
  if (wide !== undefined) return "every action of a service";
  // In a policy of the thing itself the resource is always this thing.
  const isIdentity = principals === undefined;
  if (isIdentity && group.some(({ resource }) => resource.values.includes("*"))) return "on every resource";
  const external = (principals?.values ?? []).find(
    (one) => one.startsWith("Federated:") || /^AWS:.*\*/.test(one),
  );
  if (external !== undefined) return "a principal by pattern or from outside";
  return found.attribute === "policy" && found.holder.type === "aws_iam_user_policy" ? "a user" : undefined;
}

/** What every function of ours needs: its own log, and Lambda as who runs it. */
function isOrdinary({ principal, action, resource }: Atom): boolean {
  const [what = "", where = ""] = [action.values[0], resource.values[0]];
  if (action.not || resource.not) return false;
  if (principal)
    return (
      !principal.not && principal.values[0] === "Service:lambda.amazonaws.com" && what === "sts:AssumeRole"
    );
  return (
    /^logs:(CreateLogStream|PutLogEvents)$/.test(what) &&
    /^\$\{aws_cloudwatch_log_group\.[\w-]+\.arn\}/.test(where)
  );
}

/** A service that acts for a resource of the same stack, such as a route: that resource is the news. */
function isOwnSource({ principal, conditions }: Atom): boolean {
  const isService = principal?.not === false && (principal.values[0] ?? "").startsWith("Service:");
  return (
    isService &&
    conditions.some(
      ({ test, variable, values }) =>
        test === "ArnLike" &&
        variable === "aws:SourceArn" &&
        values.every((value) => /^\$\{aws_[a-z0-9_]+\.[\w-]+\.(arn|execution_arn)\}/.test(value)),
    )
  );
}

const signing = ["kms:sign", "kms:creategrant", "kms:putkeypolicy", "kms:*", "*"];

function concernOf({ holder, attribute }: FoundPolicy, group: readonly Atom[]): Concern {
  if (attribute === "permission") return "Who may invoke what";
  const actions = group.flatMap(({ action }) => action.values.map((one) => one.toLowerCase()));
  if (holder.type.startsWith("aws_kms_") || actions.some((one) => signing.includes(one)))
    return "Who may sign";
  if (attribute === "assume_role_policy" || actions.some((one) => one.startsWith("sts:")))
    return "Who may assume what";
  if (actions.length > 0 && actions.every((one) => one.startsWith("lambda:invoke")))
    return "Who may invoke what";
  return "Who may read and do what";
}

const holders: Readonly<Record<string, string>> = {
  aws_iam_role: "role",
  aws_iam_role_policy: "role",
  aws_kms_key: "key",
  aws_s3_bucket_policy: "bucket",
  aws_lambda_permission: "function",
};

function describeHolder({ holder, attribute }: FoundPolicy): string {
  const what = holders[holder.type] ?? holder.type;
  const path = holder.path.replace(/\/(policy|role)$/, "");
  const suffix = attribute === "assume_role_policy" ? ", trust" : "";
  return `${what} ${code(path)}${suffix}`;
}
