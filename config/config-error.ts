/** All mistakes of a configuration in one error: path, what was got, what is allowed. */
import type { z } from "zod";

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "config";
  readonly problems: readonly string[];

  constructor(what: string, problems: readonly string[]) {
    super(
      `${what}: ${problems.length} ${problems.length === 1 ? "mistake" : "mistakes"}\n${problems.map((one) => `  - ${one}`).join("\n")}`,
    );
    this.problems = problems;
  }

  static fromIssues(what: string, issues: readonly z.core.$ZodIssue[]): ConfigError {
    return new ConfigError(what, issues.flatMap(describe));
  }
}

function describe(issue: z.core.$ZodIssue): string[] {
  // A union hides what went wrong inside its branches: report the branch that came closest.
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const closest = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
    return closest.flatMap((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  const path = issue.path.map(String).join(".") || "(root)";
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `${path}: unknown key "${key}"; remove it or correct its spelling`);
  const got = issue.input === undefined ? "nothing" : JSON.stringify(issue.input);
  return [`${path}: ${issue.message}; got ${got}`];
}
