/** What changes in trust, one finding each; the same finding in several stacks is one line. */

/** In the order of the report. */
export const concerns = [
  "Certificate authorities and generations",
  "Certificates issued and revoked",
  "Who may sign",
  "Who may assume what",
  "Who may read and do what",
  "Who may invoke what",
  "Rules, tokens and revocation",
  "Routes",
  "Domain and truststore",
  "Firewall",
  "Protection",
  "Logs and alarms",
  "Publishing",
  "Code",
  "Deployment",
] as const;
export type Concern = (typeof concerns)[number];

/**
 * loosens: somebody may more, or less is protected, than before. unjudged: this program does not understand it, so
 * a person must; it counts as loosening. tightens and changes need no alarm.
 */
export const marks = ["loosens", "unjudged", "changes", "tightens"] as const;
export type Mark = (typeof marks)[number];

export interface TrustChange {
  readonly concern: Concern;
  readonly mark: Mark;
  /** Markdown; values of the stacks as code. */
  readonly text: string;
}

export interface MergedChange extends TrustChange {
  readonly stacks: readonly string[];
}

export const needsAttention = ({ mark }: { readonly mark: Mark }): boolean =>
  mark === "loosens" || mark === "unjudged";

/** By concern, then what loosens first; each text once with all its stacks. */
export function mergeChanges(
  byStack: readonly { readonly stack: string; readonly changes: readonly TrustChange[] }[],
): readonly MergedChange[] {
  const merged = new Map<string, { change: TrustChange; stacks: Set<string> }>();
  for (const { stack, changes } of byStack)
    for (const change of changes) {
      const key = `${change.concern}\n${change.mark}\n${change.text}`;
      const entry = merged.get(key) ?? { change, stacks: new Set<string>() };
      entry.stacks.add(stack);
      merged.set(key, entry);
    }
  const rank = (one: TrustChange) => concerns.indexOf(one.concern) * 10 + marks.indexOf(one.mark);
  return [...merged.values()]
    .map(({ change, stacks }) => ({ ...change, stacks: [...stacks].sort() }))
    .sort((a, b) => rank(a) - rank(b));
}
