/** Findings as a table, and counted. */
import { green, red, table, yellow } from "../terminal.ts";
import type { Finding } from "./check.ts";

export function summary(findings: readonly Finding[]): Readonly<Record<Finding["verdict"], number>> {
  const count = (verdict: Finding["verdict"]) => findings.filter((one) => one.verdict === verdict).length;
  return { ok: count("ok"), warn: count("warn"), fail: count("fail") };
}

export function findingsTable(findings: readonly Finding[]): string {
  const rows = findings.map((one) => [one.verdict, one.code, one.subject, one.what]);
  const [head, ...lines] = table(["", "code", "of", "found"], rows).split("\n");
  const paint = { ok: green, warn: yellow, fail: red };
  const coloured = lines.flatMap((line, index) => {
    const { verdict, todo } = findings[index] as Finding;
    const whole = `${paint[verdict](verdict)}${line.slice(verdict.length)}`;
    return todo === undefined ? [whole] : [whole, `      → ${todo}`];
  });
  const { ok, warn, fail } = summary(findings);
  return [head, ...coloured, "", `${ok} ok, ${warn} warn, ${fail} fail`].join("\n");
}
