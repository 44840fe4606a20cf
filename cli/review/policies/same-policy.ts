/** Whether two policies say the same: order, and one value written as a list, do not matter; names of statements do not. */
import { canonical } from "../tree.ts";
import type { Policy, Statement, Values } from "./statement.ts";

/** The statements by which `found` is not `wanted`, by their names; empty: they say the same. */
export function policyDifferences(wanted: Policy, found: Policy): readonly string[] {
  if ("opaque" in wanted) return [`what is wanted cannot be read: ${wanted.opaque}`];
  if ("opaque" in found) return [`what is there cannot be read: ${found.opaque}`];
  const [there, needed] = [texts(found), texts(wanted)];
  const missing = wanted.statements.filter((one) => !there.includes(text(one)));
  const more = found.statements.filter((one) => !needed.includes(text(one)));
  return [...new Set([...missing, ...more].map(({ sid }) => sid || "a statement without a name"))];
}

const texts = ({ statements }: { readonly statements: readonly Statement[] }) => statements.map(text);

function text({ effect, principals, actions, resources, conditions }: Statement): string {
  const lower = actions.values.map((one) => one.toLowerCase());
  return canonical({
    effect,
    principals: principals ? set(principals) : null,
    actions: set({ ...actions, values: lower }),
    resources: set(resources),
    conditions: conditions
      .map(({ test, variable, values }) => `${test} ${variable} ${JSON.stringify(sorted(values))}`)
      .sort(),
  });
}

const set = ({ not, values }: Values) => ({ not, values: sorted(values) });
const sorted = (values: readonly string[]): readonly string[] => [...new Set(values)].sort();
