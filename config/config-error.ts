/** All mistakes of a configuration in one error: path, what is allowed, what was got. */
import type { z } from "zod";

export class Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly got: unknown;

  constructor(path: readonly PropertyKey[], message: string, got: unknown) {
    this.path = path;
    this.message = message;
    this.got = got;
  }

  toString(): string {
    return `${this.path.map(printable).join(".") || "(root)"}: ${this.message}; got ${show(this.got)}`;
  }
}

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "config";
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly (string | Problem)[]) {
    const lines = [...new Set(problems.map(String))];
    super(
      `${what}: ${lines.length} ${lines.length === 1 ? "mistake" : "mistakes"}\n${lines.map((one) => `  - ${one}`).join("\n")}`,
    );
    this.problems = lines;
  }
}

/** The schema's findings in the same words as ours. */
export function problemsOf(issues: readonly z.core.$ZodIssue[]): Problem[] {
  return issues.flatMap(describe);
}

function describe(issue: z.core.$ZodIssue): Problem[] {
  // A union hides what went wrong inside its branches: report the branch that came closest.
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const closest = [...issue.errors].sort((a, b) => distance(a) - distance(b))[0] ?? [];
    return closest.flatMap((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  if (issue.code === "invalid_key" || issue.code === "invalid_element")
    return issue.issues.map((inner) => new Problem(issue.path, `key: ${inner.message}`, issue.path.at(-1)));
  if (issue.code === "unrecognized_keys")
    return issue.keys.map(
      (key) => new Problem(issue.path, "unknown key: remove it or correct its spelling", key),
    );
  return [new Problem(issue.path, issue.message, issue.input)];
}

/** A branch whose value is wrong deep inside came closer than one whose type is wrong. */
function distance(issues: readonly z.core.$ZodIssue[]): number {
  return issues.length * 10 - Math.max(0, ...issues.map((one) => one.path.length));
}

/** One line, whatever the value holds, and never longer than a reader wants. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = typeof value;
  }
  return printable(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}

function printable(text: PropertyKey): string {
  return String(text).replace(
    /\p{C}|[\u2028\u2029]/gu,
    (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
