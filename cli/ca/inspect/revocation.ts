/**
 * `ca inspect revocation`: GOOD, REVOKED or UNKNOWN, by the code that the authorizer runs. One certificate by
 * options, or many as JSON lines.
 */
import { Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { parseCertificate } from "#pki/certificate.ts";
import { judge, judgeChain } from "#pki/crl/judge.ts";
import type { Verdict } from "#pki/crl/look-up.ts";
import { PkiError } from "#pki/errors.ts";
import { CommandError, exitCodes, finish, print, printJson } from "../../terminal.ts";
import { readTyped } from "../../where-typed.ts";
import { readDer } from "./file.ts";

interface RevocationOptions {
  readonly json: boolean;
  readonly cert?: string;
  readonly issuer: readonly string[];
  readonly crl: readonly string[];
  readonly at?: Date;
  readonly maxAgeHours?: number;
  readonly chain: boolean;
  readonly batch?: string;
}

/** One question; files are PEM or DER. */
const question = z.strictObject({
  id: z.union([z.string(), z.number()]),
  certificate: z.string().min(1),
  issuers: z.array(z.string().min(1)),
  crls: z.array(z.string().min(1)),
  at: z.iso.datetime({ offset: true }),
  maxAgeHours: z.number().positive().optional(),
  chain: z.boolean().optional(),
});
type Question = z.output<typeof question>;

const verdictExit = { good: exitCodes.ok, revoked: 1, unknown: 2 } as const;

export function inspectRevocation(): Command {
  const collect = (value: string, before: readonly string[]) => [...before, value];
  return new Command("revocation")
    .description("is a certificate revoked? GOOD (exit 0), REVOKED reason time (1) or UNKNOWN code (2)")
    .option("--cert <file>", "the certificate")
    .option("--issuer <file>", "a CA certificate; may be repeated, in any order", collect, [])
    .option("--crl <file>", "a CRL; may be repeated", collect, [])
    .option("--at <time>", "the moment to judge at, ISO 8601 (default: now)", moment)
    .option("--max-age-hours <n>", "believe no older CRL", positive)
    .option("--chain", "judge every certificate of the chain but its anchor", false)
    .option("--batch <file>", "JSON lines {id, certificate, issuers, crls, at, maxAgeHours?, chain?}")
    .addHelpText(
      "after",
      `
Examples:
  npm run ca -- inspect revocation --cert leaf.pem --issuer issuing.crt --crl g1-issuing.crl
  npm run ca -- inspect revocation --batch questions.jsonl`,
    )
    .action((options: RevocationOptions) => finish(options.json, async () => inspect(options)));
}

function inspect(options: RevocationOptions): number {
  if (options.batch !== undefined) return batch(options.batch);
  if (options.cert === undefined)
    throw new CommandError("usage", "name a certificate by --cert, or many by --batch", exitCodes.usage);
  const verdict = answer({
    id: "",
    certificate: options.cert,
    issuers: [...options.issuer],
    crls: [...options.crl],
    at: (options.at ?? new Date()).toISOString(),
    maxAgeHours: options.maxAgeHours,
    chain: options.chain,
  });
  if (options.json) printJson(shown(verdict));
  else print(text(verdict));
  return verdictExit[verdict.status];
}

/** Every line gets an answer; a line that is no question is told with its number and ends the run. */
function batch(file: string): number {
  const lines = readTyped(file).toString("utf8").split("\n");
  lines.forEach((line, index) => {
    if (line.trim() === "") return;
    const asked = parseLine(line, `${file}:${index + 1}`);
    const verdict = answer(asked);
    print(JSON.stringify({ id: asked.id, ...shown(verdict) }));
  });
  return exitCodes.ok;
}

function parseLine(line: string, where: string): Question {
  try {
    return question.parse(JSON.parse(line));
  } catch (error) {
    const why =
      error instanceof z.ZodError
        ? z.prettifyError(error).replace(/\s*\n\s*/g, " ")
        : (error as Error).message;
    throw new CommandError("batch", `${where}: ${why}`, exitCodes.usage);
  }
}

/** A file that cannot be read as what it should be is no proof of anything: unknown. */
function answer(asked: Question): Verdict | { readonly status: "unknown"; readonly code: string } {
  try {
    const options = {
      certificate: parseCertificate(readDer(asked.certificate, "CERTIFICATE")),
      issuers: asked.issuers.map((one) => parseCertificate(readDer(one, "CERTIFICATE"))),
      crls: asked.crls.flatMap((one) => tolerant(() => readDer(one, "X509 CRL"))),
      now: new Date(asked.at),
      ...(asked.maxAgeHours === undefined ? {} : { maxAgeSeconds: asked.maxAgeHours * 3600 }),
    };
    return asked.chain ? judgeChain(options) : judge(options);
  } catch (error) {
    if (error instanceof PkiError) return { status: "unknown", code: `certificate-${error.code}` };
    throw error;
  }
}

/** A CRL that is no CRL applies to nothing; `judge` says what is missing then. */
function tolerant(read: () => Buffer): Buffer[] {
  try {
    return [read()];
  } catch (error) {
    if (error instanceof PkiError) return [];
    throw error;
  }
}

function shown(verdict: Verdict | { readonly status: "unknown"; readonly code: string }) {
  if (verdict.status === "revoked")
    return { verdict: "revoked", code: verdict.reason, revokedAt: verdict.revokedAt.toISOString() };
  return { verdict: verdict.status, code: verdict.status === "good" ? "good" : verdict.code };
}

function text(verdict: Verdict | { readonly status: "unknown"; readonly code: string }): string {
  if (verdict.status === "revoked") return `REVOKED ${verdict.reason} ${verdict.revokedAt.toISOString()}`;
  return verdict.status === "good" ? "GOOD" : `UNKNOWN ${verdict.code}`;
}

function moment(value: string): Date {
  const parsed = new Date(value);
  if (Number.isNaN(parsed.getTime()) || !/^\d{4}-\d\d-\d\dT/.test(value))
    throw new InvalidArgumentError(`got "${value}", expected ISO 8601 such as 2026-01-31T12:00:00Z`);
  return parsed;
}

function positive(value: string): number {
  const parsed = Number(value);
  if (!(parsed > 0)) throw new InvalidArgumentError(`got "${value}", expected a number over 0`);
  return parsed;
}
