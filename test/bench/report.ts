/**
 * What a bench found, as tables: for the terminal, for docs/benchmarks.md (`--write`) and as JSON.
 *
 * A goal is judged where it stands, by the figure beside it; nothing is rounded before it is compared.
 */
import { readFileSync, writeFileSync } from "node:fs";

export interface Table {
  /** Marks its place in docs/benchmarks.md: `<!-- bench:NAME -->` … `<!-- /bench:NAME -->`. */
  readonly name: string;
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** How it was measured, in a sentence or two. */
  readonly note: string;
  readonly goals: readonly Goal[];
}

export interface Goal {
  readonly what: string;
  readonly value: number;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export type Bench = (args: readonly string[]) => Promise<readonly Table[]>;

export const isMet = ({ value, atMost, atLeast }: Goal): boolean =>
  (atMost === undefined || value <= atMost) && (atLeast === undefined || value >= atLeast);

const limitOf = ({ atMost, atLeast }: Goal): string =>
  atMost === undefined ? `≥ ${atLeast}` : `≤ ${atMost}`;

/** A goal as a cell beside its figure. */
export const goalCell = (goal: Goal): string => `${limitOf(goal)}: ${isMet(goal) ? "met" : "not met"}`;

export function forTerminal({ title, head, rows, note }: Table): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? "").length)));
  const aligned = lines.map((cells) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd : cell.padStart).call(cell, widths[column] ?? 0)),
  );
  return `${title}\n${aligned.map((cells) => `  ${cells.join("   ").trimEnd()}\n`).join("")}  (${note})\n`;
}

function forMarkdown({ head, rows, note }: Table, measuredOn: string): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const table = [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
  return `${table}\n\n*${note} ${measuredOn}*`;
}

export function goalLines(tables: readonly Table[]): string[] {
  return tables
    .flatMap(({ goals }) => goals)
    .map(
      (goal) =>
        `${isMet(goal) ? "met    " : "NOT MET"}  ${goal.what}: ${round(goal.value)} (${limitOf(goal)})`,
    );
}

const round = (value: number): string => (Math.abs(value) < 10 ? value.toFixed(2) : value.toFixed(0));

/** Replaces every table's place in the file; throws when it has none, and leaves the file as it was. */
export function writeTables(file: string, tables: readonly Table[], measuredOn: string): void {
  let text = readFileSync(file, "utf8");
  for (const table of tables) text = replaced(text, table, measuredOn);
  writeFileSync(file, text);
}

function replaced(text: string, table: Table, measuredOn: string): string {
  const [open, close] = [`<!-- bench:${table.name} -->`, `<!-- /bench:${table.name} -->`];
  const start = text.indexOf(open);
  const end = text.indexOf(close, start);
  if (start < 0 || end < 0) throw new Error(`no place for the table: ${open} … ${close}`);
  return `${text.slice(0, start + open.length)}\n${forMarkdown(table, measuredOn)}\n${text.slice(end)}`;
}
