/** The review as Markdown for a pull request: verdict, trust, resources, attributes, picture. */
import { actions, type ResourceChange } from "./resource-changes.ts";
import type { Review, StackReview } from "./review.ts";
import { concerns, type Mark, type MergedChange, needsAttention } from "./trust-change.ts";

export interface Heading {
  /** The commit that is compared with. */
  readonly base: string;
}

const signs: Readonly<Record<Mark, string>> = {
  loosens: "🔴 **loosens**",
  unjudged: "🟠 **unjudged**",
  changes: "⚪",
  tightens: "🟢 tightens",
};

/** GitHub takes 65,536 characters; what is left out is said. */
export const longestComment = 60_000;

export function markdown(review: Review, { base }: Heading, pictures: readonly string[]): string {
  const parts = [
    `## What this changes against \`${base.slice(0, 12)}\``,
    verdict(review),
    trustSection(review),
    resourceSection(review.stacks),
    ...pictures,
    attributeSection(review.stacks),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** Whole lines, as many as a comment holds. */
export function shortened(text: string, most = longestComment): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, text.lastIndexOf("\n", most));
  const open = (cut.match(/^```/gm)?.length ?? 0) % 2 === 1 ? "\n```" : "";
  const details = (cut.match(/<details>/g)?.length ?? 0) - (cut.match(/<\/details>/g)?.length ?? 0);
  return `${cut}${open}${"\n\n</details>".repeat(Math.max(0, details))}\n\n**Cut here: ${text.length - cut.length} more characters.** All of it: \`npm run review\`.\n`;
}

function verdict({ attention, trust, stacks }: Review): string {
  const touched = stacks.filter(({ status }) => status !== "same");
  if (touched.length === 0) return "Nothing: the synthesized stacks are the same.";
  const states = touched.map(({ name, status }) =>
    status === "changed" ? `\`${name}\`` : `\`${name}\` (${status})`,
  );
  const loosening =
    attention > 0
      ? `🔴 **${attention} of ${trust.length} changes in trust loosen, or were not understood: read each of them.**`
      : trust.length > 0
        ? `${trust.length} changes in trust, none of which loosens.`
        : "No change in trust.";
  const lost = stacks.flatMap(({ resources }) => resources.filter(({ risk }) => risk?.startsWith("lost")));
  const risk =
    lost.length > 0 ? ` 💥 **${lost.length} resources are destroyed or replaced with what they hold.**` : "";
  return `${loosening}${risk}\n\nStacks: ${states.join(", ")}.`;
}

function trustSection({ trust, stacks }: Review): string {
  if (trust.length === 0) return "";
  // What a new stack holds is no change of what was there: at hand, but not in the way.
  const isNew = (name: string) => stacks.some((one) => one.name === name && one.status === "new");
  const [fresh, rest] = partition(trust, (one) => !needsAttention(one) && one.stacks.every(isNew));
  const sections = byConcern(rest);
  const held =
    fresh.length > 0
      ? [
          `<details><summary>What the new stacks hold (${fresh.length})</summary>\n\n${byConcern(fresh).join("\n\n")}\n\n</details>`,
        ]
      : [];
  return ["### Trust", ...sections, ...held].join("\n\n");
}

const byConcern = (trust: readonly MergedChange[]): readonly string[] =>
  concerns.flatMap((concern) => {
    const own = trust.filter((one) => one.concern === concern);
    return own.length === 0 ? [] : [[`#### ${concern}`, ...own.map(trustLine)].join("\n")];
  });

function partition<T>(all: readonly T[], test: (one: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(test), all.filter((one) => !test(one))];
}

const trustLine = ({ mark, text, stacks }: MergedChange): string =>
  `- ${signs[mark]} ${text} — ${stacks.map((name) => `\`${name}\``).join(", ")}`;

const verbs = { destroy: "destroyed", replace: "replaced", change: "changed", add: "added" } as const;

function resourceSection(stacks: readonly StackReview[]): string {
  // Policy documents were sentences above.
  const groups = grouped(stacks).filter(({ change }) => change.type !== "data.aws_iam_policy_document");
  if (groups.length === 0) return "";
  const sections = actions.flatMap((action) => {
    const own = groups.filter(({ change }) => change.action === action);
    if (own.length === 0) return [];
    const title = verbs[action];
    return [[`#### ${own.length} ${title}`, ...own.map(resourceLine)].join("\n")];
  });
  const unplanned = stacks.filter(({ status, hasPlan }) => status !== "same" && !hasPlan);
  const note =
    unplanned.length > 0
      ? "_Without a plan: what AWS replaces is taken from what is known of each type._"
      : "_As planned by Terraform._";
  return ["### Resources", note, ...sections].join("\n\n");
}

function resourceLine({ change, stacks }: GroupedChange): string {
  const risk = change.risk ? ` — 💥 **${change.risk}**` : "";
  const planned = change.planned ? ` (${change.planned})` : "";
  return `- ${change.label}${planned}${risk} — ${stacks.map((name) => `\`${name}\``).join(", ")}`;
}

function attributeSection(stacks: readonly StackReview[]): string {
  const own = grouped(stacks).filter(({ change }) => change.attributes.length > 0);
  if (own.length === 0) return "";
  const blocks = own.map(({ change, stacks: names }) =>
    [
      `- ${change.label} (\`${change.type}\`, ${names.map((name) => `\`${name}\``).join(", ")})`,
      ...change.attributes.map((line) => `  - ${line}`),
    ].join("\n"),
  );
  return `<details><summary>Attribute by attribute (${own.length} resources)</summary>\n\n${blocks.join("\n")}\n\n</details>`;
}

interface GroupedChange {
  readonly change: ResourceChange;
  readonly stacks: readonly string[];
}

/** The same change in several stacks is one. */
function grouped(stacks: readonly StackReview[]): readonly GroupedChange[] {
  const groups = new Map<string, { change: ResourceChange; stacks: string[] }>();
  for (const { name, resources } of stacks)
    for (const change of resources) {
      const { address: _address, ...shown } = change;
      const key = JSON.stringify(shown);
      const group = groups.get(key) ?? { change, stacks: [] };
      group.stacks.push(name);
      groups.set(key, group);
    }
  return [...groups.values()];
}
