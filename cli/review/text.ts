/** Foreign text in Markdown: names and values come from a pull request, and must neither format nor hide. */
import { printable } from "../terminal.ts";
import { type Json, readable, type Stack } from "./stack.ts";

/** Longer values are cut, and say so: a report that nobody can read hides as well as a missing line. */
const longest = 300;

/** A value as code: whatever it holds, it stays on its line and inside its backticks. */
export function code(text: string): string {
  const whole = printable(text);
  const cut = whole.length > longest ? `${whole.slice(0, longest)}… (${whole.length} characters)` : whole;
  const runs = cut.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(0, ...runs.map((run) => run.length)) + 1);
  const space = cut === "" || cut.startsWith("`") || cut.endsWith("`") ? " " : "";
  return `${fence}${space}${cut}${space}${fence}`;
}

/** A value of a stack as code, its expressions readable. */
export function showValue(stack: Stack, value: Json | undefined): string {
  if (value === undefined) return "nothing";
  return code(readable(stack, typeof value === "string" ? value : JSON.stringify(value)));
}
