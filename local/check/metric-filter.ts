/**
 * CloudWatch Logs' metric filters, which the embedded AWS keeps and does not evaluate: patterns for JSON that compare
 * fields with strings, by `=`, with `&&`, `||` and parentheses. Anything else is refused, not guessed.
 * CloudWatch Logs User Guide, "Filter pattern syntax for metric filters".
 */

export interface MetricFilter {
  readonly pattern: string;
  /** Of the metric, by name: a field of the line, `$.stage`. */
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The dimensions of the metric that a line counts for; undefined when it counts for none. */
export function counted(filter: MetricFilter, line: string): Readonly<Record<string, string>> | undefined {
  if (!matches(filter.pattern, line)) return undefined;
  const entries = Object.entries(filter.dimensions).map(
    ([name, path]) => [name, fieldOf(parsed(line), path)] as const,
  );
  // A dimension that a line lacks: CloudWatch publishes no metric for it.
  return entries.some(([, value]) => value === undefined)
    ? undefined
    : (Object.fromEntries(entries) as Record<string, string>);
}

export function matches(pattern: string, line: string): boolean {
  const tokens = [...pattern.matchAll(/\s*(&&|\|\||[(){}=]|\$(?:\.\w+)+|"[^"\\*]*")|\s*(\S)/gy)];
  const words = tokens.flatMap(([, word]) => word ?? []);
  if (words.length !== tokens.length || words.at(0) !== "{" || words.at(-1) !== "}")
    throw new Error(`no pattern that is understood here: ${pattern}`);
  return new Reader(words.slice(1, -1), parsed(line)).whole();
}

class Reader {
  readonly #words: string[];
  readonly #line: unknown;

  constructor(words: readonly string[], line: unknown) {
    this.#words = [...words];
    this.#line = line;
  }

  whole(): boolean {
    const value = this.#expression();
    if (this.#words.length > 0) throw new Error(`pattern: ${this.#words[0]} where its end should be`);
    return value;
  }

  /** One operator a level: which of two binds first, the parentheses say. */
  #expression(): boolean {
    const values = [this.#operand()];
    const operator = this.#words[0];
    if (operator !== "&&" && operator !== "||") return values[0] as boolean;
    while (this.#words[0] === operator) {
      this.#words.shift();
      values.push(this.#operand());
    }
    return operator === "&&" ? values.every(Boolean) : values.some(Boolean);
  }

  #operand(): boolean {
    const first = this.#words.shift();
    if (first === "(") {
      const value = this.#expression();
      this.#expect(")");
      return value;
    }
    if (!first?.startsWith("$")) throw new Error(`pattern: ${first} where a field should be`);
    this.#expect("=");
    const text = this.#words.shift();
    if (!text?.startsWith('"')) throw new Error(`pattern: ${text} where a string should be`);
    return fieldOf(this.#line, first) === text.slice(1, -1);
  }

  #expect(word: string): void {
    const found = this.#words.shift();
    if (found !== word) throw new Error(`pattern: ${found} where ${word} should be`);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function fieldOf(line: unknown, path: string): string | undefined {
  let value = line;
  for (const part of path.split(".").slice(1)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return typeof value === "string" ? value : undefined;
}
