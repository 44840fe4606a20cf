/** Statements as sentences: who may (or may not) do what to what, if what. */
import { code } from "../text.ts";
import type { Atom } from "./cover.ts";
import type { Condition, Statement, Values } from "./statement.ts";

/** How names and expressions are shown. */
export type Show = (text: string) => string;

export function sentence(statement: Statement, show: Show): string {
  return phrase(statement, {
    principals: statement.principals ? [statement.principals] : [],
    actions: [statement.actions],
    resources: [statement.resources],
    conditions: statement.conditions,
    show,
  });
}

/** The atoms of one statement, as few sentences as say exactly them. */
export function sentences(all: readonly Atom[], show: Show): readonly string[] {
  const groups = mergeBy(
    all.map((atom) => ({
      statement: atom.statement,
      principals: atom.principal ? [atom.principal] : [],
      actions: [atom.action],
      resources: [atom.resource],
      conditions: atom.conditions,
    })),
  );
  return groups.map((group) => phrase(group.statement, { ...group, show }));
}

interface Group {
  readonly statement: Statement;
  readonly principals: readonly Values[];
  readonly actions: readonly Values[];
  readonly resources: readonly Values[];
  readonly conditions: readonly Condition[];
}

/** Merges what differs in one aspect only, aspect by aspect: no merge says more than its parts. */
function mergeBy(groups: readonly Group[]): readonly Group[] {
  const aspects = ["actions", "resources", "principals"] as const;
  const merged = aspects.reduce<readonly Group[]>((now, aspect) => {
    const byRest = new Map<string, Group>();
    for (const group of now) {
      const rest = JSON.stringify({ ...group, [aspect]: null });
      const other = byRest.get(rest);
      const all = other ? [...other[aspect], ...group[aspect]] : group[aspect];
      byRest.set(rest, { ...group, [aspect]: unique(all) });
    }
    return [...byRest.values()];
  }, groups);
  return mergeConditions(merged);
}

/** Values of one condition that were taken apart: together again. */
function mergeConditions(groups: readonly Group[]): readonly Group[] {
  const byRest = new Map<string, Group>();
  for (const group of groups) {
    const only = group.conditions.length === 1 ? group.conditions[0] : undefined;
    const rest = JSON.stringify({
      ...group,
      conditions: only ? [only.test, only.variable] : group.conditions,
    });
    const other = byRest.get(rest)?.conditions[0];
    const conditions =
      only && other
        ? [{ ...only, values: [...new Set([...other.values, ...only.values])] }]
        : group.conditions;
    byRest.set(rest, { ...group, conditions });
  }
  return [...byRest.values()];
}

function phrase(
  { effect, sid }: Statement,
  { principals, actions, resources, conditions, show }: Omit<Group, "statement"> & { readonly show: Show },
): string {
  const who =
    principals.length > 0 ? `${list(principals, (one) => show(principalName(one)), "everybody")} ` : "";
  const verb = effect === "Allow" ? "may" : "may **not**";
  const what =
    resources.flatMap(({ values }) => values).length > 0 ? ` on ${list(resources, show, "everything")}` : "";
  const when = conditions.map((one) => describeCondition(one, show)).join(" and ");
  const name = sid === "" ? "" : ` (${code(sid)})`;
  return `${who}${verb} ${list(actions, show, "do everything")}${what}${when ? ` if ${when}` : ""}${name}`;
}

/** `account 111122223333`, an ARN, or a service's name. */
function principalName(text: string): string {
  const account = /^AWS:arn:aws:iam::(\d{12}):root$/.exec(text)?.[1];
  return account === undefined ? text.replace(/^(AWS|Service):/, "") : `account ${account}`;
}

export function describeCondition({ test, variable, values }: Condition, show: Show): string {
  return `${code(variable)} ${test} ${values.map((value) => code(show(value))).join(" or ")}`;
}

function list(all: readonly Values[], show: Show, everything: string): string {
  return all
    .map(({ not, values }) => {
      const names = values.map((value) => (value === "*" ? everything : code(show(value)))).join(", ");
      return not ? `${everything} **but** ${names}` : names;
    })
    .join(", ");
}

function unique(all: readonly Values[]): readonly Values[] {
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}
