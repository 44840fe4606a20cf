/**
 * How commands speak: results to stdout, everything else to stderr; colours only on a terminal; `--json` is one
 * JSON value on stdout and nothing else.
 */
import pc from "picocolors";

/** A person's mistake or a refusal: shown in one line, without a stack trace. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: string;
  readonly exitCode: number;

  constructor(code: string, message: string, exitCode: number = exitCodes.refused) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** Documented in `ca --help`. */
export const exitCodes = {
  ok: 0,
  /** Refused, or a check said no (`inspect revocation`: 1 is REVOKED, 2 is UNKNOWN). */
  refused: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Nothing wrong with the request: AWS, the network or this program failed. */
  fault: 3,
} as const;

export const say = (line: string): void => void process.stderr.write(`${line}\n`);
export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

const colours = pc.createColors(process.stdout.isTTY === true && !process.env.NO_COLOR);
export const { bold, dim, green, red, yellow } = colours;

/** Columns as wide as their widest cell; two spaces between. Control characters of foreign text are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join("  ")
      .trimEnd();
  const [first, ...rest] = cells.map(line);
  return [bold(first as string), ...rest].join("\n");
}

/** A certificate's text must not move a terminal's cursor. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, (one) => `\\u{${(one.codePointAt(0) as number).toString(16)}}`);
}

/** Runs a command's body: errors become one line (or JSON) and the documented exit code. */
export async function finish(json: boolean, body: () => Promise<number | undefined>): Promise<void> {
  try {
    process.exitCode = (await body()) ?? exitCodes.ok;
  } catch (error) {
    const { code, message, exitCode } = describe(error as Error);
    if (json) printJson({ error: { code, message } });
    else
      say(
        `${pc.createColors(process.stderr.isTTY === true && !process.env.NO_COLOR).red("error")}: ${message}`,
      );
    process.exitCode = exitCode;
  }
}

function describe(error: Error): { code: string; message: string; exitCode: number } {
  if (error instanceof CommandError) return error;
  // Errors of pki/ and config/ are about what was given; they carry a literal code.
  const { code } = error as { code?: unknown };
  const known = error.name === "PkiError" || error.name === "ConfigError";
  return {
    code: typeof code === "string" ? code : error.name,
    message: known ? error.message : `${error.name}: ${error.message}`,
    exitCode: known ? exitCodes.refused : exitCodes.fault,
  };
}
