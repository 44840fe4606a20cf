/** Names and values, one a line, or as JSON. */
import { print, printable, printJson } from "../../terminal.ts";

export type Facts = Readonly<Record<string, unknown>>;

export function printFacts(facts: Facts, json: boolean): void {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  if (json) {
    printJson(Object.fromEntries(known));
    return;
  }
  const width = Math.max(...known.map(([name]) => name.length));
  for (const [name, value] of known) print(`${name.padEnd(width)}  ${printable(text(value))}`);
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(text).join(", ") || "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
