/** The rows of a check run: what was expected, what came, and the line that closes it. */
import pc from "picocolors";

export interface Row {
  /** Number of the check, as in docs/invariants.md and `--check`'s table. */
  readonly check: number;
  readonly what: string;
  readonly expected: string;
  readonly got: string;
  readonly passed: boolean;
  /** It could not be made on this machine; it counts as neither passed nor failed. */
  readonly skipped?: true;
}

export class Report {
  readonly rows: Row[] = [];
  readonly #onRow: (row: Row) => void;

  constructor(onRow: (row: Row) => void) {
    this.#onRow = onRow;
  }

  /** A row that passes when `got` is the expected text, or matches the expected pattern wholly. */
  row(check: number, what: string, expected: string | RegExp, got: string): void {
    const passed = typeof expected === "string" ? got === expected : expected.test(got);
    const row = { check, what, expected: String(expected), got: shorten(got), passed };
    this.rows.push(row);
    this.#onRow(row);
  }

  /** A check that could not even be made has failed. */
  broken(check: number, what: string, error: unknown): void {
    this.row(
      check,
      what,
      "the check runs to its end",
      `${(error as Error).name}: ${(error as Error).message}`,
    );
  }

  /** A check that this machine lacks something for. */
  skipped(check: number, what: string, why: string): void {
    const row = { check, what, expected: "", got: why, passed: false, skipped: true } as const;
    this.rows.push(row);
    this.#onRow(row);
  }

  get counts(): { readonly passed: number; readonly failed: number; readonly skipped: number } {
    const skipped = this.rows.filter((one) => one.skipped).length;
    const passed = this.rows.filter((one) => one.passed).length;
    return { passed, failed: this.rows.length - passed - skipped, skipped };
  }

  get lastLine(): string {
    const { passed, failed, skipped } = this.counts;
    return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  }
}

const colours = pc.createColors(process.stdout.isTTY === true && !process.env.NO_COLOR);

/** One line a row; a failed one says what was expected and what came. */
export function rowText({ check, what, expected, got, passed, skipped }: Row): string {
  if (skipped) return `${colours.yellow("-")} ${String(check).padStart(2)}  ${what}: skipped. ${got}`;
  const mark = passed ? colours.green("✓") : colours.red("✗");
  const head = `${mark} ${String(check).padStart(2)}  ${what}`;
  return passed
    ? `${head}  ${colours.dim(got)}`
    : `${head}\n      expected ${expected}\n      got      ${got}`;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 600 ? `${line.slice(0, 600)} …` : line;
}
